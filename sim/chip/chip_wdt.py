"""The watchdog; what `machine.WDT` makes is this module, as there is one watchdog.

A board that is reset starts anew without a last word: no `finally`, no `except`, no exit handler
runs. So the process ends by a signal, which nothing in it can catch: SIGALRM when the watchdog
bites, SIGUSR1 for `machine.reset()`. `sim.board` on the host turns these into exit codes and
into the next start's reset cause.
"""

import os
import time
from _thread import start_new_thread

# Milliseconds of the timeout, and ticks of the last feed: the thread that watches reads plain
# integers only, for threads of the unix port share their objects without a lock.
_limit = 1 << 30
_last = time.ticks_ms()


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
