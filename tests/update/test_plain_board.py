"""Updates of a board without PSRAM: in exactly its heap, on words of 32 bits."""

import pytest
from updates import KEY, NEW, OLD, UpdatableBoard, assert_runs, version

from host import build
from sim import interpreter as interpreters
from sim.ports import free_port

pytestmark = pytest.mark.system


@pytest.fixture(params=["default", "MQTT"])
def plain(tmp_path, meter_line, request):
    interpreter = interpreters.words32()
    assert interpreter, "Debian's MicroPython for i386 is missing: python -m sim.interpreter"
    arch = build.arch_of(interpreter.command)
    settings = {"admin_password": "of the admin", "hotspot_password": "of the hotspot"}
    if request.param == "MQTT":
        settings.update(mqtt_host="127.0.0.1", mqtt_port=free_port())
    line = meter_line("t211")
    board = UpdatableBoard(
        tmp_path / "flash", line, version(OLD, arch=arch), interpreter=interpreter, **settings
    )
    with board:
        board.arch = arch
        board.wait_until_it_reads()
        yield board


def test_an_update_of_the_whole_program_goes_through_in_a_plain_boards_heap(plain):
    # Each module of this version differs from that which runs, and is sent.
    new = version(NEW, arch=plain.arch)
    new.files = {
        path: data + b"\n" if path.endswith((".tsv", ".form", ".html.gz")) else data
        for path, data in new.files.items()
    }
    assert plain.sender(key=KEY).run(new) == NEW
    assert assert_runs(plain, [new]) == NEW
    plain.wait_until_it_reads()
    health = plain.firmware.json("/healthz")
    assert health["errors"] == []
    assert health["heap"]["used"] < health["heap"]["size"]
