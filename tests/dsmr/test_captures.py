"""Captures of real meters: all read, and none of their lines lost."""

import json
import os
import re
import subprocess
import sys

import captures
import pytest
import under_micropython
from telegrams import SMALL, crc16, telegram
from under_micropython import ROOT

from dsmr import Rejected, Telegram, TelegramParser


@pytest.fixture(params=captures.paths(), ids=lambda path: path.stem)
def capture(request):
    return captures.require(request.param)


@pytest.fixture
def all_captures():
    return [captures.require(path) for path in captures.paths()]


def events(data, **options):
    """All events of a stream, which holds one telegram at most."""
    parser = TelegramParser(**options)
    found = []
    for chunk in (data, b""):
        parser.receive_data(chunk)
        event = parser.next_event()
        while event is not None:
            found.append(event)
            event = parser.next_event()
    assert parser.bytes_pending == 0
    return found


def has_version_or_time(data):
    return re.search(rb"^(1-3:0\.2\.8|0-0:96\.1\.4|0-0:1\.[01]\.0)\(", data, re.MULTILINE)


def test_the_crc_is_as_the_index_says(capture):
    data = capture.read_bytes()
    crc = captures.index()[capture.stem]
    (event,) = events(data)
    if crc == "wrong":
        assert isinstance(event, Rejected)
        assert (event.reason, event.size) == ("crc", len(data))
    elif crc == "none" and has_version_or_time(data):
        assert isinstance(event, Rejected)
        assert (event.reason, event.size) == ("no crc", len(data))
    else:
        assert isinstance(event, Telegram)
        assert event.crc == (None if crc == "none" else int(crc, 16))
        assert event.raw == data


def test_the_index_has_every_capture(all_captures):
    assert {path.stem for path in all_captures} == set(captures.index())


def test_only_a_capture_with_a_wrong_crc_is_rejected_with_no_crc(capture):
    data = capture.read_bytes()
    (event,) = events(data, crc_required=False)
    assert isinstance(event, Rejected) == (captures.index()[capture.stem] == "wrong")


# --- Every line


def objects(data):
    """A telegram's data lines, each with the lines that follow it without a code of their own."""
    found = []
    for line in data[: data.rindex(b"!")].split(b"\r\n")[1:]:
        if line.startswith(b"("):
            found[-1] += b"\r\n" + line
        elif line:
            found.append(line)
    return found


def without(data, line):
    """The telegram without that line, with a CRC if it has one."""
    assert data.count(line + b"\r\n") == 1
    data = data.replace(line + b"\r\n", b"")
    mark = data.rindex(b"!") + 1
    if re.match(rb"[0-9A-Fa-f]", data[mark:]):
        return data[:mark] + b"%04X\r\n" % crc16(data[:mark])
    return data


def code_of(line):
    return re.sub(r"\*\d+$", "", line.partition(b"(")[0].decode("latin-1"))


def is_empty(line):
    return line.endswith(b"()") and line.count(b"(") == 1


def dead_channels(lines, problems):
    """The M-Bus channels of which no reading was used: their other objects lead to no field."""
    channels = {code[2] for code in map(code_of, lines) if re.match(r"0-[1-8]:(24|96\.1)\.", code)}
    alive = set()
    for line in lines:
        code = code_of(line)
        if re.fullmatch(r"0-\d:24\.[23]\.[013]", code) and code not in problems:
            if not is_empty(line):
                alive.add(code[2])
    return channels - alive


def unexplained(data):
    """Lines of an accepted telegram that lead to no field and stand among no problems."""
    (event,) = events(data, crc_required=False)
    fields = event.fields
    problems = [code for code, _ in event.problems]
    assert event.odd_lines == len(problems)
    lines = objects(data)
    dead = dead_channels(lines, problems)
    found = []
    for line in lines:
        code = code_of(line)
        if code in problems or is_empty(line):
            continue
        if code[:2] == "0-" and code[2] in dead and not code.endswith(":96.3.10"):
            continue
        # What a line leads to is what is missing without it. A total of the meter's own is the sum
        # of its tariffs: what it leads to changes with it.
        (shorter,) = events(without(data, line), crc_required=False)
        if isinstance(shorter, Telegram) and shorter.fields != fields:
            continue
        (other,) = events(with_another_digit(data, line), crc_required=False)
        if isinstance(other, Rejected) or other.fields == fields:
            found.append(line)
    return found


