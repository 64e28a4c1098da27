"""The serial console: starts the program, and shows its state to a person who stopped it."""

import asyncio
import gc
import time

from firmware import load

# Bytes of garbage after which it is collected: while modules are loaded it must not spread over
# the heap, and later it must not let the heap grow into the memory that the network lives on. So
# nothing large is imported above.
gc.threshold(2048)

# Seconds after which the loop goes on that has failed beneath all tasks.
_PAUSE = 1

_app = None


def run():
    """Run the program, until Ctrl-C. After safe mode it is a normal start."""
    global _app
    try:
        if _app is None or not hasattr(_app, "parser"):
            _app = load("starting").make(_app)
            if _app.board.profile != "plain":
                # A heap of megabytes takes long to look through.
                gc.threshold(65536)
        _finish(_app.run())
    except KeyboardInterrupt:
        # It may come before there is a program.
        if _app:
            _app.board.watchdog.ease()
            asyncio.run(_app.supervisor.stop())
        print(load("prompt").STOPPED)
    except Exception as error:
        load("supervisor.errors").keep("main", error)
        raise
    finally:
        asyncio.new_event_loop()


def _finish(program):
    """Run the program to its end.

    Where the network has no memory, looking after its sockets may fail (EIO), beneath all tasks:
    they go on in a moment. If it fails for good, the watchdog restarts the board.
    """
    is_over = False

    async def whole():
        nonlocal is_over
        try:
            await program
        finally:
            is_over = True

    task = asyncio.create_task(whole())
    while True:
        try:
            asyncio.get_event_loop().run_until_complete(task)
            return
        except OSError as error:
            if is_over:
                raise
            print("The network fails: %s; trying again." % error)
            time.sleep(_PAUSE)


def status():
    """Print the counters and the state of the board."""
    load("prompt").status(_app)


def log():
    """Print the last messages."""
    load("prompt").log(_app)


def telegram():
    """Print the last good telegram."""
    load("prompt").telegram(_app)


def config():
    """Print the settings in use, without passwords."""
    load("prompt").config(_app)
