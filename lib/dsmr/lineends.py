"""Gives files their line ends back: a telegram's CRC is over CR LF, and some programs turn that
into LF when they write it to a file."""


class LineEnds:
    """Restores CR LF in a stream whose first line ends in LF alone; leaves any other as it is."""

    def __init__(self):
        self._restore = None
        self._last = b""

    def restored(self, chunk):
        """The next bytes of the stream, with their line ends restored."""
        if self._restore is None:
            at = chunk.find(b"\n")
            if at >= 0:
                before = chunk[at - 1 : at] if at else self._last
                self._restore = before != b"\r"
        self._last = chunk[-1:]
        return chunk.replace(b"\n", b"\r\n") if self._restore else chunk
