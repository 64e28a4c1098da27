"""`make soak`, in its short form; and that it notices what it is there for."""

import copy
import subprocess
import sys

import pytest

from host.tree import REPO
from sim.interpreter import words64
from sim.soak import command, run
from sim.soak.report import chart, findings, report

PAGES = ("/metrics", "/telegram", "/metrics?format=prometheus", "/healthz", "/api/v1/data", "/")


@pytest.fixture(scope="module")
def result():
    return run.run(telegrams=6000)


pytestmark = pytest.mark.xdist_group("soak")


def test_two_hours_of_telegrams_with_faults_and_requests(result):
    assert findings(result) == []
    health = result.health
    assert health["telegrams"] == result.whole
    assert 4500 < result.whole < 5500
    assert set(result.faults) == {name for name, *_ in run.FAULTS}
    assert health["bytes"]["in"] == result.bytes
    for page in PAGES:
        assert result.answers[f"200 {page}"] > 0, result.answers
    assert result.raw > 0
    assert len(result.samples) >= 8
    assert result.samples[-1].sent == 6000


def test_with_psram_every_output_is_on_and_two_batteries_ask(interpreter):
    # What is made in the first seconds, such as the history, is to be there in the first quarter.
    telegrams = 12_000 if interpreter.bits == 64 else 2_000
    result = run.run(telegrams=telegrams, clients=4, psram=True, interpreter=interpreter)
    assert findings(result) == []
    assert "a battery, by Modbus: " in report(result)
    del result.batteries["Shelly"]
    assert any("A battery has got no answer" in sentence for sentence in findings(result))
    result.health["mqtt"]["reconnects"] = 1
    assert any("MQTT did not stay connected" in sentence for sentence in findings(result))


@pytest.mark.system
@pytest.mark.parametrize("board_interpreter", ["32 bits"], indirect=True)
@pytest.mark.parametrize("output", ["mqtt", "shelly"])
def test_without_psram_another_output_takes_the_place_of_raw_tcp(board_interpreter, output):
    result = run.run(telegrams=2000, interpreter=board_interpreter, output=output)
    # It takes 7 KB while it is made, which may be in use at that moment.
    result.answers.pop("503 /metrics?format=prometheus", None)
    assert findings(result) == []
    assert result.raw == 0


def test_the_report_shows_the_memory_over_time(result):
    text = report(result)
    assert f"accepted {result.whole:,}" in text
    drawn = chart(result)
    assert len({len(line) for line in drawn[1:9]}) == 1
    # Full at the bottom, empty at the top, and an axis.
    assert drawn[8].count("█") == len(drawn[8].partition("|")[2])
    assert drawn[9].strip().startswith("0 KB +---")
    for sample in result.samples[:1] + result.samples[-1:]:
        assert f"{sample.free_heap:,}" in text


def leak(result):
    for number, sample in enumerate(result.samples):
        sample.free_heap -= 2000 * number


def lose(result):
    result.health["telegrams"] -= 1


def double(result):
    result.health["telegrams"] += 1


def miscount(result):
    result.health["bytes"]["skipped"] += 1


def refuse(result):
    result.answers["503 /metrics"] = 1


def garble(result):
    result.bad.append("/metrics: no JSON")


def die(result):
    result.printed += "The task web failed: MemoryError()"


def keep(result):
    result.health["errors"] = [{"task": "web"}]


def silence(result):
    result.answers.clear()


@pytest.mark.parametrize(
    "spoil, word",
    [
        (leak, "memory shrinks"),
        (lose, "were accepted"),
        (double, "were accepted"),
        (miscount, "bytes were sent"),
        (refuse, "503 /metrics"),
        (garble, "no JSON"),
        (die, "MemoryError"),
        (keep, "Errors were kept"),
        (silence, "No client"),
    ],
)
def test_what_does_not_hold_is_said(result, spoil, word):
    spoilt = copy.deepcopy(result)
    spoil(spoilt)
    assert any(word in sentence for sentence in findings(spoilt))


def test_the_command_ends_with_a_verdict(result, monkeypatch, capsys):
    spoilt = copy.deepcopy(result)
    lose(spoilt)
    # No run is made of it here.
    monkeypatch.setattr(command, "words32", words64)
    for found, code, word in ((result, 0, "All holds"), (spoilt, 1, "DOES NOT HOLD")):
        monkeypatch.setattr(command, "run", lambda *_, found=found: found)
        assert command.main(["--telegrams", "6000"]) == code
        assert word in capsys.readouterr().out


def test_without_a_micropython_it_says_why_it_cannot_be_run(monkeypatch, capsys):
    monkeypatch.setattr(command, "words32", lambda: None)
    assert command.main(["--telegrams", "100"]) == 2
    assert "there is no 32-bit MicroPython" in capsys.readouterr().err


@pytest.mark.parametrize("wrong", [("--telegrams", "5"), ("--meter", "x"), ("--clients", "0")])
def test_wrong_arguments_are_refused(wrong):
    done = subprocess.run(
        [sys.executable, "-m", "sim.soak", *wrong], cwd=REPO, capture_output=True, text=True
    )
    assert done.returncode == 2 and "usage: make soak" in done.stderr
