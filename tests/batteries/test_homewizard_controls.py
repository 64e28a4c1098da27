"""HomeWizard's API beside its values: what Home Assistant's button and switch ask for."""

import json
import urllib.error
import urllib.request

import pytest

from batteries.readers import Reader


def put(running, path, body=b""):
    request = urllib.request.Request(
        f"http://127.0.0.1:{running.port}{path}", data=body, method="PUT"
    )
    with urllib.request.urlopen(request, timeout=10) as answer:
        return answer.status, json.loads(answer.read())


def test_it_can_be_told_to_identify_itself(reader):
    assert put(reader(), "/api/v1/identify") == (200, {"identify": "ok"})


def test_the_led_of_a_board_blinks_and_ends_as_it_was(board, wire):
    running = Reader("board", board, wire, led_pin=2)
    assert put(running, "/api/v1/identify")[1] == {"identify": "ok"}
    assert running.health()["errors"] == []


def test_the_cloud_is_off_and_stays_so(reader):
    running = reader()
    off = {"cloud_enabled": False}
    assert running.json("/api/v1/system") == off
    assert put(running, "/api/v1/system", b'{"cloud_enabled":true}') == (200, off)
    assert running.json("/api/v1/system/") == off


def test_without_the_setting_there_are_none(board, wire):
    running = Reader("board", board, wire, homewizard=False)
    for path in ("/api/v1/identify", "/api/v1/system"):
        with pytest.raises(urllib.error.HTTPError) as refused:
            put(running, path)
        assert refused.value.code == 404