def with_another_digit(data, line):
    """The telegram with the last digit of the line changed, and a CRC if it has one."""
    at = data.index(line + b"\r\n") + max(line.rfind(b"%d" % digit) for digit in range(10))
    data = data[:at] + (b"1" if data[at : at + 1] == b"0" else b"0") + data[at + 1 :]
    mark = data.rindex(b"!") + 1
    if re.match(rb"[0-9A-Fa-f]", data[mark:]):
        return data[:mark] + b"%04X\r\n" % crc16(data[:mark])
    return data


def with_its_crc(data):
    """The capture with the CRC that its bytes have, if it has any."""
    mark = data.rindex(b"!") + 1
    return data if data[mark:] == b"\r\n" else data[:mark] + b"%04X\r\n" % crc16(data[:mark])


def test_every_line_leads_to_a_field_or_is_empty_or_a_problem(capture):
    # Those with a wrong CRC too: what would be made of their lines, were it right.
    assert unexplained(with_its_crc(capture.read_bytes())) == []


def test_a_line_that_leads_nowhere_is_found():
    assert unexplained(telegram(*SMALL, "1-0:2.7.0(00.500*kW)")) == []
    # What a device is that was never read leads nowhere, and that is why.
    assert unexplained(telegram(*SMALL, "0-1:24.1.0(003)", "0-1:24.2.1()")) == []
    # A device that is alive has one reading; a line with another one is not to be lost unseen.
    alive = ("0-1:24.1.0(007)", "0-1:24.2.1(261122194000W)(1*m3)")
    assert unexplained(telegram(*SMALL, *alive, "0-1:96.1.0(4131)")) == []
    another = "0-1:24.2.3(261122194000W)(2*m3)"
    # The meter's total is the sum of its tariffs.
    assert unexplained(telegram(*SMALL, "1-0:1.8.0(000123.456*kWh)")) == []
    assert unexplained(telegram(*SMALL, *alive, another)) == [another.encode()]


def codes_with_a_reason():
    """Patterns of the OBIS codes of which docs/meters.md says why they are not read."""
    text = (ROOT / "docs" / "meters.md").read_text(encoding="utf-8")
    section = text.split("\n## Objects that are not read\n")[1].split("\n## ")[0]
    found = set()
    for row in section.splitlines():
        prefix = ""
        for code in re.findall(r"`([^`]+)`", row.split("|")[1] if row.startswith("| `") else ""):
            if ":" in code:
                prefix = code.partition(":")[0] + ":"
            else:
                code = prefix + code
            found.add(re.escape(code).replace("C", r"\d+").replace("n", r"\d"))
    return found


def test_every_object_has_a_field_or_a_reason_in_the_docs(capture):
    (event,) = events(with_its_crc(capture.read_bytes()), crc_required=False)
    patterns = codes_with_a_reason()
    assert len(patterns) > 20
    for code, reason in event.problems:
        if reason in ("unknown object", "unknown list"):
            plain = re.sub(r"\*\d+$", "", code)
            assert any(re.fullmatch(pattern, plain) for pattern in patterns), code


# --- The command


@pytest.mark.parametrize("options", ([], ["--no-crc"]), ids=("plain", "no-crc"))
def test_both_pythons_print_the_same(all_captures, options):
    arguments = ["-m", "dsmr", *options, *map(str, all_captures)]
    python = subprocess.run(
        [sys.executable, *arguments],
        env={**os.environ, "PYTHONPATH": str(ROOT / "lib")},
        capture_output=True,
        timeout=60,
    )
    micropython = under_micropython.run(*arguments)
    assert micropython.stdout == python.stdout
    assert micropython.returncode == python.returncode == 1
    printed = [json.loads(line) for line in python.stdout.splitlines()]
    assert len(printed) == len(all_captures)
    index = captures.index()
    for path, event in zip(all_captures, printed):
        crc = index[path.stem]
        if event["event"] == "telegram":
            assert event["crc"] == (None if crc == "none" else crc.upper())
        elif crc == "none":
            assert not options and has_version_or_time(path.read_bytes())
        else:
            assert crc == "wrong"
