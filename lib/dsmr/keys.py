"""Makes of a pair of keys what decrypts a meter's frames: needed once, and then no more.

AES is MicroPython's `cryptolib`. On a PC it is that of the package `cryptography`, which does all
of GCM, or `dsmr.aes`.
"""

from binascii import unhexlify

from dsmr import gcm
from dsmr.const import const

try:
    from cryptolib import aes
except ImportError:
    from dsmr.aes import aes  # type: ignore[assignment]

#: Bytes of a key, and of a block.
_SIZE = const(16)

#: What `cryptolib` calls the mode in which each block is encrypted by itself.
_ECB = const(1)

#: The authentication key of all meters in Luxembourg (Smarty P1 1.1.3, clause 3.2.5).
LUXEMBOURG = "00112233445566778899AABBCCDDEEFF"


def make(key, authentication_key=LUXEMBOURG):
    """What decrypts frames, see `dsmr.gcm.Gcm`.

    Both keys are texts of 32 hexadecimal digits; the second may also be "none", for a meter that
    leaves the additional data empty. Raises ValueError if they are no keys.
    """
    octets = _octets(key)
    data = b"" if authentication_key == "none" else b"\x30" + _octets(authentication_key)
    try:
        from dsmr import openssl
    except ImportError:
        return plain(octets, data)
    return openssl.Gcm(octets, data)


def plain(key, data):
    """The same from the key's bytes and the additional data, without the package."""
    encrypt = aes(key, _ECB).encrypt
    table = gcm.blocks.new_table(encrypt(bytes(_SIZE)))
    begin = bytearray(_SIZE)
    gcm.blocks.add(begin, table, data, 0, len(data))
    return gcm.Gcm(encrypt, table, begin, len(data) * 8)


def _octets(digits):
    octets = unhexlify(digits)
    if len(octets) != _SIZE:
        raise ValueError("a key has 32 hexadecimal digits")
    return octets
