"""A reader that lives through what `year.py` tells it on standard input. Under both Pythons.

Arguments: a folder. Lines that begin with "#" are orders:

    #reset          it starts anew
    #cut N          the power goes at the N-th write to the flash from now on, if there are so many
                    before the next order (MicroPython only); then it starts anew

All others are a meter's telegrams. Under MicroPython the folder is on a flash in memory, which is
looked at whenever it starts. Prints a JSON object of what is told at the end.
"""

import json
import os
import sys

# Before all that imports it: see on_micropython.py.
import dsmr
from history.reader import Reader

try:
    import vfs

    from history.flash import Flash
except ImportError:
    vfs = None


class Life:
    """The reader, from one start to the next."""

    def __init__(self, folder):
        self._folder = folder
        self._flash = None
        self.writes = self.starts = self.cuts = self.telegrams = 0
        self.erased = self.written = 0
        self.wear = {}
        if vfs:
            self._flash = Flash()
            self._flash.format()
            vfs.mount(self._flash.system(), "/board")
            self._folder = "/board/history"
        self.reader = Reader(self._folder)

    def take(self, telegram):
        """Take a telegram, and notice it if the power went."""
        parser = self.reader.parser
        parser.receive_data(telegram)
        event = parser.next_event()
        assert isinstance(event, dsmr.Telegram), event.reason
        self.telegrams += 1
        self.reader.readout.accept(event)
        if self.reader.history.due:
            # A second later the next one comes.
            self.reader.readout.accept(event)
        if self._flash and self._flash.left is not None and self._flash.left < 0:
            self.cuts += 1
            self.reader.log.said.clear()
            self.start()

    def order(self, words):
        if words[0] == "#reset":
            self.start()
        elif self._flash:
            self._flash.left = int(words[1])

    def start(self):
        """Start anew, with what the flash holds."""
        self.count()
        self.starts += 1
        if vfs:
            data = self._flash.data
            self._flash.on = False
            vfs.umount("/board")
            self._flash = Flash(data=data)
            vfs.mount(self._flash.system(), "/board")
        self.reader.start()

    def count(self):
        """Add up what has been written since the start."""
        self.writes += self.reader.history.writes
        if self._flash:
            self.erased += self._flash.erased
            self.written += self._flash.written
            for block in self._flash.wear:
                self.wear[block] = self.wear.get(block, 0) + self._flash.wear[block]

    def told(self):
        self.count()
        reader = self.reader
        return {
            "days": {
                series: reader.answer(series, "day")["rows"]
                for series in ("energy", "gas", "water", "peaks")
            },
            "quarters": {
                series: reader.answer(series, "quarter")["rows"]
                for series in ("energy", "gas", "water")
            },
            "said": reader.log.said,
            "telegrams": self.telegrams,
            "starts": self.starts,
            "cuts": self.cuts,
            "writes": self.writes,
            "erased": self.erased,
            "written": self.written,
            "worst": max(self.wear.values()) if self.wear else 0,
            "files": len(os.listdir(self._folder)),
        }


def main(folder):
    life = Life(folder)
    source = sys.stdin.buffer
    telegram = b""
    while True:
        line = source.readline()
        if not line:
            break
        if line[:1] == b"#":
            life.order(line.decode().split())
            continue
        telegram += line
        if line[:1] == b"!":
            life.take(telegram)
            telegram = b""
    print(json.dumps(life.told()))


main(sys.argv[1])
