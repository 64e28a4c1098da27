"""The head of an HTTP request: request line and headers (RFC 9112).

Only what is used is looked at. Nothing here waits or raises: bytes in, a head or an error's status
out.
"""

from dsmr.const import const

# Bytes of the longest head. Those of Prometheus and curl are under 400, a browser's under 1,000;
# more is meant for somebody else, or for harm. errors.tsv says the number too.
_MAX_HEAD = const(2048)

# As they are looked for, and as they are called afterwards.
_NAMES = (
    (b"\r\naccept:", "Accept"),
    (b"\r\nhost:", "Host"),
    (b"\r\nauthorization:", "Authorization"),
)

# Digits of a body's length that may be one.
_DIGITS = const(9)


def parse(data):
    """(method, target, version, headers, whether a body follows) of the bytes that have come.

    None while the head has not come to its end; a number is the status of the error to answer
    with. What comes after the head is passed over.
    """
    if data and not 65 <= data[0] <= 90:
        # A method begins with a capital letter; a client that wants TLS, with byte 22.
        return 400
    end = data.find(b"\r\n\r\n") + 2
    if end < 2:
        # As a person types it (RFC 9112, clause 2.2).
        end = data.find(b"\n\n") + 1
        if end:
            data = data[:end].replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
            end = len(data)
    if (end or len(data)) > _MAX_HEAD:
        return 431
    if not end:
        return None
    lower = data[:end].lower()
    headers = {}
    try:
        method, target, version = data[: data.find(b"\r\n")].decode().split(" ")
        for wanted, name in _NAMES:
            if wanted in lower:
                headers[name] = _value(data, lower, wanted).decode()
    except ValueError:
        # Not three words, or no UTF-8.
        return 400
    if not (method.isalpha() and target and version.startswith("HTTP/1.")):
        return 400
    body = b"\r\ntransfer-encoding:" in lower
    if b"\r\ncontent-length:" in lower:
        length = _value(data, lower, b"\r\ncontent-length:")
        if not length.isdigit() or len(length) > _DIGITS:
            return 400
        body = body or length.strip(b"0") != b""
    return method, target, version, headers, body


def _value(data, lower, name):
    """What the first header of this name says."""
    begin = lower.find(name) + len(name)
    return data[begin : lower.find(b"\r\n", begin)].strip()
