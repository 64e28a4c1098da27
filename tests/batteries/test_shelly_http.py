"""A Shelly Pro 3EM and an EcoTracker by HTTP, asked as batteries, evcc and aioshelly do."""

import asyncio
import json
import sys
from pathlib import Path

import pytest

from batteries.readers import Reader, spelled

#: Where the Makefile puts aioshelly, which does not say that it runs on Python 3.10.
AIOSHELLY = Path(sys.prefix) / "clients" / "aioshelly-13"

#: The keys of EM.GetStatus in the order of the real meter's.
EM_KEYS = [
    "id",
    *(
        f"{phase}_{name}"
        for phase in "abc"
        for name in ("current", "voltage", "act_power", "aprt_power", "pf", "freq")
    ),
    *("n_current", "total_current", "total_act_power", "total_aprt_power"),
    "user_calibrated_phase",
]


@pytest.fixture
def running(reader):
    """A reader that has the first telegram of a T211; `reading` is what the meter read."""
    started = reader()
    ((telegram, started.reading),) = spelled("t211")
    started.read(telegram)
    return started


def net(reading):
    return reading.power_used_w - reading.power_generated_w


def test_a_hoymiles_polls_power_and_energy(running):
    """MS-A2 and HiBattery. What is not chunked has a length."""
    for _ in range(2):
        status, headers, body = running.ask("/rpc/EM.GetStatus?id=0")
        assert (status, headers["Content-Type"]) == (200, "application/json")
        assert headers["Content-Length"] == str(len(body))
        assert "Transfer-Encoding" not in headers
        # dicts keep the order in which keys are read.
        assert list(json.loads(body)) == EM_KEYS
        assert json.loads(body)["total_act_power"] == net(running.reading)
        assert b" " not in body
    energy = running.json("/rpc/EMData.GetStatus?id=0")
    reading = running.reading
    used = reading.energy_used_tariff_1_wh + reading.energy_used_tariff_2_wh
    generated = reading.energy_generated_tariff_1_wh + reading.energy_generated_tariff_2_wh
    assert energy["a_total_act_energy"] == energy["total_act"] == used
    assert energy["a_total_act_ret_energy"] == energy["total_act_ret"] == generated
    assert energy["b_total_act_energy"] == energy["c_total_act_ret_energy"] == 0


def test_a_growatt_asks_for_everything_at_once(running):
    """NOAH and NEXA: a query that is no name with a value."""
    status = running.json("/rpc/Shelly.GetStatus?esp")
    assert list(status["em:0"]) == EM_KEYS
    assert status["em:0"]["total_act_power"] == net(running.reading)
    assert status["emdata:0"]["total_act"] > 0
    assert status["cloud"] == {"connected": False}
    assert status["sys"]["unixtime"] == running.reading.utc.timestamp()
    assert status["sys"]["time"] == "12:00"
    assert status["wifi"]["sta_ip"].startswith("127.0.0.")
    assert {"ble", "eth", "modbus", "mqtt", "temperature:0", "ws"} <= set(status)


def test_evcc_asks_who_it_is_and_then_for_the_bare_result(running):
    device = running.json("/shelly")
    assert (device["gen"], device["app"], device["auth_en"]) == (2, "Pro3EM", False)
    assert device["id"] == f"shellypro3em-{device['mac'].lower()}"
    body = json.dumps({"id": 0, "src": "evcc", "method": "EM.GetStatus"}).encode()
    result = running.json("/rpc/EM.GetStatus", body)
    assert result["total_act_power"] == net(running.reading)
    assert result["a_current"] == running.reading.phases[0].current_ca / 100
    methods = running.json("/rpc/Shelly.ListMethods", b"{}")["methods"]
    assert "EM.GetStatus" in methods
    # evcc would take these for a meter of single phases.
    assert not any(method.startswith("EM1.") for method in methods)
    for method in methods:
        assert running.ask(f"/rpc/{method}")[0] == 200, method


@pytest.mark.skipif(sys.version_info < (3, 11), reason="aioshelly 13 needs Python 3.11")
def test_aioshelly_of_home_assistant_knows_the_model(running, monkeypatch):
    assert AIOSHELLY.exists(), (
        f"{AIOSHELLY} is missing: python -m pip install --no-deps --ignore-requires-python "
        f"--target {AIOSHELLY} -r tests/aioshelly-13.txt"
    )
    monkeypatch.syspath_prepend(str(AIOSHELLY))
    from aiohttp import ClientSession
    from aioshelly.common import get_info, is_firmware_supported
    from aioshelly.const import DEVICES

    async def info():
        async with ClientSession() as session:
            return await get_info(session, "127.0.0.1", port=running.port)

    found = asyncio.run(info())
    assert DEVICES[found["model"]].name == "Shelly Pro 3EM"
    assert is_firmware_supported(found["gen"], found["model"], found["fw_id"])


