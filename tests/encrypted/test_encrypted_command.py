"""`python -m dsmr` with keys, under both Pythons; and what is loaded without them."""

import os
import subprocess
import sys

import pytest
import under_micropython
from frame_cases import FRAME, KEY, NEXT, SMALL_CRC, T211_CRC, events
from telegrams import SMALL, telegram
from under_micropython import ROOT

from sim.encryption import wrap

BARE = wrap(telegram(*SMALL), 1, authentication_key=b"")


@pytest.fixture(params=("python", "micropython"))
def dsmr(request, tmp_path):
    """A function that runs the command on bytes, with arguments; what it did."""
    python = sys.executable if request.param == "python" else under_micropython.command()
    library = str(ROOT / "lib")

    def run(data, *arguments):
        return subprocess.run(
            [python, "-m", "dsmr", *arguments],
            input=data,
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": library, "MICROPYPATH": library},
            capture_output=True,
            timeout=60,
        )

    return run


def test_with_a_key_frames_are_telegrams(dsmr):
    done = dsmr(FRAME + NEXT, "--decryption-key", KEY.hex().upper())
    assert (done.returncode, done.stderr) == (0, b"")
    assert events(done.stdout) == [SMALL_CRC, T211_CRC]


def test_without_a_key_frames_are_rejected(dsmr):
    done = dsmr(FRAME + NEXT)
    assert (done.returncode, done.stderr) == (1, b"")
    assert events(done.stdout) == [("encrypted", len(FRAME)), ("encrypted", len(NEXT))]


def test_the_authentication_key_may_be_none(dsmr):
    key = ["--decryption-key", KEY.hex()]
    assert events(dsmr(BARE, *key, "--authentication-key", "none").stdout) == [SMALL_CRC]
    assert events(dsmr(BARE, *key).stdout) == [("tag", len(BARE))]


@pytest.mark.parametrize(
    "arguments, words",
    [
        (["--decryption-key", "1234"], b"a key has 32 hexadecimal digits"),
        (["--decryption-key", "x" * 32], b"a key has 32 hexadecimal digits"),
        (["--decryption-key", ""], b"a key has 32 hexadecimal digits"),
        (["--decryption-key"], b"--decryption-key must be followed by a key"),
        (
            ["--decryption-key", KEY.hex(), "--authentication-key", "no"],
            b"a key has 32 hexadecimal digits",
        ),
        (["--authentication-key"], b"--authentication-key must be followed by a key"),
    ],
)
def test_what_is_no_key_is_said(dsmr, arguments, words):
    done = dsmr(FRAME, *arguments)
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr.startswith(b"dsmr: " + words)
    assert done.stderr.count(b"\n") == 1


def test_line_ends_in_frames_are_left_alone(dsmr):
    # What has lost its CR gets it back, but for what stands behind a frame's header.
    text = telegram(*SMALL).replace(b"\r\n", b"\n")
    data = text + b"/TST5\n" + wrap(b"/\n\n\n" + telegram(*SMALL), 3) * 20
    done = dsmr(data, "--decryption-key", KEY.hex())
    assert events(done.stdout) == [SMALL_CRC] * 21


# --- What is loaded

_SCRIPT = """
import sys
from dsmr import TelegramParser
parser = TelegramParser()
for data in (%r, %r, %r):
    parser.receive_data(data)
    while parser.next_event() is not None:
        pass
    names = [name[5:] for name in sys.modules if name.startswith("dsmr.")]
    found = ("frames", "gcm", "keys", "blocks", "native.blocks", "aes", "openssl")
    print(",".join([name for name in found if name in names]) or "none")
"""


def test_what_reads_frames_is_loaded_when_one_comes_and_then_unloaded(interpreter):
    plain = telegram(*SMALL)
    done = under_micropython.run("-c", _SCRIPT % (plain, FRAME, plain), interpreter=interpreter)
    assert done.stdout.split() == [b"none", b"frames", b"none"], done.stderr
