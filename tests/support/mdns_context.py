"""What `firmware.outputs.discovery` needs of the program, for tests. Runs under both Pythons."""

import time

from firmware.boards import Clock


def _clock():
    if hasattr(time, "ticks_ms"):
        return Clock(time.ticks_ms, time.ticks_diff)
    return Clock(lambda: time.monotonic_ns() // 1_000_000, lambda later, earlier: later - earlier)


class Network:
    def __init__(self, address):
        self.address = address


class Board:
    def __init__(self, address, netmask):
        self.clock = _clock()
        self.network = Network(address)
        self._netmask = netmask

    def networks(self):
        return [(self.network.address, self._netmask)]


class Log:
    def __init__(self, write):
        self.said = []
        self._write = write

    def say(self, sentence):
        self.said.append(sentence)
        self._write(sentence)


class Context:
    def __init__(
        self,
        services,
        hostname="power-readout",
        address="127.0.0.1",
        netmask="255.0.0.0",
        admits=None,
        write=print,
    ):
        self.board = Board(address, netmask)
        self.log = Log(write)
        self.settings = {"hostname": hostname}
        self.services = services
        self.admits = admits
