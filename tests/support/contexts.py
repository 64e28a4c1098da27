"""What outputs and pages are given, under CPython."""

from meters import Failures, readout

from firmware.log import Log
from firmware.outputs import Context
from firmware.renderers import Writer
from firmware.supervisor.memory import Memory
from host import settings as pc
from host.pc import Pc


def context(**given):
    """A `firmware.outputs.Context` of a PC; given: settings.

    `context.said` has what was said, and `context.failures` the errors that were counted.
    """
    one = Context()
    one.settings = {**pc.load(None, {}, {})[0], "source": "none", **given}
    one.board = Pc(one.settings, None)
    one.said = []
    one.log = Log(one.board.clock, 0, one.said.append)
    one.memory = Memory(one.board, one.log)
    one.failures = Failures()
    one.fail = one.failures.fail
    one.readout = readout(one.board.clock, fail=one.fail)
    one.out = Writer()
    one.admits = None
    one.event_clients = 4
    return one
