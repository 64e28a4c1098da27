"""Makes the program on a board from its config.json: loaded once, then dropped again."""

import os

from firmware import load


def make(before):
    """The program. In safe mode nothing is imported that it does not need.

    before: the program that ran in safe mode, if one did.
    """
    if before:
        settings, problems, board = before.settings, before.problems, before.board
    else:
        # Before more is in memory than there is room for.
        area = load("boards.heap").grow()
        # What is not needed is not loaded, as the names in a module stay in memory for ever.
        there = os.listdir()
        if "config.json.due" in there or "config.json.tried" in there:
            load("setup.revert").start()
        settings, problems = load("config_file").read()
        load("budget").fit_sockets(settings, problems)
        from firmware.boards.esp32 import Esp32
        from firmware.supervisor.watchdog import FAILURES, Watchdog

        board = Esp32(settings, area)
        board.watchdog = Watchdog(settings, board.clock)
        if settings["hotspot_password"] and ("hotspot" in there or not settings["wifi_name"]):
            return load("setup.opening").hotspot(settings, problems, board, "hotspot" in there)
        if not settings["wifi_name"]:
            print(load("prompt").NO_WIFI)
        if "alone" in there:
            path, reads = load("alone").asked()
            from firmware.single import Single

            return Single(settings, problems, board, path, reads)
        if board.watchdog.failed >= FAILURES:
            from firmware.supervisor.safe_mode import SafeMode

            return SafeMode(settings, problems, board)
    return load("assembly").make(settings, problems, board)
