"""The other readers that ours is compared with, each used as its documentation says.

They are pinned in host/bench-requirements.txt; one that is not installed is left out.
"""

import importlib.metadata
import importlib.util

REQUIREMENTS = "host/bench-requirements.txt"


class DsmrParser:
    """dsmr-parser: a telegram as `str`, parsed by regular expressions for each object."""

    name = "dsmr-parser"

    def __init__(self, kind):
        from dsmr_parser import telegram_specifications
        from dsmr_parser.clients.telegram_buffer import TelegramBuffer
        from dsmr_parser.parsers import TelegramParser

        specifications = telegram_specifications
        specification = specifications.V5 if kind == "dsmr5" else specifications.BELGIUM_FLUVIUS
        self._parse = TelegramParser(specification).parse
        self._buffer = TelegramBuffer()

    def whole(self, telegram):
        return self._parse(telegram.decode("ascii"))

    def chunked(self, telegram, size):
        """What comes is collected in its TelegramBuffer."""
        buffer = self._buffer
        found = None
        for at in range(0, len(telegram), size):
            buffer.append(telegram[at : at + size].decode("ascii"))
            for whole in buffer.get_all():
                found = self._parse(whole)
        return found

    def values(self, telegram):
        """How many values it found."""
        count = 0
        for name, value in self.whole(telegram):
            count += sum(1 for device in value for _ in device) if name == "MBUS_DEVICES" else 1
        return count


class Smeterd:
    """smeterd: a regular expression for each value, and a CRC in C. It takes whole telegrams."""

    name = "smeterd"

    def __init__(self, kind):
        from smeterd.meter import P1Packet

        self.whole = P1Packet

    def values(self, telegram):
        return _leaves(self.whole(telegram)._keys)


def _leaves(value):
    if isinstance(value, dict):
        return sum(map(_leaves, value.values()))
    return value is not None


def installed():
    """(classes of the peers that are installed, sentences about those that are not)."""
    found, missing = [], []
    for peer in (DsmrParser, Smeterd):
        if version(peer.name):
            found.append(peer)
        else:
            missing.append(peer.name)
    notes = []
    if missing:
        notes.append(f"Not installed: {', '.join(missing)}; pip install -r {REQUIREMENTS}")
    if Smeterd in found and not importlib.util.find_spec("crcmod._crcfunext"):
        notes.append("smeterd's CRC is not compiled here, for want of a C compiler.")
    return found, notes


def version(name):
    """The installed version of a package; None if it is not installed."""
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None
