"""Makes the program on a board from its config.json: loaded once, then dropped again."""

from firmware import files, load


def make(before):
    """The program. In safe mode nothing is imported that it does not need.

    before: the program that ran in safe mode, if one did.
    """
    if before:
        settings, problems, board = before.settings, before.problems, before.board
    else:
        load("setup.revert").start()
        settings, problems = load("settings").load("config.json")
        load("budget").fit_sockets(settings, problems)
        from firmware.boards.esp32 import Esp32
        from firmware.supervisor.watchdog import FAILURES, Watchdog

        board = Esp32(settings)
        board.watchdog = Watchdog(settings, board.clock)
        hotspot = load("setup.opening").hotspot(settings, problems, board)
        if hotspot:
            return hotspot
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
