"""The messages of an update: made with a key, and believed only with it."""

import hashlib
import hmac

import pytest

from firmware.update import message

KEY = bytes(range(16))
NONCE = "ab" * 16


@pytest.mark.parametrize("text, data", [(b"", b""), (b"text", b""), (b"a" * 200, bytes(1024))])
def test_the_mac_is_hmac_sha256(text, data):
    right = hmac.new(KEY, text + data, hashlib.sha256).hexdigest()
    assert message.mac(KEY, text, data) == right.encode()


def test_a_message_comes_out_as_it_went_in():
    body = message.make(KEY, NONCE, 7, ["put", "3", "1024"], b"\x00\n\xff" * 9)
    nonce, number, words, data = message.parse(KEY, body)
    assert (nonce, number, words) == (NONCE, 7, ["put", "3", "1024"])
    assert bytes(data) == b"\x00\n\xff" * 9


def test_the_longest_message_fits_into_what_the_web_server_takes():
    words = ["put", "999", "999999"]
    assert len(message.make(KEY, NONCE, 99999, words, bytes(message.MOST_DATA))) < 1536


def test_a_message_with_any_byte_changed_is_not_believed():
    body = message.make(KEY, NONCE, 1, ["begin", "x"], b"data")
    for place in range(len(body)):
        if place == 64:
            continue  # the blank between the MAC and the text says nothing
        changed = bytearray(body)
        changed[place] ^= 1
        assert message.parse(KEY, bytes(changed)) is None, place


@pytest.mark.parametrize("size", [0, 1, 64, 65, 66, 70])
def test_a_message_that_was_cut_is_not_believed(size):
    body = message.make(KEY, NONCE, 1, ["status"])
    assert message.parse(KEY, body[:size]) is None


def test_another_key_is_not_believed():
    assert message.parse(bytes(16), message.make(KEY, NONCE, 1, ["status"])) is None


@pytest.mark.parametrize("text", ["", "ab" * 15, "ab" * 17, "xy" * 16, "ab " * 16, "a" * 31])
def test_a_key_that_is_none(text):
    assert message.parse_key(text) is None


def test_a_key_with_a_line_end():
    assert message.parse_key("ab" * 16 + "\r\n") == b"\xab" * 16
