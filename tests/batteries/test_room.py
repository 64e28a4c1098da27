"""What a board without PSRAM has room for."""

import pytest

from sim.ports import free_port

pytestmark = [
    pytest.mark.system,
    pytest.mark.parametrize("board_interpreter", ["32 bits"], indirect=True),
]

PAGES = ("/metrics", "/metrics?format=prometheus", "/", "/api/v1/data", "/healthz")
SHELLY = ("/shelly", "/rpc/Shelly.GetStatus", "/rpc/EM.GetStatus?id=0", "/v1/json")


def test_beside_the_defaults_there_is_room_for_neither(board, meter_line):
    firmware = board(meter_line("t211"), shelly=True, modbus_port=free_port())
    firmware.wait_until_ready()
    health = firmware.json("/healthz")
    assert "shelly" not in health and "modbus" not in health
    for beginning in ("shelly: shelly takes 20 KB", "modbus_port: modbus takes 20 KB"):
        assert any(problem.startswith(beginning) for problem in health["settings_problems"])


@pytest.mark.parametrize(
    "given, pages", [({"shelly": True}, PAGES + SHELLY), ({"modbus_port": free_port()}, PAGES)]
)
def test_in_the_place_of_raw_tcp_there_is_room_for_one(board, meter_line, given, pages):
    ports = {"shelly_port": free_port(), "shelly_port_2": free_port()}
    firmware = board(meter_line("t211"), raw_port=0, **ports, **given)
    firmware.wait_until_ready()
    for path in 2 * pages:
        assert firmware.get(path)[0] == 200, path
    health = firmware.json("/healthz")
    assert health["errors"] == []
    assert "shelly" in health or "modbus" in health
