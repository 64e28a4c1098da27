"""A capture sent again as it was taken: byte for byte, line ends and mistakes included.

The bytes are not understood here, only parted where one telegram ends and the next begins, so
that they can be sent one a second.
"""

import re
from collections.abc import Iterator
from pathlib import Path

# A telegram ends with its `!` line: the CRC, where there is one, and the line's end.
_END = re.compile(rb"![0-9A-Fa-f]{0,4}\r?\n")


def split(capture: bytes) -> list[bytes]:
    """The capture in pieces, each ending with a `!` line; joined again they are the capture."""
    pieces = []
    begin = 0
    for match in _END.finditer(capture):
        pieces.append(capture[begin : match.end()])
        begin = match.end()
    if begin < len(capture):
        pieces.append(capture[begin:])
    return pieces


class Replay:
    """Stands where a `sim.meter.Meter` may stand; begins again when the capture is over."""

    def __init__(self, path: str | Path, repeat: bool = True):
        self.pieces = split(Path(path).read_bytes())
        if not self.pieces:
            raise ValueError(f"{path} is empty; a capture holds at least one telegram.")
        self.repeat = repeat

    def telegrams(self) -> Iterator[bytes]:
        yield from self.pieces
        while self.repeat:
            yield from self.pieces
