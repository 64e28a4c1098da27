"""Puts the program together from its settings and a board."""

from dsmr import TelegramParser
from firmware import borrow
from firmware.meter import Meter
from firmware.readout import Readout
from firmware.tasks import Tasks


class App(Tasks):
    """The program: one meter, one readout, and the outputs.

    problems: sentences about settings that are wrong; board: see `firmware.boards`; write: prints
    a line of the log.
    """

    def __init__(self, settings, problems, board, write=print):
        super().__init__(settings, problems, board, write)
        self.parser = TelegramParser(
            settings["max_telegram"],
            crc_required=settings["crc"] == "required",
            demand_floor=settings["demand_floor"],
        )
        self.readout = Readout(board.clock, settings["stale_after"], self.parser)
        #: The outputs with their names, once they are made, and those that count for themselves.
        self.outputs = ()
        self.raw_tcp = None
        self.mqtt = None
        self.meter = Meter(board.open_port, self.parser, self.readout, self.log, board.blink)

    def parts(self):
        """What runs, see `firmware.tasks`."""
        return borrow("parts").parts(self)

    def summary(self):
        """The state in one line."""
        return borrow("summary").summary(self)

    def health(self):
        """The counters, for `/healthz`."""
        return borrow("health").health(self)
