"""Captures of real encrypted meters: read as what is in them, under both Pythons."""

import os
import subprocess
import sys

import encrypted_captures
import pytest
import under_micropython

from dsmr import Rejected, TelegramParser
from dsmr import keys as parser_keys


@pytest.fixture(params=encrypted_captures.paths(), ids=lambda path: path.stem)
def capture(request):
    return encrypted_captures.require(request.param)


def read(data, size, keys=None):
    """All events of a stream that comes in chunks of `size` bytes: texts or (reason, bytes)."""
    parser = TelegramParser()
    if keys:
        parser.expect_frames(parser_keys.make(*keys))
    found = []
    for chunk in [*(data[at : at + size] for at in range(0, len(data), size)), b""]:
        parser.receive_data(chunk)
        while (event := parser.next_event()) is not None:
            is_rejected = isinstance(event, Rejected)
            found.append(tuple(event) if is_rejected else bytes(event.raw))
    assert parser.bytes_pending == 0
    return found


@pytest.mark.parametrize("size", (1, 100, 65536), ids=("byte by byte", "by 100", "whole"))
def test_a_capture_gives_its_plaintext(capture, size):
    data = capture.read_bytes()
    keys = encrypted_captures.keys(capture)
    assert read(data, size, keys) == [encrypted_captures.plaintext(capture)]


def test_a_capture_without_its_key_is_one_rejection(capture):
    data = capture.read_bytes()
    assert read(data, 100) == [("encrypted", len(data))]


def test_a_capture_with_another_key_is_one_rejection(capture):
    data = capture.read_bytes()
    key, authentication = encrypted_captures.keys(capture)
    other = "%032X" % (int(key, 16) ^ 1)
    assert read(data, 100, (other, authentication)) == [("tag", len(data))]
    assert read(data, 100, (key, "none")) == [("tag", len(data))]


def test_both_pythons_print_of_a_capture_what_its_plaintext_gives(capture, interpreter):
    key, authentication = encrypted_captures.keys(capture)
    options = ["--decryption-key", key, "--authentication-key", authentication]
    plain = capture.with_name(capture.stem + ".plain.txt")
    library = str(under_micropython.ROOT / "lib")
    printed = [
        subprocess.run(
            [*command, "-m", "dsmr", *arguments],
            env={**os.environ, "PYTHONPATH": library, "MICROPYPATH": library},
            capture_output=True,
            timeout=60,
        )
        for command, arguments in (
            ([sys.executable], [str(plain)]),
            ([sys.executable], [*options, str(capture)]),
            (interpreter.command, [*options, str(capture)]),
        )
    ]
    assert [one.returncode for one in printed] == [0, 0, 0], printed
    assert printed[0].stdout == printed[1].stdout == printed[2].stdout
