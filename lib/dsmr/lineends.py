"""Gives files their line ends back: a telegram's CRC is over CR LF, and some programs turn that
into LF when they write it to a file."""


class LineEnds:
    """Restores CR LF in telegrams whose first line ends in LF alone; leaves others as they are."""

    def __init__(self):
        # None in a telegram's first line, whose end is to decide.
        self._restore = False
        self._last = b""

    def restored(self, chunk):
        """The next bytes of the stream, with their line ends restored."""
        parts = chunk.split(b"/")
        for number, part in enumerate(parts):
            if number:
                self._restore = None
                self._last = b"/"
            at = part.find(b"\n") if self._restore is None else -1
            if at >= 0:
                before = part[at - 1 : at] if at else self._last
                self._restore = before != b"\r"
            if self._restore:
                parts[number] = part.replace(b"\n", b"\r\n")
            self._last = part[-1:] or self._last
        return b"/".join(parts)
