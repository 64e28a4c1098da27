"""Takes the frames of encrypted meters out of a parser's stream (Luxembourg, Austria).

A frame is a general-global-cipher of DLMS (Smarty P1 1.1.3, clause 3.2.5):

    DB 08      begin, and the size of what follows
    8 bytes    system title, which names the meter
    82 hh ll   size of all that follows
    30         security: authenticated and encrypted
    4 bytes    frame counter
    …          ciphertext: a telegram as other meters send it, CRC and all
    12 bytes   tag

What comes is in one of three states. Text goes to the parser. A DB may begin a header: bytes are
held until 14 of them have come, or until they are none, and then they are text. A header says how
long its frame is, and the frame is held until it is whole: in it a "/" stands by chance. If its
tag is right, the plaintext goes to the parser, as a stream by itself. If not, or if there is no
key, the frame is looked through: where another header is in it, or the beginning of a telegram at
its end, bytes have been lost or the first header was noise, and from there on the bytes are read
as if that frame had ended before.

A frame is accounted for by its size on the line: accepted if there was a telegram in it, otherwise
rejected, once. Not done: a size in another form than 82 hh ll, frames without a tag, and telegrams
in several frames. A frame that is longer than there is room for is skipped by its length.
"""

from dsmr.backend import scan
from dsmr.const import const

# Why a frame is rejected, beside what a telegram may be rejected for.
_ENCRYPTED = const("encrypted")
_WRONG_TAG = const("tag")
_TOO_LONG = const("too long")
_TRUNCATED = const("truncated")
_MALFORMED = const("malformed")

_BEGIN = const(0xDB)
_HEAD = const(b"\xdb\x08")
_SLASH = const(47)

# Where a frame's parts begin. Its size is that which stands in the header, and _BEFORE.
_TITLE = const(2)
_TITLE_END = const(10)
_SECURITY = const(13)
_COUNTER = const(14)
_CIPHERTEXT = const(18)
_TAG = const(12)
_BEFORE = const(13)

#: Bytes of a header, which a frame is known by: those before the frame counter.
_HEADER = const(14)

#: The largest frame: the longest telegram that the line can carry, and what stands around it.
_LARGEST = const(11550)
_AROUND = const(30)

#: Bytes by which a telegram is known in a frame that is not believed: "/" and three letters.
_IDENTIFICATION = const(4)


