"""What a board without PSRAM has room for."""

import pytest
from meters import START

from sim.ports import free_port

pytestmark = [
    pytest.mark.system,
    pytest.mark.parametrize("board_interpreter", ["32 bits"], indirect=True),
]


def test_without_psram_there_is_no_room_for_either_beside_the_defaults(board, meter_line):
    firmware = board(meter_line("t211", START), shelly=True, modbus_port=free_port())
    firmware.wait_until_ready()
    health = firmware.json("/healthz")
    assert "shelly" not in health and "modbus" not in health
    problems = health["settings_problems"]
    assert any(problem.startswith("shelly: shelly takes 18 KB") for problem in problems)
    assert any(problem.startswith("modbus_port: modbus takes 17 KB") for problem in problems)
