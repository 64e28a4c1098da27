"""How an encrypted meter wraps its telegrams: AES-128-GCM in a general-global-cipher frame.

It is the simulation's own, on purpose apart from the reader's: the one checks the other. So it is
written from the standards as they stand (FIPS 197, NIST SP 800-38D, Smarty P1 1.1.3 clause 3.2.5),
by bytes and polynomials, and not for speed: a telegram of 600 bytes takes some milliseconds.
"""

import functools
from collections.abc import Iterator

from sim.meter import Meter

#: A meter's key in the simulation, and the authentication key that all meters in Luxembourg share.
KEY = bytes.fromhex("5349 4D55 4C41 5445 4453 4D41 5254 5921")
AUTHENTICATION_KEY = bytes.fromhex("00112233445566778899AABBCCDDEEFF")

_TAG_SIZE = 12


#: The kinds of `sim.meter` whose telegrams come encrypted.
KINDS = ("lux",)


class Encrypted:
    """Stands where a `sim.meter.Meter` may stand: sends its telegrams in frames."""

    def __init__(self, meter: "Meter"):
        self._meter = meter
        self._counter = 0

    def telegrams(self) -> Iterator[bytes]:
        """The frame of one second after the other, without end."""
        for telegram in self._meter.telegrams():
            self._counter += 1
            yield wrap(telegram, self._counter)


def wrap(
    telegram: bytes,
    counter: int,
    title: bytes = b"SIM00001",
    key: bytes = KEY,
    authentication_key: bytes = AUTHENTICATION_KEY,
) -> bytes:
    """The frame in which a meter sends a telegram.

    counter: the frame counter, which a meter never uses twice; title: the system title, 8 bytes;
    authentication_key: b"" for a meter that authenticates nothing beside the telegram.
    """
    nonce = title + counter.to_bytes(4, "big")
    data = b"\x30" + authentication_key if authentication_key else b""
    ciphertext, tag = seal(telegram, nonce, data, key)
    body = b"\x30" + counter.to_bytes(4, "big") + ciphertext + tag[:_TAG_SIZE]
    return b"\xdb\x08" + title + b"\x82" + len(body).to_bytes(2, "big") + body


def seal(plaintext: bytes, nonce: bytes, data: bytes, key: bytes) -> tuple[bytes, bytes]:
    """AES-128-GCM: the ciphertext and the tag of 16 bytes."""
    keys = _round_keys(key)
    blocks = len(plaintext) // 16 + 1
    stream = b"".join(
        _encrypt(nonce + number.to_bytes(4, "big"), keys) for number in range(1, blocks + 2)
    )
    ciphertext = bytes(a ^ b for a, b in zip(plaintext, stream[16:], strict=False))
    factors = _multiples(int.from_bytes(_encrypt(bytes(16), keys), "big"))
    hashed = 0
    lengths = (len(data) * 8).to_bytes(8, "big") + (len(ciphertext) * 8).to_bytes(8, "big")
    for part in (data, ciphertext, lengths):
        for at in range(0, len(part), 16):
            block = hashed ^ int.from_bytes(part[at : at + 16].ljust(16, b"\0"), "big")
            hashed = 0
            for bit, factor in enumerate(factors):
                if block >> (127 - bit) & 1:
                    hashed ^= factor
    return ciphertext, (hashed ^ int.from_bytes(stream[:16], "big")).to_bytes(16, "big")


def _multiples(factor: int) -> list[int]:
    """The factor's products with x**0 to x**127 in GCM's field, whose bits run from the left."""
    found = []
    for _ in range(128):
        found.append(factor)
        factor = factor >> 1 ^ (0xE1 << 120 if factor & 1 else 0)
    return found


def _times(a: int, b: int) -> int:
    """The product in AES's field: polynomials modulo x**8 + x**4 + x**3 + x + 1."""
    product = 0
    while b:
        if b & 1:
            product ^= a
        a = a << 1 ^ (0x11B if a & 0x80 else 0)
        b >>= 1
    return product


@functools.cache
def _substitutes() -> bytes:
    """AES's S-box: the inverse in the field, then an affine map of its bits."""
    box = bytearray()
    for byte in range(256):
        inverse = next((one for one in range(256) if _times(byte, one) == 1), 0)
        doubled = inverse << 8 | inverse
        mapped = inverse
        for turn in range(4, 8):
            mapped ^= doubled >> turn & 0xFF
        box.append(mapped ^ 0x63)
    return bytes(box)


@functools.cache
def _products() -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Each byte's products with 2 and with 3, which MixColumns needs."""
    return tuple(_times(2, byte) for byte in range(256)), tuple(
        _times(3, byte) for byte in range(256)
    )


@functools.cache
def _round_keys(key: bytes) -> tuple[bytes, ...]:
    """The eleven round keys of a key of 16 bytes."""
    box = _substitutes()
    words = [key[at : at + 4] for at in range(0, 16, 4)]
    constant = 1
    while len(words) < 44:
        word = words[-1]
        if len(words) % 4 == 0:
            word = bytes(box[byte] for byte in word[1:] + word[:1])
            word = bytes((word[0] ^ constant, *word[1:]))
            constant = _times(constant, 2)
        words.append(bytes(a ^ b for a, b in zip(words[-4], word, strict=True)))
    return tuple(b"".join(words[at : at + 4]) for at in range(0, 44, 4))


def _encrypt(block: bytes, keys: tuple[bytes, ...]) -> bytes:
    """One block through AES-128."""
    box = _substitutes()
    twice, thrice = _products()
    state = [a ^ b for a, b in zip(block, keys[0], strict=True)]
    for number, key in enumerate(keys[1:], 1):
        # SubBytes and ShiftRows: of row r of a column, the byte that stands r columns further.
        state = [box[state[(at + 4 * (at % 4)) % 16]] for at in range(16)]
        if number < 10:
            mixed = []
            for at in range(0, 16, 4):
                a, b, c, d = state[at : at + 4]
                mixed += [
                    twice[a] ^ thrice[b] ^ c ^ d,
                    a ^ twice[b] ^ thrice[c] ^ d,
                    a ^ b ^ twice[c] ^ thrice[d],
                    thrice[a] ^ b ^ c ^ twice[d],
                ]
            state = mixed
        state = [a ^ b for a, b in zip(state, key, strict=True)]
    return bytes(state)
