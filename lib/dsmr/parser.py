"""Finds the telegrams in a stream of bytes: the frame, the CRC and the account of every byte.

The stream is always in one of three states. Between telegrams, bytes are skipped until a "/"
comes. In a telegram, each line is read when its LF comes and the CRC is carried on over it. What
reads lines that are not usual is loaded when one has come and the CRC has matched, so that a
damaged telegram loads nothing; until then that line waits, and those behind it. A line that begins
with "!" ends the telegram: the CRC in it decides what has come, published as a whole or rejected
as a whole. A "/" begins a telegram in any state, as the standard has it nowhere else; what it cuts
short is rejected, unless its CRC had come already.

Of an encrypted meter's frames only the beginning is known here: `dsmr.frames` is imported when one
comes, or at once where there is a key, and stands before the rest from then on.
"""

from collections import namedtuple

from dsmr.backend import crc16, scan, usual
from dsmr.const import const
from dsmr.derived import FLOOR, derive
from dsmr.telegram import Telegram

#: The longest telegram that the line can carry: 115,200 baud for one second.
MAX_TELEGRAM = 11520

#: Bytes of the "!" line that are waited for; "!", four digits, CR and LF are seven.
_MAX_END = const(16)

# Why a telegram was rejected.
_WRONG_CRC = const("crc")
_NO_CRC = const("no crc")
_TOO_LONG = const("too long")
_TRUNCATED = const("truncated")
_MALFORMED = const("malformed")

# How an encrypted frame begins, see `dsmr.frames`.
_FRAME = const(0xDB)
_FRAME_HEAD = const(b"\xdb\x08")

_SLASH = const(47)
_LF = const(10)
_CR = const(13)
_MARK = const(33)  # "!"
_HEX = const(b"0123456789ABCDEF0123456789abcdef")


#: Bytes that began like a telegram and are none: the reason, and how many they were.
Rejected = namedtuple("Rejected", ("reason", "size"))


