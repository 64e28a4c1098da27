"""The serial console: starts the program, and shows its state to a person who stopped it."""

import asyncio

from firmware import borrow

_app = None


def run():
    """Run the program, until Ctrl-C. After safe mode it is a normal start."""
    global _app
    try:
        if _app is None or not hasattr(_app, "parser"):
            _app = borrow("boards.making").make(_app)
        asyncio.run(_app.run())
    except KeyboardInterrupt:
        # It may come before there is a program.
        if _app:
            _app.board.guard.ease()
            asyncio.run(_app.stop())
        print(borrow("prompt").STOPPED)
    except Exception as error:
        borrow("errors").keep("main", error)
        raise
    finally:
        asyncio.new_event_loop()


def status():
    """Print the counters and the state of the board."""
    borrow("prompt").status(_app)


def log():
    """Print the last messages."""
    borrow("prompt").log(_app)


def telegram():
    """Print the last good telegram."""
    borrow("prompt").telegram(_app)


def config():
    """Print the settings in use, without passwords."""
    borrow("prompt").config(_app)
