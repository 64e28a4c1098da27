"""The serial console: starts the program, and shows its state to a person who stopped it."""

import asyncio
import gc

from firmware import load

# Bytes of garbage after which it is collected: while modules are loaded it must not spread over
# the heap, and later it must not let the heap grow into the memory that the network lives on.
gc.threshold(2048)

_app = None


def run():
    """Run the program, until Ctrl-C. After safe mode it is a normal start."""
    global _app
    try:
        if _app is None or not hasattr(_app, "parser"):
            _app = load("starting").make(_app)
        asyncio.run(_app.run())
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