class TelegramParser:
    """Bytes in, events out; does no I/O and raises on no input.

    max_telegram: bytes that a telegram may have; two buffers of that size are made.
    crc_required: whether a telegram without a CRC is rejected if its version would carry one. A
        CRC that is there is checked in any case.
    demand_floor: watts that a month's highest quarter-hour counts for at least.

    `telegram` is the last good telegram, or None before the first; `frames` a
    `dsmr.frames.Frames`, or None while there is no need of one. Bytes are accounted for:
    bytes_in = bytes_accepted + bytes_rejected + bytes_skipped + bytes_pending.
    """

    def __init__(self, max_telegram=MAX_TELEGRAM, crc_required=True, demand_floor=FLOOR):
        self.telegram = None
        self.frames = None
        self.bytes_in = 0
        self.bytes_accepted = 0
        self.bytes_rejected = 0
        self.bytes_skipped = 0
        self._limit = max_telegram
        self._crc_required = crc_required
        self._demand_floor = demand_floor
        self._filling = Telegram(max_telegram)
        self._spare = Telegram(max_telegram)
        self._chunk = b""
        self._at = 0
        self._end = 0
        self._ended = False
        self._crc = 0
        # Where the first line that has not been read begins in the buffer; -1 between telegrams.
        self._line = -1
        # Whether it has come whole, and waits for the CRC, as what reads it is not in memory.
        self._waits = False
        # Where the line with the CRC begins; 0 while it has not come.
        self._mark = 0
        # What reads lines that are not usual, once there was one; and whether there was: 2 in this
        # telegram, 1 in the one before.
        self._read_lines = None
        self._unusual = 0

    @property
    def bytes_pending(self):
        """Bytes taken in that no event has accounted for as yet."""
        pending = self._filling.size + self._end - self._at
        return self.frames.pending(pending) if self.frames else pending

    def expect_frames(self, gcm=None):
        """Look for an encrypted meter's frames from now on.

        gcm: what decrypts them, see `dsmr.keys.make`; without it each of them is rejected.
        """
        from dsmr.frames import Frames

        self.frames = Frames(self, self._limit, gcm)

    def receive_data(self, chunk, size=None):
        """Take in the next bytes of the stream, or b"" where it ends.

        chunk: bytes, bytearray or memoryview, of which the first `size` bytes count. Bytes and
        bytearrays are not copied, and must not change before next_event() has returned None.
        """
        frames = self.frames
        if self._at < self._end or (frames and frames.is_busy):
            raise RuntimeError("call next_event() until it returns None, then receive_data()")
        if size is None:
            size = len(chunk)
        self.bytes_in += size
        # Plain Python looks for bytes in it, which a memoryview cannot.
        chunk = bytes(chunk) if isinstance(chunk, memoryview) else chunk
        if frames:
            frames.take(chunk, 0, size)
        else:
            self.take_text(chunk, 0, size)

    def next_event(self):
        """Parse on to the next event: a Telegram, a Rejected, or None when all is used up."""
        if not self.frames:
            event = self.next_of_text()
            if event is not None or not self.frames:
                return event
        return self.frames.next_event()

    def forget_frames(self, end):
        """Look for frames no more; what is taken in goes on up to chunk[end]."""
        self.frames = None
        self._end = end
        usual.unload_others()

    def take_text(self, chunk, at, end):
        """Take in chunk[at:end], in which there are no frames; the end of the text if it is empty.

        This and forget_frames(), next_of_text() and rejected() are for `dsmr.frames`.
        """
        self._chunk = chunk
        self._at = at
        self._end = end
        self._ended = at == end

    def next_of_text(self):
        """The next event of the text that was taken in."""
        while self._at < self._end:
            if self._line < 0:
                event = self._skip()
            else:
                event = self._take()
            if event is not None:
                return event
        if self._ended:
            self._ended = False
            if self._line >= 0:
                return self._finish() if self._mark else self._reject(_TRUNCATED)
        return None

    def abandon(self):
        """Give up what has been taken in and belongs to no event as yet.

        Where memory was too short to parse on, nothing is known of what has not been looked at.
        Returns a Rejected if a telegram or a frame had begun, else None.
        """
        self.bytes_skipped += self._end - self._at
        self._at = self._end
        self._waits = False
        rejected = self._reject(_TRUNCATED) if self._line >= 0 else None
        return self.frames.abandon(rejected) if self.frames else rejected

    def _skip(self):
        """Skip to the next "/", or to what may begin an encrypted frame."""
        # Noise and an encrypted meter come at the line's full rate.
        stop = start = scan.find_byte(self._chunk, _SLASH, self._at, self._end)
        if not self.frames:
            stop = scan.find_byte(self._chunk, _FRAME, self._at, start)
        self.bytes_skipped += stop - self._at
        self._at = stop
        if stop < start:
            self.expect_frames()
            self._hand_over()
        elif start < self._end:
            self._begin()
        return None

    def _hand_over(self):
        """Let frames be taken out of what is left of the chunk."""
        self.frames.take(self._chunk, self._at, self._end)
        self._at = self._end

    def _begin(self):
        """Begin a telegram at the "/" that is next in the chunk."""
        telegram = self._filling
        telegram.clear()
        telegram.buffer[0] = _SLASH
        telegram.size = 1
        self._at += 1
        self._crc = crc16(0, telegram.buffer, 0, 1)
        self._line = 0
        self._waits = False
        self._mark = 0

    def _take(self):
        """Take what has come of the telegram's lines, up to that with the CRC."""
        if self._mark:
            return self._take_end()
        telegram = self._filling
        buffer = telegram.buffer
        size = telegram.size
        at = self._at
        stop = scan.take_lines(self._chunk, at, self._end, buffer, size, self._limit)
        if stop > at:
            end = size + stop - at
            telegram.size = end
            self._at = stop
            self._crc = crc16(self._crc, buffer, size, end)
            # A line that is still without its end is not looked through again for each chunk.
            if buffer.find(b"\n", size, end) >= 0:
                self._read(end)
            if end == self._limit:
                return self._reject(_TOO_LONG)
        if stop < self._end:
            if self._chunk[stop] == _SLASH:
                return self._reject(_TRUNCATED)
            size = self._mark = telegram.size
            if size < self._limit:
                # The CRC is over the "!", too.
                buffer[size] = _MARK
                self._crc = crc16(self._crc, buffer, size, size + 1)
                telegram.size += 1
                self._at += 1
            if telegram.size == self._limit:
                return self._reject(_TOO_LONG)
        return None

    def _read(self, size):
        """Read the lines that are whole in the buffer up to `size`."""
        if self._waits:
            return
        telegram = self._filling
        if not telegram.announced:
            self._line = usual.read_usual(telegram, self.telegram, self._line, size)
        self._waits = telegram.buffer.find(b"\n", self._line, size) >= 0
        if self._waits and self._read_lines:
            self._read_others(size)

    def _read_others(self, size):
        """Read the line that waits, and those behind it that are whole in buffer[:size]."""
        if self._read_lines is None:
            # Imported here: a board whose meter sends usual lines only need not hold it.
            from dsmr.objects import read_lines

            self._read_lines = read_lines
        self._unusual = 2
        self._waits = False
        self._line = self._read_lines(self._filling, self.telegram, self._line, size)

    def _take_end(self):
        """Take what has come of the line with the CRC, after its "!"."""
        telegram = self._filling
        buffer = telegram.buffer
        size = telegram.size
        limit = min(self._limit, self._mark + _MAX_END)
        stop = scan.take_lines(self._chunk, self._at, self._end, buffer, size, limit)
        end = size + stop - self._at
        line_end = buffer.find(b"\n", size, end) + 1
        if line_end:
            # What was copied beyond it is left to the next one.
            stop -= end - line_end
            end = line_end
        telegram.size = end
        self._at = stop
        if line_end:
            return self._finish()
        if end == self._limit:
            return self._reject(_TOO_LONG)
        if end == limit or (stop < self._end and self._chunk[stop] == _SLASH):
            return self._finish()
        return None

    def _finish(self):
        """Decide about the telegram whose last line has come."""
        telegram = self._filling
        buffer = telegram.buffer
        crc = digits = 0
        at = self._mark + 1
        size = telegram.size
        while at < size:
            value = _HEX.find(buffer[at : at + 1])
            if value < 0:
                break
            crc = (crc << 4 | value & 15) & 0xFFFFF
            digits += 1
            at += 1
        damaged = digits > 4
        if not digits:
            # A CRC is absent only if nothing can be read in its place.
            damaged = any(32 < byte < 127 for byte in buffer[at:size])
        elif not crc and digits < 4 and at < size:
            # "0" is what an unpadded 0000 looks like; "0x" is a 0000 with a damaged digit.
            damaged = buffer[at] != _CR and buffer[at] != _LF
        if damaged:
            return self._reject(_MALFORMED)
        if digits and crc != self._crc:
            return self._reject(_WRONG_CRC)
        if self._waits:
            self._read_others(self._mark)
        telegram.end_announced()
        if digits:
            telegram.crc = crc
        elif telegram.needs_crc() and (
            # Without an identification it may be a piece of one in which there is no value.
            self._crc_required or not telegram.objects or telegram.identification_end < 2
        ):
            return self._reject(_NO_CRC)
        derive(telegram, self.telegram, self._demand_floor)
        if self._unusual:
            self._unusual -= 1
            if not self._unusual:
                self._read_lines = None
                usual.unload_others()
        self.bytes_accepted += telegram.size
        self._filling = self._spare
        self._filling.size = 0
        self._spare = self.telegram = telegram
        self._line = -1
        return telegram

    def _reject(self, reason):
        telegram = self._filling
        is_sure = self.frames and self.frames.is_sure
        if is_sure and self._waits:
            self._read_others(self._mark or telegram.size)
        size = telegram.size
        telegram.size = 0
        self._line = -1
        if self.frames:
            if is_sure and not telegram.objects:
                # A "/" in a piece of a frame; or (field) the identification that a meter sends
                # before each frame.
                self.bytes_skipped += size
                return None
        else:
            header = telegram.buffer.find(_FRAME_HEAD, 0, size)
            if header >= 0:
                # No telegram, but a "/" in the midst of a frame, and the next frame.
                self.expect_frames()
                size = self.frames.hold(telegram.buffer, header, size)
                self._hand_over()
        return self.rejected(reason, size)

    def rejected(self, reason, size):
        """Count that many bytes as rejected."""
        self.bytes_rejected += size
        return Rejected(reason, size)
