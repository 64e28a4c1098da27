"""Puts the program together from its settings and a board: needed at the start only."""

from dsmr import TelegramParser
from firmware import load
from firmware.app import App
from firmware.log import Log
from firmware.meter import Meter, Readout
from firmware.supervisor import Supervisor
from firmware.supervisor.memory import Memory


def make(settings, problems, board, write=print):
    """The program, see `firmware.app.App`.

    problems: sentences about settings that are wrong; write: prints a line of the log.
    """
    app = App()
    app.settings = settings
    app.problems = problems + board.problems
    app.board = board
    app.log = Log(board.clock, settings["log_interval"], write)
    app.log.summary = app.summary
    app.memory = Memory(board, app.log)
    app.supervisor = Supervisor(board, app.log)
    app.parser = TelegramParser(
        load("budget").telegram_size(settings, board.profile),
        crc_required=settings["crc"] == "required",
        demand_floor=settings["demand_floor"],
    )
    if settings["decryption_key"]:
        load("decryption").begin(app.parser, settings)
    app.readout = Readout(board.clock, app.parser, app.supervisor.fail, settings["stale_after"])
    app.meter = Meter(board.open_port, app.parser, app.readout, app.log, board.blink)
    app.meter.on_too_long = app.keep_size
    return app
