"""Makes the program on a board: loaded when it starts, then dropped again."""

from firmware import load
from firmware.boards.esp32 import Esp32
from firmware.supervisor.watchdog import FAILURES, Watchdog

_SETTINGS = "config.json"


def make(before):
    """The program. In safe mode nothing is imported that it does not need.

    before: the program that ran in safe mode, if one did.
    """
    if before:
        settings, problems, board = before.settings, before.problems, before.board
    else:
        settings, problems = load("settings").load(_SETTINGS)
        board = Esp32(settings)
        board.watchdog = Watchdog(settings, board.clock)
        if not settings["wifi_name"]:
            print(load("prompt").NO_WIFI)
        if board.watchdog.failed >= FAILURES:
            from firmware.supervisor.safe_mode import SafeMode

            return SafeMode(settings, problems, board)
    from firmware.app import App

    return App(settings, problems, board)
