"""The watchdog and what becomes of the board when it bites.

A board that is reset starts anew without a last word: no `finally`, no `except`, no exit handler
runs. So the process ends by a signal, which nothing in it can catch: SIGALRM when the watchdog
bites, SIGUSR1 for `machine.reset()`. `sim.board` on the host turns these into exit codes and
into the next start's reset cause.
"""

import _thread
import sys
import time

import machine

_CHECK_MS = 20

# [timeout in ms, ticks of the last feed]: the thread that watches reads plain integers only, for
# threads of the unix port share their objects without a lock.
_state = [0, 0]


def _watch():
    while time.ticks_diff(time.ticks_ms(), _state[1]) <= _state[0]:
        time.sleep_ms(_CHECK_MS)
    sys.stderr.write("sim: the board is reset: the watchdog was not fed for %d ms\n" % _state[0])
    machine._end("ALRM")


class WDT:
    """Cannot be stopped; constructing it again sets a new timeout."""

    def __init__(self, id=0, timeout=5000):
        if id != 0:
            raise ValueError
        if timeout <= 0:
            raise ValueError("WDT timeout too short")
        watched = _state[0]
        _state[1] = time.ticks_ms()
        _state[0] = timeout
        if not watched:
            _thread.start_new_thread(_watch, ())

    def feed(self):
        _state[1] = time.ticks_ms()
