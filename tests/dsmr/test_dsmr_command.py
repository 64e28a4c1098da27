"""`python -m dsmr` and `micropython -m dsmr`, as a person uses them on a capture."""

import json
import os
import select
import subprocess
import sys

import pytest
import under_micropython
from dsmr_cases import (
    DSMR5_EVENT,
    DSMR5_TELEGRAM,
    DSMR30_TELEGRAM,
    S211_EVENT,
    S211_TELEGRAM,
    SMALL_EVENT,
    SMALL_TELEGRAM,
    SWEDEN_WITHOUT_CRC,
    short,
)
from under_micropython import ROOT

DAMAGED = SMALL_TELEGRAM.replace(b"123", b"124")


def environment(**more):
    # MicroPython finds what it imports by the one name, CPython by the other.
    return {
        **os.environ,
        "PYTHONPATH": str(ROOT / "lib"),
        "MICROPYPATH": str(ROOT / "lib"),
        **more,
    }


@pytest.fixture(params=("python", "micropython"))
def python(request):
    return sys.executable if request.param == "python" else under_micropython.command()


@pytest.fixture
def dsmr(python, tmp_path):
    """Run the command with arguments and standard input; dicts are files: {name: contents}."""

    def run(*arguments, stdin=b"", files=None, **more):
        for name, contents in (files or {}).items():
            (tmp_path / name).write_bytes(contents)
        return subprocess.run(
            [python, "-m", "dsmr", *arguments],
            input=stdin,
            cwd=tmp_path,
            env=environment(**more),
            capture_output=True,
            timeout=60,
        )

    return run


def events(done):
    return [short(line) for line in done.stdout.decode().splitlines()]


@pytest.mark.parametrize("option", ("--help", "-h"))
def test_help(dsmr, option):
    done = dsmr(option, "missing.txt")
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.startswith(b"usage: python -m dsmr [OPTION ...] [FILE ...]\n")
    for word in (
        b"--no-crc",
        b"--help",
        b'"event": "telegram"',
        b'"event": "rejected"',
        b"exit code",
    ):
        assert word in done.stdout


@pytest.mark.parametrize("option", ("--crc", "-x", "--no-crc=1", "--"))
def test_unknown_option(dsmr, option):
    done = dsmr(option, stdin=SMALL_TELEGRAM)
    assert (done.returncode, done.stdout) == (2, b"")
    assert option.encode() in done.stderr and b"--help" in done.stderr


def test_a_good_file(dsmr):
    done = dsmr("a.txt", files={"a.txt": DSMR5_TELEGRAM})
    assert (done.returncode, done.stderr) == (0, b"")
    assert events(done) == [DSMR5_EVENT]


def test_the_line_of_a_telegram_and_of_a_rejection(dsmr):
    """To the letter, as others parse it."""
    done = dsmr(
        stdin=b'/TST5 "T\r\n\r\n1-0:1.7.0(00.244*kW)\r\n0-0:9.9.9(1)\r\nx\r\n!\r\n' + DAMAGED
    )
    assert done.stdout.decode() == (
        '{"event": "telegram", "crc": null, "fields": {'
        '"identification":{"value":"TST5 \\"T","unit":"String"}, '
        '"device_name":{"value":"TST","unit":"String"}, '
        '"device_id":{"value":"\\"T","unit":"String"}, '
        '"total_power_used":{"value":244,"unit":"Watt"}}, '
        '"problems": [{"obis": "0-0:9.9.9", "reason": "unknown object"}, '
        '{"obis": "x", "reason": "malformed"}]}\n'
        '{"event": "rejected", "reason": "crc", "bytes": %d}\n' % len(DAMAGED)
    )
    assert done.returncode == 1


def test_several_files_one_after_the_other(dsmr):
    files = {"a.txt": S211_TELEGRAM + DSMR5_TELEGRAM, "b.txt": SMALL_TELEGRAM}
    done = dsmr("b.txt", "a.txt", "b.txt", files=files)
    assert events(done) == [SMALL_EVENT, S211_EVENT, DSMR5_EVENT, SMALL_EVENT]
    assert (done.returncode, done.stderr) == (0, b"")


def test_a_file_that_ends_in_a_telegram_does_not_run_into_the_next(dsmr):
    files = {"a.txt": SMALL_TELEGRAM[:50], "b.txt": SMALL_TELEGRAM[50:]}
    done = dsmr("a.txt", "b.txt", files=files)
    assert events(done) == [{"event": "rejected", "reason": "truncated", "bytes": 50}]
    assert done.returncode == 1


@pytest.mark.parametrize("arguments", ((), ("-",)), ids=("no file", "-"))
def test_standard_input(dsmr, arguments):
    done = dsmr(*arguments, stdin=DSMR5_TELEGRAM + SMALL_TELEGRAM)
    assert events(done) == [DSMR5_EVENT, SMALL_EVENT]
    assert (done.returncode, done.stderr) == (0, b"")


