"""Modbus TCP, the side that is asked: frames with requests to read registers, and their answers.

Nothing here waits or sends: bytes in, bytes out. The clauses are those of "MODBUS Application
Protocol Specification V1.1b3" (AP), and of "MODBUS Messaging on TCP/IP Implementation Guide V1.0b"
(IG).

A frame is a header of seven bytes and the PDU: transaction (2), protocol, which is 0 (2), number
of the bytes that follow (2), unit (1); function (1), data (IG, clause 3.1.3).
"""

from dsmr.const import const

#: Bytes of the longest frame (IG, clause 4.1).
LONGEST = 260

#: The functions that read holding registers and input registers (AP, clauses 6.3 and 6.4).
HOLDING = 3
INPUT = 4

#: Exceptions (AP, clause 7): the function is not known; there is no such register; the request is
#: wrong in itself; the values cannot be had now.
WRONG_FUNCTION = 1
WRONG_ADDRESS = 2
WRONG_VALUE = 3
FAILURE = 4

# The most registers that one request may ask for (AP, clause 6.3).
_MOST = const(125)


def size_of(received):
    """Bytes of the first frame in the bytes that have come; 0 while some of it is missing.

    -1 if this is no Modbus. Where the next frame begins nobody knows then, and the connection is
    of no more use (IG, clause 4.4.2.2).
    """
    if len(received) < 6:
        return 0
    length = received[4] << 8 | received[5]
    if received[2] or received[3] or length < 2 or length + 6 > LONGEST:
        return -1
    return length + 6 if len(received) >= length + 6 else 0


def parse(request):
    """(function, first register, number of registers) of a whole frame.

    An exception's number instead, where it is no request to read registers.
    """
    function = request[7]
    if function != HOLDING and function != INPUT:
        return WRONG_FUNCTION
    if len(request) != 12 or request[10] or not 0 < request[11] <= _MOST:
        return WRONG_VALUE
    return function, request[8] << 8 | request[9], request[11]


def answer(request, registers):
    """The answer to a request with the bytes of the registers."""
    size = len(registers)
    return request[:4] + bytes((0, size + 3)) + request[6:8] + bytes((size,)) + registers


def refusal(request, exception):
    """The answer to a request with an exception."""
    return request[:4] + bytes((0, 3, request[6], request[7] | 0x80, exception))


def single(number, divisor):
    """The 32 bits of the IEEE 754 single that is nearest to number / divisor, as an integer.

    It is made with integers, as a board's own floats are singles: the quotient of two of them
    would have been rounded twice. Where two are as near, it is the even one. The value must be 0,
    or its size between 2**-126 and 2**128.
    """
    if not number:
        return 0
    sign = 0
    if number < 0:
        sign = 0x80000000
        number = -number
    # Make it a fraction between 1 and 2, and count by how many powers of two it is off.
    exponent = 0
    while number >= 2 * divisor:
        divisor <<= 1
        exponent += 1
    while number < divisor:
        number <<= 1
        exponent -= 1
    mantissa, rest = divmod(number << 23, divisor)
    if 2 * rest > divisor or (2 * rest == divisor and mantissa & 1):
        mantissa += 1
    # The mantissa's leading bit adds one to the exponent, and where it was rounded up to 2, two.
    return sign + ((exponent + 126) << 23) + mantissa
