"""What a fuzzer found once, for ever; and a short run of it, in which it finds nothing."""

import platform
import re
import struct
import subprocess
import sys
from pathlib import Path

import pytest

from fuzz import http_side, inputs, oracle
from fuzz.command import FOUND, compare
from sim.faults import arrived
from sim.telegram import crc16, seal

HERE = Path(__file__).parent

SEEDS = inputs.seeds()


def found(name):
    files = sorted(FOUND.glob(name + "-*"))
    return [pytest.param(path.read_bytes(), id=path.name) for path in files]


@pytest.mark.parametrize("data", found("parser"))
def test_what_was_found_in_the_parser_holds(data):
    stream, how = inputs.decode(data)
    oracle.check(stream, **how)


def test_both_pythons_read_what_was_found_alike():
    assert compare([(path.name, path.read_bytes()) for path in FOUND.glob("parser-*")]) == []


def test_every_seed_holds():
    assert len(SEEDS) > 500
    for data in SEEDS.values():
        stream, how = inputs.decode(data)
        oracle.check(stream, **how)


@pytest.fixture(scope="module")
def side():
    side = http_side.Side()
    yield side
    side.close()


@pytest.mark.parametrize(
    "data",
    found("http") + [pytest.param(data, id=name) for name, data in http_side.seeds().items()],
)
def test_the_web_server_answers_or_ends(side, data):
    side.check(data)


# --- The oracle notices what it is there for.

GOOD = seal(["/TST5GOOD", "1-3:0.2.8(50)", "1-0:1.8.1(000123.456*kWh)"])


def refuses(telegram=GOOD, **how):
    with pytest.raises(AssertionError):
        oracle.check(telegram, **how)


def test_the_oracle_notices_a_telegram_that_is_lost(monkeypatch):
    oracle.check(GOOD)
    monkeypatch.setattr("dsmr.parser.crc16", lambda crc, *_: 0)
    refuses()


def test_the_oracle_notices_a_telegram_that_should_not_be_believed(monkeypatch):
    damaged = GOOD.replace(b"123", b"124")
    oracle.check(damaged)
    crc = int(damaged[-6:-2], 16)
    monkeypatch.setattr("dsmr.parser.crc16", lambda *_: crc)
    refuses(damaged)


def test_the_oracle_notices_bytes_that_are_not_accounted_for(monkeypatch):
    import dsmr

    reject = dsmr.TelegramParser._reject

    def forget(parser, reason):
        event = reject(parser, reason)
        parser.bytes_rejected -= 1
        return event

    monkeypatch.setattr(dsmr.TelegramParser, "_reject", forget)
    refuses(GOOD[:20] + GOOD)


def test_the_oracle_notices_a_board_s_float(monkeypatch):
    def decimal(number, decimals):
        (single,) = struct.unpack("f", struct.pack("f", number / 10**decimals))
        return "%.7g" % single

    telegram = GOOD.replace(b"000123", b"046077")
    telegram = telegram[:-6] + b"%04X\r\n" % crc16(telegram[:-6])
    oracle.check(telegram)
    monkeypatch.setattr("dsmr.asdict.decimal", decimal)
    refuses(telegram)


def test_the_oracle_notices_that_splits_matter(monkeypatch):
    import dsmr

    take = dsmr.TelegramParser.receive_data

    def shorten(parser, chunk, size=None):
        take(parser, b" " if len(chunk) == 1 else chunk, size)

    monkeypatch.setattr(dsmr.TelegramParser, "receive_data", shorten)
    refuses()


def test_an_input_may_ask_for_the_right_crc():
    damaged = GOOD.replace(b"123", b"124")
    stream, _ = inputs.decode(inputs.encode(damaged, as_it_is=False))
    assert list(oracle.whole_telegrams(stream, 11520)) == [stream] == arrived(stream, [stream])
    assert inputs.decode(inputs.encode(damaged))[0] == damaged
    assert list(oracle.whole_telegrams(damaged, 11520)) == []


# --- The fuzzer itself


def fuzz(*arguments):
    return subprocess.run(
        [sys.executable, str(HERE), *arguments],
        capture_output=True,
        text=True,
        timeout=120,
    )


def has_wheel():
    return (
        (platform.system(), platform.machine()) == ("Linux", "x86_64")
        and (3, 10) <= sys.version_info < (3, 14)
    )  # fmt: skip


@pytest.mark.skipif(not has_wheel(), reason="PyPI has no atheris for this machine or Python")
def test_a_short_run_finds_nothing(tmp_path):
    done = fuzz("--runs", "700", "--seed", "1", "--folder", str(tmp_path))
    assert done.returncode == 0, done.stdout + done.stderr
    for what in ("The parser", "The web server"):
        inputs_run, reached = re.search(
            what + r": ([\d,]+) inputs in \d+ s, (\d+) places", done.stdout
        ).groups()
        assert int(inputs_run.replace(",", "")) >= 700 and int(reached) > 100
    assert re.search(r"MicroPython: \d+ inputs of the corpus read too, 0 differ", done.stdout)


def test_help_says_what_it_does():
    done = fuzz("--help")
    assert done.returncode == 0 and "make fuzz" in done.stdout


@pytest.mark.parametrize("wrong", [("--time", "0"), ("--runs", "many"), ("--only", "lunch")])
def test_wrong_arguments_are_refused(wrong):
    done = fuzz(*wrong)
    assert done.returncode == 2 and wrong[1] in done.stderr
