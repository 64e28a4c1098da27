"""What a board without PSRAM has room for."""

import pytest

from sim.ports import free_port

pytestmark = [
    pytest.mark.system,
    pytest.mark.parametrize("board_interpreter", ["32 bits"], indirect=True),
]


@pytest.mark.parametrize("has_raw_tcp", [False, True])
def test_without_psram_there_is_room_for_neither(board, meter_line, has_raw_tcp):
    raw_port = free_port() if has_raw_tcp else 0
    firmware = board(meter_line("t211"), raw_port=raw_port, shelly=True, modbus_port=free_port())
    firmware.wait_until_ready()
    health = firmware.json("/healthz")
    assert "shelly" not in health and "modbus" not in health
    for beginning in ("shelly: shelly takes 22 KB", "modbus_port: modbus takes 22 KB"):
        assert any(problem.startswith(beginning) for problem in health["settings_problems"])
