"""The live page: one gzipped file, and the headers to send with it. Loaded for each request.

host/page.py makes both of what stands in firmware/http/page, as the tree is built.
"""

from microdot import Response

_BODY = "/page.html.gz"
_HEADERS = "/page.headers"

#: Bytes of the file that are read at once: a small block is found where memory is short.
_PIECE = 256


def page(request, folder):
    """The response with the page, or that the browser has it already. folder: of its files."""
    headers = {}
    with open(folder + _HEADERS) as lines:
        for line in lines:
            name, _, value = line.strip().partition(": ")
            headers[name] = value
    # With HTTP/1.0, Chromium does not send back the ETag but the date (RFC 9110, clause 13.2.2).
    tag = request.headers.get("If-None-Match")
    date = request.headers.get("If-Modified-Since")
    if tag == headers["ETag"] or (tag is None and date == headers["Last-Modified"]):
        return Response(b"", 304, headers, "Not Modified")
    return Response(_pieces(folder + _BODY), 200, headers)


def _pieces(path):
    with open(path, "rb") as file:
        while True:
            piece = file.read(_PIECE)
            if not piece:
                return
            yield piece
