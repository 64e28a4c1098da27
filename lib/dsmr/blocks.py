"""The loops of AES-GCM over blocks of 16 bytes, in plain Python.

`dsmr.native.blocks` has the same functions as machine code. NIST SP 800-38D says what they do:
GHASH in clause 6.4, the product of two blocks in 6.3, counters in 6.2 and 6.5.

In a block the first bit stands for x**0 and the last for x**127, so that a product with x shifts
to the right. A product is found by halves of bytes: the table of a key has its product with each
of the sixteen, and four shifts lie between two halves. Here a block is five numbers of 16, 28, 28,
28 and 28 bits, which need no memory where words have 32 bits.
"""

_LOW = 0xFFFFFFF

# What comes back in at the front when a half of a byte is shifted out: its product with x**128,
# which is x**7 + x**2 + x + 1.
_BACK = [half << 5 ^ half << 10 ^ half << 11 ^ half << 12 for half in range(16)]


def new_table(key):
    """The products of a key, which is a block, with all halves of bytes."""
    columns = tuple([0] * 16 for _ in range(5))
    number = int.from_bytes(key, "big")
    products = [0] * 16
    half = 8
    while half:
        products[half] = number
        for other in range(half + half, 16, half + half):
            products[half + other] = number ^ products[other]
        number = number >> 1 ^ (number & 1) * (0xE1 << 120)
        half >>= 1
    for half in range(16):
        number = products[half]
        for column in range(4, 0, -1):
            columns[column][half] = number & _LOW
            number >>= 28
        columns[0][half] = number
    return columns


def add(state, table, data, start, end):
    """Carry GHASH on over data[start:end], to which zeros are added up to a whole block.

    state: a bytearray of 16 bytes, zeros at first; table: that of the key.
    """
    # Written out, without loops over tuples, so that nothing is left to be collected.
    first, second, third, fourth, fifth = table
    back = _BACK
    while start < end:
        a = b = c = d = e = 0
        for i in range(15, -1, -1):
            byte = state[i]
            if start + i < end:
                byte ^= data[start + i]
            half = byte & 15
            out = e & 15
            e = (e >> 4 | (d & 15) << 24) ^ fifth[half]
            d = (d >> 4 | (c & 15) << 24) ^ fourth[half]
            c = (c >> 4 | (b & 15) << 24) ^ third[half]
            b = (b >> 4 | (a & 15) << 24) ^ second[half]
            a = a >> 4 ^ back[out] ^ first[half]
            half = byte >> 4
            out = e & 15
            e = (e >> 4 | (d & 15) << 24) ^ fifth[half]
            d = (d >> 4 | (c & 15) << 24) ^ fourth[half]
            c = (c >> 4 | (b & 15) << 24) ^ third[half]
            b = (b >> 4 | (a & 15) << 24) ^ second[half]
            a = a >> 4 ^ back[out] ^ first[half]
        state[0] = a >> 8
        state[1] = a & 0xFF
        # Two numbers of 28 bits are seven bytes.
        state[2] = b >> 20
        state[3] = b >> 12 & 0xFF
        state[4] = b >> 4 & 0xFF
        state[5] = (b & 15) << 4 | c >> 24
        state[6] = c >> 16 & 0xFF
        state[7] = c >> 8 & 0xFF
        state[8] = c & 0xFF
        state[9] = d >> 20
        state[10] = d >> 12 & 0xFF
        state[11] = d >> 4 & 0xFF
        state[12] = (d & 15) << 4 | e >> 24
        state[13] = e >> 16 & 0xFF
        state[14] = e >> 8 & 0xFF
        state[15] = e & 0xFF
        start += 16


def count(blocks, size, nonce, number):
    """Fill blocks[:size] with counter blocks: the nonce of 12 bytes and a number that grows."""
    for at in range(0, size, 16):
        blocks[at : at + 12] = nonce
        blocks[at + 12] = 0
        blocks[at + 13] = 0
        blocks[at + 14] = number >> 8 & 0xFF
        blocks[at + 15] = number & 0xFF
        number += 1


def xor(target, start, end, stream, at):
    """Add stream[at:] to target[start:end], bit by bit."""
    for i in range(start, end):
        target[i] ^= stream[at]
        at += 1
