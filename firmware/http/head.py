"""The head of an HTTP request: request line and headers (RFC 9112).

Only what is used is looked at. Nothing here waits or raises: bytes in, a head or an error's status
out.
"""

from dsmr.const import const

# Bytes of the longest head. Those of Prometheus and curl are under 400, a browser's under 1,000;
# more is meant for somebody else, or for harm. errors.tsv says the number too.
_MAX_HEAD = const(2048)

# The headers that are kept, as they are looked for.
_NAMES = (
    "Accept",
    "Host",
    "Authorization",
    "Content-Length",
    "Content-Type",
    "Origin",
    "If-None-Match",
    "If-Modified-Since",
)

# Digits of a body's length that may be one.
_DIGITS = const(9)


def is_over(data):
    """Whether so much has come that `parse` has something to say: all of a head, or no head."""
    return (
        not 65 <= data[0] <= 90
        or data.find(b"\r\n\r\n") >= 0
        or data.find(b"\n\n") >= 0
        or len(data) > _MAX_HEAD
    )


def parse(data):
    """(method, target, version, headers, whether a body follows) of the bytes that have come.

    None while the head has not come to its end; a number is the status of the error to answer
    with. What comes after the head is passed over. target begins with "/" and ends without one,
    as paths mean the same with and without, or it is "*".
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
        for name in _NAMES:
            begin = lower.find(b"\r\n" + name.lower().encode() + b":")
            if begin >= 0:
                begin += len(name) + 3
                headers[name] = data[begin : lower.find(b"\r\n", begin)].strip().decode()
    except ValueError:
        # Not three words, or no UTF-8.
        return 400
    if not (method.isalpha() and target and version.startswith("HTTP/1.")):
        return 400
    body = b"\r\ntransfer-encoding:" in lower
    length = headers.get("Content-Length")
    if length is not None:
        # CPython's isdigit() also knows digits that int() does not.
        if not length or length.strip("0123456789") or len(length) > _DIGITS:
            return 400
        body = body or length.strip("0") != ""
    return method, _path(target, headers), version, headers, body


def _path(target, headers):
    """The target as path and query. In absolute form its host counts (RFC 9112, clause 3.2.2)."""
    if target.lower().startswith("http://"):
        host, slash, rest = target[7:].partition("/")
        headers["Host"] = host
        target = slash + rest or "/"
    path, mark, query = target.partition("?")
    return (path.rstrip("/") or "/") + mark + query
