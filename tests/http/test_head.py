"""The head of a request: what of it is used, what is refused, and that no bytes do harm."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware.http.accept import prefers_text
from firmware.http.head import is_over, parse

#: The headers that are kept.
KEPT = {
    *("Accept", "Host", "Authorization", "Content-Length", "Content-Type"),
    *("Origin", "If-None-Match"),
}


@pytest.mark.parametrize(
    "data, expected",
    [
        (b"GET / HTTP/1.1\r\n\r\n", ("GET", "/", "HTTP/1.1", {}, False)),
        (b"GET / HTTP/1.0\n\n", ("GET", "/", "HTTP/1.0", {}, False)),
        (b"GET / HTTP/1.0\r\n\nrest", ("GET", "/", "HTTP/1.0", {}, False)),
        (
            b"GET /metrics?format=json HTTP/1.1\r\nhost:  a \r\nACCEPT: b\r\nUser-Agent: c\r\n"
            b"Authorization: d\r\n\r\nGET / HTTP/1.1\r\nHost: e\r\n\r\n",
            (
                "GET",
                "/metrics?format=json",
                "HTTP/1.1",
                {"Host": "a", "Accept": "b", "Authorization": "d"},
                False,
            ),
        ),
        (
            b"POST / HTTP/1.1\r\nContent-Length: 007\r\n\r\n",
            ("POST", "/", "HTTP/1.1", {"Content-Length": "007"}, True),
        ),
        (
            b"GET / HTTP/1.1\r\nContent-Length: 00\r\n\r\n",
            ("GET", "/", "HTTP/1.1", {"Content-Length": "00"}, False),
        ),
        (b"GET / HTTP/1.1\r\nTransfer-Encoding: x\r\n\r\n", ("GET", "/", "HTTP/1.1", {}, True)),
        (b"OPTIONS * HTTP/1.1\r\n\r\n", ("OPTIONS", "*", "HTTP/1.1", {}, False)),
        (b"", None),
        (b"GET / HTTP/1.1\r\nHost: a\r\n", None),
        (b"G" * 2048, None),
        (b"G" * 2049, 431),
        (b"GET / HTTP/1.1\r\n" + b"a: b\r\n" * 400 + b"\r\n", 431),
        (b"\x16\x03\x01", 400),
        (b"\r\n\r\n", 400),
        (b"GET /\r\n\r\n", 400),
        (b"GET  / HTTP/1.1\r\n\r\n", 400),
        (b"GET /\xff HTTP/1.1\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: \xff\r\n\r\n", 400),
        (b"PRI * HTTP/2.0\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nContent-Length: many\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nContent-Length:\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nContent-Length: ²\r\n\r\n".encode(), 400),
        ("GET / HTTP/1.1\r\nContent-Length: ٣\r\n\r\n".encode(), 400),
    ],
)
@pytest.mark.parametrize("kind", [bytes, bytearray])
def test_heads(data, expected, kind):
    assert parse(kind(data)) == expected
    assert not data or is_over(kind(data)) == (expected is not None)


@pytest.mark.parametrize(
    "sent, target",
    [
        ("/metrics", "/metrics"),
        ("/metrics/", "/metrics"),
        ("/metrics//", "/metrics"),
        ("/api/v1/data/", "/api/v1/data"),
        ("/metrics/?format=json", "/metrics?format=json"),
        ("/metrics?format=json/", "/metrics?format=json/"),
        ("/", "/"),
        ("//", "/"),
        ("/?a=/", "/?a=/"),
        ("/?", "/?"),
    ],
)
def test_a_path_means_the_same_with_a_slash_at_its_end_and_without(sent, target):
    assert parse(b"GET %s HTTP/1.1\r\n\r\n" % sent.encode())[1] == target


@pytest.mark.parametrize(
    "sent, target, host",
    [
        ("http://192.168.1.5/metrics", "/metrics", "192.168.1.5"),
        ("HTTP://Meter.lan:8080/metrics/?a=b", "/metrics?a=b", "Meter.lan:8080"),
        ("http://meter.lan/", "/", "meter.lan"),
        ("http://meter.lan", "/", "meter.lan"),
        ("http://evil.example//metrics?http://meter.lan/", "//metrics?http://meter.lan/", None),
        ("https://meter.lan/metrics", "https://meter.lan/metrics", "sent"),
        ("/http://meter.lan/metrics", "/http://meter.lan/metrics", "sent"),
    ],
)
def test_in_the_absolute_form_the_host_is_that_of_the_target(sent, target, host):
    """RFC 9112, clause 3.2.2: whatever the header says."""
    head = parse(b"GET %s HTTP/1.1\r\nHost: sent\r\n\r\n" % sent.encode())
    assert (head[1], head[3]["Host"]) == (target, host or "evil.example")


PIECES = st.sampled_from(
    [b"GET ", b"/", b" HTTP/1.1", b"\r\n", b"\n", b"\r\n\r\n", b"Host:", b"Accept: ", b"?a=%"]
    + [b"Content-Length: ", b"-1", b"Transfer-Encoding: chunked", b" ", b"\xff", b"x" * 700]
    + [b"http://", b"HTTP://a.b:80/", b"//", b"*"]
)
DATA = st.one_of(st.binary(max_size=3000), st.lists(PIECES, max_size=40).map(b"".join))


@given(DATA)
def test_any_bytes_are_a_head_or_an_error_or_not_all(data):
    head = parse(data)
    assert not data or is_over(data) == (head is not None)
    if isinstance(head, tuple):
        method, target, version, headers, body = head
        assert method.isalpha() and target and version.startswith("HTTP/1.")
        assert set(headers) <= KEPT
        assert isinstance(body, bool)
    elif head is None:
        assert len(data) <= 2048
    else:
        assert head in (400, 431)


@given(DATA, DATA)
def test_what_is_decided_stays_so_when_more_comes(data, more):
    head = parse(data)
    if head is not None:
        later = parse(data + more)
        # A head that ends with LF only may turn out to be the beginning of one with CR LF.
        assert later == head or b"\n\n" in data


@pytest.mark.parametrize(
    "accept, text",
    [
        (None, False),
        ("", False),
        ("*/*", False),
        ("text/plain", True),
        ("text/plain;q=0.5, application/json;q=0.500", False),
        ("text/plain;q=0.501, application/json;q=0.5", True),
        ("text/plain;q=.9, application/json;q=1", False),
        ("text/plain;q=, application/json;q=0", False),
        ("text/plain;q=1e3, application/json;q=0.001", False),
        ("text/*;q=0.2, */*;q=0.1", True),
        # CPython's isdigit() knows digits that int() does not, and int() such as are no ASCII.
        ("text/plain;q=0.²", False),
        ("text/plain;q=²", False),
        ("text/plain;q=0.٣", False),
        ("text/plain;q=0.-1", False),
        ("text/plain;q=0._1", False),
        ("application/json;q=0.², text/plain;q=0.1", True),
    ],
)
def test_what_a_client_would_rather_have(accept, text):
    assert prefers_text(accept) is text


@given(st.text(alphabet="textplainjso/;q=.,0123456789²٣ -_+*", max_size=60))
def test_any_text_is_a_preference(accept):
    assert prefers_text(accept) in (True, False)
