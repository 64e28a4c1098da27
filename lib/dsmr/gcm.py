"""Checks and decrypts the frames of encrypted meters: AES-128-GCM, NIST SP 800-38D.

A frame is described in `dsmr.frames`. The nonce is its system title and its frame counter; the
additional data is the security byte and the authentication key (Smarty P1 1.1.3, clause 3.2.5).
The first 12 bytes of the tag are sent. Nothing is decrypted before the tag has been found right.

What is done once for a pair of keys is in `dsmr.keys`. Whether the loops are machine code is
decided with the parser's, in `dsmr.backend`.
"""

from dsmr import backend
from dsmr.const import const

if backend.scan.__name__ == "dsmr.scan":
    from dsmr import blocks
else:
    from dsmr.native import blocks  # type: ignore[no-redef]

# Those of `dsmr.frames`, by `make fields`.
_TITLE = const(2)
_TITLE_END = const(10)
_COUNTER = const(14)
_CIPHERTEXT = const(18)
_TAG = const(12)

_BLOCK = const(16)
#: Bytes of key stream that are made at once, sixteen blocks.
_STREAM = const(256)


class Gcm:
    """Decrypts frames with one pair of keys.

    encrypt: that of AES with the meter's key, each block by itself; table: see `blocks.new_table`;
    begin: GHASH of the additional data, which is the same in each frame, and bits: how many it
    has. All buffers are made here; a frame takes no more memory but a few small objects.
    """

    def __init__(self, encrypt, table, begin, bits):
        self._encrypt = encrypt
        self._table = table
        self._begin = begin
        self._stream = bytearray(_STREAM)
        self._nonce = bytearray(_BLOCK - 4)
        self._state = bytearray(_BLOCK)
        #: The last block that GHASH is over: how many bits of additional data and of ciphertext.
        self._lengths = bytearray(_BLOCK)
        self._lengths[7] = bits

    def decrypt(self, frame, size):
        """Decrypt the frame in frame[:size] where it stands, if its tag is right.

        Returns whether it is; if not, the frame is as it was.
        """
        end = size - _TAG
        state, stream, nonce = self._state, self._stream, self._nonce
        state[:] = self._begin
        blocks.add(state, self._table, frame, _CIPHERTEXT, end)
        bits = (end - _CIPHERTEXT) * 8
        lengths = self._lengths
        lengths[13] = bits >> 16
        lengths[14] = bits >> 8 & 0xFF
        lengths[15] = bits & 0xFF
        blocks.add(state, self._table, lengths, 0, _BLOCK)
        nonce[:8] = memoryview(frame)[_TITLE:_TITLE_END]
        nonce[8:] = memoryview(frame)[_COUNTER:_CIPHERTEXT]
        # The first block of the key stream hides the tag, those after it the plaintext.
        blocks.count(stream, _STREAM, nonce, 1)
        self._encrypt(stream, stream)
        blocks.xor(state, 0, _BLOCK, stream, 0)
        if memoryview(state)[:_TAG] != memoryview(frame)[end:size]:
            return False
        at = _CIPHERTEXT
        number = 1
        used = _BLOCK
        while at < end:
            if number > 1:
                blocks.count(stream, _STREAM, nonce, number)
                self._encrypt(stream, stream)
            stop = min(end, at + _STREAM - used)
            blocks.xor(frame, at, stop, stream, used)
            at = stop
            number += _STREAM // _BLOCK
            used = 0
        return True
