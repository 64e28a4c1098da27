"""The watchdog; what `machine.WDT` makes is this module, as there is one watchdog.

A board that is reset starts anew without a last word: no `finally`, no `except`, no exit handler
runs. So the process ends by a signal, which nothing in it can catch: SIGALRM when the watchdog
bites, SIGUSR1 for `machine.reset()`. `sim.board` on the host turns these into exit codes and
into the next start's reset cause.
"""

import os
import sys
import time
from _thread import start_new_thread

# Milliseconds of the timeout, and ticks of the last feed: the thread that watches reads plain
# integers only, for threads of the unix port share their objects without a lock.
_limit = 1 << 29
_last = time.ticks_ms()


def watch(limit):
    """Bite after so many ms without food."""
    global _limit
    # What becomes of a board that it bites; ready made, for then there may be no memory left.
    bite = "echo 'sim: the board is reset: the watchdog was not fed for %d ms' >&2" % limit
    os.putenv("SIM_WATCHDOG_BITE", bite + "; kill -ALRM $PPID")
    feed()
    _limit = limit
    return sys.modules["chip_wdt"]


def feed():
    global _last
    _last = time.ticks_ms()


def _watch():
    while time.ticks_diff(time.ticks_ms(), _last) <= _limit:
        time.sleep_ms(20)
    os.system('eval "$SIM_WATCHDOG_BITE"')
    time.sleep(1000)


# From here, for the thread keeps the module whose code has started it.
start_new_thread(_watch, ())
del start_new_thread
