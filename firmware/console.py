"""The serial console: starts the program, and shows its state to a person who stopped it."""

import asyncio
import gc

from firmware import files, load

# Bytes of garbage after which it is collected: while modules are loaded it must not spread over
# the heap, and later it must not let the heap grow into the memory that the network lives on.
gc.threshold(4096)

_app = None


def run():
    """Run the program, until Ctrl-C. After safe mode it is a normal start."""
    global _app
    try:
        if _app is None or not hasattr(_app, "parser"):
            _app = _make(_app)
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


def _make(before):
    """The program. In safe mode nothing is imported that it does not need.

    before: the program that ran in safe mode, if one did.
    """
    if before:
        settings, problems, board = before.settings, before.problems, before.board
    else:
        settings, problems = load("settings").load("config.json")
        load("budget").fit_sockets(settings, problems)
        from firmware.boards.esp32 import Esp32
        from firmware.supervisor.watchdog import FAILURES, Watchdog

        board = Esp32(settings)
        board.watchdog = Watchdog(settings, board.clock)
        if not settings["wifi_name"]:
            print(load("prompt").NO_WIFI)
        if files.exists("update_key"):
            note = load("update.trees").begin_alone()
            if note:
                from firmware.update.program import Receiver

                return Receiver(settings, problems, board, note.get("reads", False))
        if board.watchdog.failed >= FAILURES:
            from firmware.supervisor.safe_mode import SafeMode

            return SafeMode(settings, problems, board)
    return load("assembly").make(settings, problems, board)


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