def test_standard_input_among_files(dsmr):
    done = dsmr("a.txt", "-", stdin=DSMR5_TELEGRAM, files={"a.txt": SMALL_TELEGRAM})
    assert events(done) == [SMALL_EVENT, DSMR5_EVENT]


def test_anything_rejected_makes_the_exit_code_1(dsmr):
    files = {"a.txt": DAMAGED, "b.txt": SMALL_TELEGRAM}
    for order in (("a.txt", "b.txt"), ("b.txt", "a.txt")):
        done = dsmr(*order, files=files)
        assert done.returncode == 1
        assert len(events(done)) == 2
        assert {"event": "rejected", "reason": "crc", "bytes": len(DAMAGED)} in events(done)


@pytest.mark.parametrize("data", (b"", b"no telegram\r\n"), ids=("empty", "noise"))
def test_a_file_without_a_telegram_makes_the_exit_code_1(dsmr, data):
    done = dsmr("a.txt", files={"a.txt": data})
    assert (done.returncode, done.stdout) == (1, b"")
    assert done.stderr == b"dsmr: no telegram found\n"


def test_a_missing_file_makes_the_exit_code_2(dsmr):
    done = dsmr("a.txt", "missing.txt", "a.txt", files={"a.txt": SMALL_TELEGRAM})
    assert done.returncode == 2
    assert events(done) == [SMALL_EVENT]
    assert done.stderr.startswith(b"dsmr: cannot read missing.txt: ")


def test_a_folder_makes_the_exit_code_2(dsmr, tmp_path):
    (tmp_path / "folder").mkdir()
    done = dsmr("folder")
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr.startswith(b"dsmr: cannot read folder: ")


def test_no_crc(dsmr):
    files = {"a.txt": SWEDEN_WITHOUT_CRC}
    done = dsmr("a.txt", files=files)
    assert done.returncode == 1
    assert events(done) == [
        {"event": "rejected", "reason": "no crc", "bytes": len(SWEDEN_WITHOUT_CRC)}
    ]
    for arguments in (("--no-crc", "a.txt"), ("a.txt", "--no-crc")):
        done = dsmr(*arguments)
        assert done.returncode == 0
        assert [event["crc"] for event in events(done)] == [None]
    assert dsmr("--no-crc", stdin=DAMAGED).returncode == 1
    assert dsmr(stdin=DSMR30_TELEGRAM).returncode == 0


def test_line_ends_that_became_lf_are_restored(dsmr):
    data = DSMR5_TELEGRAM + S211_TELEGRAM + DAMAGED + DSMR30_TELEGRAM
    files = {"crlf.txt": data, "lf.txt": data.replace(b"\r", b"")}
    crlf, lf = dsmr("crlf.txt", files=files), dsmr("lf.txt")
    assert lf.stdout == crlf.stdout
    assert len(events(lf)) == 4


@pytest.mark.parametrize("before", (b"\n", b"noise\n", b"\x00\n\xff", b"kW)\n!1234\n"))
def test_an_lf_before_the_first_telegram_changes_nothing(dsmr, before):
    """A port is joined anywhere, also between a CR and its LF."""
    done = dsmr(stdin=before + DSMR5_TELEGRAM)
    assert events(done) == [DSMR5_EVENT]


def test_files_of_unlike_line_ends(dsmr):
    data = SMALL_TELEGRAM.replace(b"\r", b"") + DSMR5_TELEGRAM + S211_TELEGRAM.replace(b"\r", b"")
    assert events(dsmr(stdin=data)) == [SMALL_EVENT, DSMR5_EVENT, S211_EVENT]


def test_the_output_is_utf_8_whatever_the_locale(dsmr):
    data = b"/TST5 \xe9\r\n\r\n1-0:1.7.0(00.244*kW)\r\n!\r\n"
    done = dsmr(stdin=data, LC_ALL="C", PYTHONIOENCODING="ascii", PYTHONUTF8="0")
    assert (done.returncode, done.stderr) == (0, b"")
    event = json.loads(done.stdout.decode("utf-8"))
    assert event["fields"]["identification"]["value"] == "TST5 \xe9"


def test_a_live_pipe_is_answered_at_once():
    """Of CPython only: MicroPython's read() waits for as many bytes as it asked for."""
    process = subprocess.Popen(
        [sys.executable, "-m", "dsmr"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=environment(),
    )
    try:
        for _ in range(3):
            process.stdin.write(SMALL_TELEGRAM)
            process.stdin.flush()
            assert select.select([process.stdout], [], [], 20)[0], "nothing printed"
            assert short(process.stdout.readline()) == SMALL_EVENT
        process.stdin.close()
        assert process.stdout.read() == b""
        assert process.wait(20) == 0
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