def test_a_frame_is_answered_by_a_frame(running):
    call = {"id": 5, "src": "battery", "method": "EM.GetStatus", "params": {"id": 0}}
    status, _, body = running.ask("/rpc", json.dumps(call).encode())
    frame = json.loads(body)
    assert (status, frame["id"], frame["dst"]) == (200, 5, "battery")
    assert frame["src"] == running.json("/shelly")["id"]
    assert frame["result"]["total_act_power"] == net(running.reading)


def test_a_method_that_is_not_known_is_said_so(running):
    status, _, body = running.ask("/rpc/Switch.Set?id=0")
    assert (status, json.loads(body)) == (
        404,
        {"code": 404, "message": "No handler for Switch.Set"},
    )
    frame = running.json("/rpc", b'{"id":1,"method":"a\\"b"}')
    assert frame["error"] == {"code": 404, "message": 'No handler for a"b'}
    assert "result" not in frame


def test_a_body_that_is_no_request_is_refused_with_an_example(running):
    for body in (b"x", b"[]", b'{"method":"EM.GetStatus"}', b"[" * 2000):
        status, _, answer = running.ask("/rpc", body)
        assert status == 400, body
        assert '{"id":1,"method":"EM.GetStatus"' in json.loads(answer)["message"]


def test_that_there_is_no_websocket_is_said(running):
    status, _, answer = running.ask("/rpc", headers={"Upgrade": "websocket"})
    assert status == 501
    assert "POST /rpc" in json.loads(answer)["message"]


def test_an_ecotracker_says_whole_watts(running):
    """As a Marstek, a Hoymiles or an EcoFlow reads it."""
    reading = running.reading
    expected = {
        "power": net(reading),
        "powerAvg": net(reading),
        **{
            f"powerPhase{number}": phase.power_used_w - phase.power_generated_w
            for number, phase in enumerate(reading.phases, 1)
        },
        "energyCounterIn": reading.energy_used_tariff_1_wh + reading.energy_used_tariff_2_wh,
        "energyCounterOut": (
            reading.energy_generated_tariff_1_wh + reading.energy_generated_tariff_2_wh
        ),
    }
    assert list(running.json("/v1/json").items()) == list(expected.items())
    assert b"." not in running.ask("/v1/json")[2]


def test_without_a_fresh_telegram_there_is_no_power_but_a_device(reader):
    running = reader(stale_after=1)
    for _ in ("before the first", "when the last is stale"):
        for path in ("EM.GetStatus", "EM1.GetStatus", "EMData.GetStatus", "Shelly.GetStatus"):
            status, headers, body = running.ask(f"/rpc/{path}?id=0")
            assert status == 503
            assert int(headers["Retry-After"]) > 0
            assert "telegram" in json.loads(body)["message"]
        status, _, body = running.ask("/rpc", b'{"id":1,"method":"EM.GetStatus"}')
        assert (status, json.loads(body)["error"]["code"]) == (503, 503)
        status, _, body = running.ask("/v1/json")
        assert (status, "telegram" in json.loads(body)["error"]) == (503, True)
        for path in ("/shelly", "/rpc/Shelly.GetConfig", "/rpc/Sys.GetStatus"):
            assert running.ask(path)[0] == 200
        running.read(spelled("t211")[0][0])
        running.wait_until(lambda: running.ask("/readyz")[0] == 503, "stale")


def test_the_mean_follows_within_some_minutes(udp_meter):
    """In one process, as it is about time."""
    from firmware.outputs.shelly import pages

    class Request:
        path = "/v1/json"

    def ask(watts, seconds):
        udp_meter.clock.ms += seconds * 1000
        udp_meter.telegram(f"1-0:1.7.0(00.{watts:03}*kW)")
        return json.loads(pages.respond(udp_meter.output, Request, None).body)["powerAvg"]

    assert ask(600, 1) == 600
    assert ask(0, 1) == 590
    assert ask(0, 30) == 295
    assert ask(300, 60) == 300
    for _ in range(60):
        mean = ask(0, 1)
    assert 100 < mean < 120


def test_what_mdns_is_to_announce(udp_meter):
    services = {service[0]: service for service in udp_meter.services}
    assert set(services) == {"_shelly._tcp", "_http._tcp", "_everhome._tcp"}
    _, port, keys, instance, host = services["_shelly._tcp"]
    assert (port, instance, host) == (80, "shellypro3em-24a160c0ffee", "shellypro3em-24a160c0ffee")
    assert keys.startswith(
        b"\x05gen=3\x1cid=shellypro3em-24a160c0ffee\x10mac=24A160C0FFEE\x10app="
    )
    assert services["_everhome._tcp"][3] == "ecotracker-24A160C0FFEE"


def test_without_the_setting_there_is_none_of_it(board, wire):
    running = Reader("board", board, wire, shelly=False)
    assert "shelly" not in running.health()
    for path in ("/shelly", "/rpc/EM.GetStatus", "/v1/json"):
        assert running.ask(path)[0] == 404
