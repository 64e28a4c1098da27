"""What a board without PSRAM has room for."""

import socket

import pytest

from batteries.readers import MARSTEK
from sim.ports import free_port

pytestmark = [
    pytest.mark.system,
    pytest.mark.parametrize("board_interpreter", ["32 bits"], indirect=True),
]


@pytest.mark.parametrize(
    "other, setting, why",
    [
        ("modbus", "modbus_port", "modbus takes 22 KB of memory"),
        ("mqtt", "mqtt_host", "a board without PSRAM has no room for mqtt beside shelly"),
    ],
)
def test_without_psram_there_is_room_for_a_shelly_and_no_other(
    board, meter_line, other, setting, why
):
    more = {setting: free_port()} if other == "modbus" else {setting: "127.0.0.1"}
    firmware = board(meter_line("t211"), raw_port=0, shelly=True, **more)
    firmware.wait_until_ready()
    health = firmware.json("/healthz")
    assert "shelly" in health and other not in health
    assert any(one.startswith(f"{setting}: {why}") for one in health["settings_problems"])


def test_without_psram_the_default_raw_tcp_gives_way_to_a_shelly(board, meter_line):
    firmware = board(meter_line("t211"), raw_port=2323, shelly=True)
    firmware.wait_until_ready()
    health = firmware.json("/healthz")
    assert "shelly" in health and "raw_tcp" not in health


def test_without_psram_a_shelly_answers_by_udp_only_and_says_so(board, meter_line):
    port = free_port()
    firmware = board(meter_line("t211"), raw_port=0, shelly=True, shelly_port=port)
    firmware.wait_until_ready()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as battery:
        battery.settimeout(3)
        battery.sendto(MARSTEK, ("127.0.0.1", port))
        assert b'"total_act_power":' in battery.recv(2048)
    assert firmware.get("/rpc/EM.GetStatus?id=0")[0] == 404
    assert "a board without PSRAM answers by UDP only" in firmware.get("/log")[2].decode()
