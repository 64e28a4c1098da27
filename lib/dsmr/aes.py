"""AES-128 in plain Python, for a PC without the package `cryptography`: FIPS 197.

It encrypts only, each block by itself: that is all that GCM needs. Boards have `cryptolib`, whose
class has the same name and the same method.
"""

_ROUNDS = 10


def _twice(byte):
    """The product with x in AES's field of 256 elements."""
    return (byte << 1) ^ (0x11B if byte & 0x80 else 0)


def _substitutes():
    """The S-box, FIPS 197, clause 5.1.1: the inverse of each byte, and an affine map of it."""
    # 3 and its inverse, F6, have all elements but 0 as powers.
    box = [0x63] * 256
    power = inverse = 1
    for _ in range(255):
        power ^= _twice(power)
        for shift in (1, 2, 4):
            inverse ^= inverse << shift
        inverse &= 0xFF
        if inverse & 0x80:
            inverse ^= 0x09
        mapped = inverse
        for turn in (4, 5, 6, 7):
            mapped ^= inverse * 0x101 >> turn
        box[power] = mapped & 0xFF ^ 0x63
    return box


_BOX = _substitutes()
# What a byte of the state gives for a column, in each of its four rows: SubBytes and MixColumns.
_COLUMN0 = [_twice(byte) << 24 | byte << 16 | byte << 8 | _twice(byte) ^ byte for byte in _BOX]
_COLUMN1 = [word >> 8 | (word & 0xFF) << 24 for word in _COLUMN0]
_COLUMN2 = [word >> 8 | (word & 0xFF) << 24 for word in _COLUMN1]
_COLUMN3 = [word >> 8 | (word & 0xFF) << 24 for word in _COLUMN2]


class aes:
    """Encrypts blocks with a key of 16 bytes. mode: 1, each block by itself (ECB)."""

    def __init__(self, key, mode):
        if len(key) != 16 or mode != 1:
            raise ValueError("AES-128 takes a key of 16 bytes, and only ECB is here")
        words = [int.from_bytes(key[at : at + 4], "big") for at in range(0, 16, 4)]
        constant = 1
        while len(words) < 4 * (_ROUNDS + 1):
            word = words[-1]
            if len(words) % 4 == 0:
                word = (word << 8 | word >> 24) & 0xFFFFFFFF
                word = int.from_bytes(bytes(_BOX[byte] for byte in word.to_bytes(4, "big")), "big")
                word ^= constant << 24
                constant = _twice(constant)
            words.append(words[-4] ^ word)
        self._words = words

    def encrypt(self, data, out=None):
        """The ciphertext of whole blocks, written to `out` if it is given; that may be `data`."""
        if out is None:
            out = bytearray(len(data))
        for at in range(0, len(data), 16):
            out[at : at + 16] = self._block(data, at)
        return out

    def _block(self, data, at):
        """The ciphertext of one block; a to d are the four columns of the state."""
        words = self._words
        number = int.from_bytes(data[at : at + 16], "big")
        a = number >> 96 ^ words[0]
        b = number >> 64 & 0xFFFFFFFF ^ words[1]
        c = number >> 32 & 0xFFFFFFFF ^ words[2]
        d = number & 0xFFFFFFFF ^ words[3]
        for key in range(4, 4 * _ROUNDS, 4):
            a, b, c, d = (
                _column(a, b, c, d) ^ words[key],
                _column(b, c, d, a) ^ words[key + 1],
                _column(c, d, a, b) ^ words[key + 2],
                _column(d, a, b, c) ^ words[key + 3],
            )
        number = 0
        columns = (a, b, c, d, a, b, c)
        for place in range(4):
            word = 0
            for row in range(4):
                word = word << 8 | _BOX[columns[place + row] >> (24 - 8 * row) & 0xFF]
            number = number << 32 | word ^ words[4 * _ROUNDS + place]
        return number.to_bytes(16, "big")


def _column(a, b, c, d):
    """A round's new column: ShiftRows takes its four bytes from four columns."""
    return _COLUMN0[a >> 24] ^ _COLUMN1[b >> 16 & 255] ^ _COLUMN2[c >> 8 & 255] ^ _COLUMN3[d & 255]