class Frames:
    """Stands before a `dsmr.parser.TelegramParser` and gives it text and plaintext.

    limit: bytes of the longest telegram; gcm: what decrypts, see `dsmr.gcm`; None without a key.

    `good` counts the frames whose tag was right; `replayed` those of them whose frame counter was
    not larger than that before. They are accepted: a meter may have begun to count anew. Without
    a key, the parser forgets the frames when a telegram has come that was not encrypted. `is_sure`
    says that the meter encrypts: there is a key, or a header has come since the last telegram.
    """

    def __init__(self, parser, limit, gcm=None):
        self.good = 0
        self.replayed = 0
        self.is_sure = gcm is not None
        self._parser = parser
        self._gcm = gcm
        self._room = limit + _AROUND
        # Without a key, the whole of it is made when there is a frame.
        self._buffer = bytearray(self._room if gcm else _HEADER)
        # Title and frame counter of the last good frame.
        self._title = self._counter = b""
        self._begin()

    def _begin(self):
        """Forget what has been taken in."""
        # Bytes held; of them the first _done are accounted for, or are the parser's now.
        self._size = 0
        self._done = 0
        # Whether it is to be found out what they are.
        self._unsorted = False
        # The frame's size; 0 while there is no header.
        self._total = 0
        # Bytes that are still to come of a frame for which there is no room.
        self._left = 0
        # What of the stream has come and is not held; and whether the stream ends then.
        self._chunk = b""
        self._at = 0
        self._end = 0
        self._ended = False
        # Whether the parser reads plaintext; whether it has been told where that ends.
        self._inside = False
        self._closing = False
        # Of that frame: whether there was a telegram in it, or why not; what was counted before.
        self._accepted = False
        self._reason = None
        self._counts = (0, 0, 0)

    def pending(self, text):
        """Bytes taken in that no event has accounted for as yet; text: those of the parser."""
        count = self._end - self._at + self._size - self._done
        if self._left:
            count += self._total - self._left
        if not self._inside:
            count += text
        elif self._accepted:
            count -= self._total
        return count

    @property
    def is_busy(self):
        """Whether next_event() has not used up what was taken in."""
        return self._at < self._end

    def take(self, chunk, at, end):
        """Take in chunk[at:end], or the end of the stream if that is empty."""
        self._chunk = chunk
        self._at = at
        self._end = end
        self._ended = end == 0

    def hold(self, data, at, end):
        """Take in what of data[at:end] may be a frame; returns where it begins, or `end`."""
        self._make_room()
        self._size = end - at
        self._buffer[: self._size] = memoryview(data)[at:end]
        self._done = self._find(0)
        at += self._done
        self._shift()
        return at

    def next_event(self):
        """As the parser's."""
        parser = self._parser
        while True:
            event = parser.next_of_text()
            if self._inside:
                event = self._judge(event)
            elif event is not None:
                if event is parser.telegram and not self._gcm:
                    # There was noise before, or another meter.
                    self.is_sure = False
                    if not self._size:
                        parser.forget_frames(self._end)
            elif self._done:
                self._shift()
            elif self._unsorted:
                event = self._sort()
            elif self._at < self._end:
                event = self._take()
            elif self._ended:
                event = self._finish()
            else:
                return None
            if event is not None:
                return event

    def abandon(self, rejected):
        """As the parser's, which has given up its text; rejected: its event of that, or None."""
        parser = self._parser
        if self._inside:
            self._settle()
            rejected = None
        chunk = self._end - self._at
        held = self.pending(0) - chunk
        parser.bytes_skipped += chunk
        if self._total and held:
            rejected = parser.rejected(_TRUNCATED, held)
        else:
            parser.bytes_skipped += held
        self._begin()
        return rejected

    def _take(self):
        """Take some of the chunk."""
        chunk, at, size = self._chunk, self._at, self._size
        if self._left:
            count = min(self._left, self._end - at)
            self._at += count
            self._left -= count
            if self._left:
                return None
            total = self._total
            self._total = 0
            return self._reject(_TOO_LONG, total)
        if not size:
            begin = scan.find_byte(chunk, _BEGIN, at, self._end)
            if begin > at:
                self._at = begin
                self._parser.take_text(chunk, at, begin)
                return None
        wanted = self._total or _HEADER
        count = min(wanted - size, self._end - at)
        # As a rule it is a whole chunk, for which no memoryview is made.
        whole = count == len(chunk)
        self._buffer[size : size + count] = chunk if whole else memoryview(chunk)[at : at + count]
        self._at = at + count
        self._size = size + count
        self._unsorted = size + count == wanted or not self._total
        return None

    def _sort(self):
        """Find out what the bytes held are."""
        if self._total:
            self._unsorted = False
            return self._open() if self._size >= self._total else None
        begin = self._find(0)
        if begin:
            self._give(0, begin)
            return None
        if self._size < _HEADER:
            self._unsorted = False
            return None
        # A whole header, before which a telegram ends.
        self.is_sure = True
        self._make_room()
        self._total = self._total_at(0)
        self._parser.take_text(b"", 0, 0)
        if self._total > self._room:
            self._left = self._total - self._size
            self._size = 0
            self._unsorted = False
        return None

    def _open(self):
        """Decrypt the frame, which is whole, and give its plaintext to the parser."""
        gcm = self._gcm
        buffer = self._buffer
        if gcm is None or not gcm.decrypt(buffer, self._total):
            return self._disbelieve(self._total)
        title = bytes(buffer[_TITLE:_TITLE_END])
        counter = bytes(buffer[_COUNTER:_CIPHERTEXT])
        if title == self._title and counter <= self._counter:
            self.replayed += 1
        self._title, self._counter = title, counter
        self.good += 1
        parser = self._parser
        self._counts = (parser.bytes_accepted, parser.bytes_rejected, parser.bytes_skipped)
        self._inside = True
        self._closing = self._accepted = False
        self._reason = None
        parser.take_text(buffer, _CIPHERTEXT, self._total - _TAG)
        return None

    def _judge(self, event):
        """What the parser's event in plaintext, or None at its end, means for the frame."""
        parser = self._parser
        if event is None:
            if not self._closing:
                self._closing = True
                parser.take_text(b"", 0, 0)
                return None
            self._settle()
            self._inside = False
            self._done = total = self._total
            self._total = 0
            if not self._accepted:
                return parser.rejected(self._reason or _MALFORMED, total)
        elif event is parser.telegram:
            self._accepted = True
            self._settle()
            return event
        elif not self._reason:
            self._reason = event.reason
        return None

    def _settle(self):
        """Count the frame, and not the bytes of its plaintext."""
        parser = self._parser
        accepted, parser.bytes_rejected, parser.bytes_skipped = self._counts
        parser.bytes_accepted = accepted + (self._total if self._accepted else 0)

    def _disbelieve(self, end):
        """Reject the frame in buffer[:end], and read what is no part of it."""
        buffer = self._buffer
        cut = min(end, self._find(1))
        # A DB may stand at the end by chance.
        is_cut = cut < end - 1
        # A telegram is text; what stands before it is not, but by chance for a byte or two.
        begin = cut
        while begin and (32 <= buffer[begin - 1] < 127 or buffer[begin - 1] in b"\r\n"):
            begin -= 1
        while True:
            begin = buffer.find(b"/", begin, cut)
            if begin < 0:
                begin = cut
                break
            known = buffer[begin + 1 : begin + _IDENTIFICATION]
            if begin + _IDENTIFICATION <= cut and known.isalpha():
                break
            begin += 1
        if begin < cut or end < self._total:
            is_cut = True
        self._give(begin, cut)
        self._total = 0
        return self._reject(_TRUNCATED if is_cut else _WRONG_TAG, begin)

    def _reject(self, reason, size):
        """Reject a frame that was not decrypted. Without a key, that is the reason."""
        return self._parser.rejected(reason if self._gcm else _ENCRYPTED, size)

    def _finish(self):
        """Do one of the things that are left to be done at the end of the stream."""
        if self._left:
            size = self._total - self._left
            self._left = self._total = 0
            return self._reject(_TRUNCATED, size)
        if self._total:
            return self._disbelieve(self._size)
        if self._size:
            self._give(0, self._size)
        else:
            self._ended = False
            self._parser.take_text(b"", 0, 0)
        return None

    def _give(self, begin, end):
        """Give buffer[begin:end] to the parser as text; what is before it is done with."""
        self._done = end
        if begin < end:
            self._parser.take_text(self._buffer, begin, end)

    def _shift(self):
        """Move what is still held to the front of the buffer."""
        self._size -= self._done
        if self._size:
            view = memoryview(self._buffer)
            view[: self._size] = view[self._done : self._done + self._size]
        self._done = 0
        self._unsorted = self._size > 0

    def _find(self, at):
        """Where from `at` on a header stands, or the beginning of one at the end; else the end."""
        buffer, size = self._buffer, self._size
        while True:
            at = buffer.find(b"\xdb", at, size)
            if at < 0:
                return size
            count = size - at
            if (
                (count < 2 or buffer[at + 1] == 0x08)
                and (count <= _TITLE_END or buffer[at + _TITLE_END] == 0x82)
                and (count < _HEADER or (buffer[at + _SECURITY] == 0x30 and self._total_at(at)))
            ):
                return at
            at += 1

    def _total_at(self, at):
        """The size of the frame whose header is in buffer[at:], 0 if it is none."""
        total = _BEFORE + (self._buffer[at + 11] << 8 | self._buffer[at + 12])
        return total if _AROUND < total <= _LARGEST else 0

    def _make_room(self):
        """Make the buffer as large as the longest frame that there is to be room for."""
        if len(self._buffer) < self._room:
            larger = bytearray(self._room)
            larger[: self._size] = memoryview(self._buffer)[: self._size]
            self._buffer = larger
