"""/metrics as JSON says what the parser says, digit for digit, under both Pythons."""

import json
from decimal import Decimal

import pytest
import under_micropython
from dsmr_cases import CASES, printed
from rendering import Shown, collected
from telegrams import SMALL, telegram

from dsmr import Telegram, TelegramParser
from firmware.renderers import Writer, metrics

STREAMS = {case.name: (case.data, case.crc_required) for case in CASES}


def telegrams(data, crc_required=True):
    """The good telegrams in some bytes, each valid until the next one."""
    parser = TelegramParser(crc_required=crc_required)
    for chunk in (data, b""):
        parser.receive_data(chunk)
        event = parser.next_event()
        while event is not None:
            if isinstance(event, Telegram):
                yield event
            event = parser.next_event()


def body(event):
    """What is answered, as bytes."""
    out = Writer()
    return collected(metrics.render(Shown(event), out), out)


def expected(data, crc_required):
    """The bodies, made of what the command prints: its members differ in what is between them."""
    found = b""
    for line in printed(data, 0, crc_required).splitlines():
        if line.startswith(b'{"event": "telegram"'):
            fields = line.partition(b'"fields": ')[2].rpartition(b', "problems": [')[0]
            found += fields.replace(b'}, "', b'},\n"') + b"\n"
    return found


def test_every_case():
    compared = 0
    for data, crc_required in STREAMS.values():
        found = b"".join([body(event) for event in telegrams(data, crc_required)])
        assert found == expected(data, crc_required)
        compared += len(found)
    assert compared > 100000


@pytest.mark.parametrize("backend", under_micropython.BACKENDS)
def test_every_case_under_micropython(backend, tmp_path):
    found = under_micropython.run_cases(backend, STREAMS, (0,), tmp_path, "bodies.py")
    for name, (data, crc_required) in STREAMS.items():
        assert found[name, 0] == expected(data, crc_required), name


def same(value, token):
    """Whether a value of the dict is what JSON says, whose numbers are loaded as Decimal."""
    if isinstance(token, list):
        return len(value) == len(token) and all(map(same, value, token))
    if isinstance(token, dict):
        return list(value) == list(token) and all(same(value[key], token[key]) for key in token)
    if isinstance(token, Decimal):
        return str(value) == str(token) and not isinstance(value, (bool, float))
    return type(value) is type(token) and value == token


def test_the_dict_of_every_case_is_what_metrics_has():
    compared = 0
    for data, crc_required in STREAMS.values():
        for event in telegrams(data, crc_required):
            document = json.loads(body(event), parse_int=Decimal, parse_float=Decimal)
            fields = event.fields
            assert list(fields) == list(document)
            for name, (value, unit) in fields.items():
                assert unit == document[name]["unit"]
                assert same(value, document[name]["value"]), name
                compared += 1
    assert compared > 1000


def test_each_field_has_a_line_of_its_own():
    (event,) = telegrams(telegram(*SMALL))
    lines = body(event).decode().splitlines()
    assert len(lines) == len(event.fields)
    assert lines[0].startswith('{"identification":{"value":"TST5 SMALL","unit":"String"},')
    assert lines[-1].endswith("}}")
