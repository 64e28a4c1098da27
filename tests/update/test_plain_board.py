"""Updates and settings of a board without PSRAM: in exactly its heap, on words of 32 bits."""

import base64
import re
import urllib.parse
import urllib.request

import pytest
from updates import KEY, NEW, OLD, UpdatableBoard, assert_runs, version

from host import archive, build
from host.update.package import Package
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
        # The simulated chip's pins, for the button, would take 2 KB of the heap, as a board's do
        # not.
        settings.update(mqtt_host="127.0.0.1", mqtt_port=free_port(), hotspot_password="")
    line = meter_line("t211")
    board = UpdatableBoard(
        tmp_path / "flash", line, version(OLD, arch=arch), interpreter=interpreter, **settings
    )
    with board:
        board.arch = arch
        board.wait_until_it_reads()
        yield board


def test_an_update_of_the_whole_program_goes_through_in_a_plain_boards_heap(plain):
    # Each file differs from that which runs, and is sent: the modules by their version, and of the
    # others nobody looks at what follows.
    base = version(NEW, arch=plain.arch)
    files = {path: data + b"\n" * (path != archive.NAME) for path, data in base.files.items()}
    new = Package(NEW, plain.arch, files)
    assert plain.sender(key=KEY).run(new) == NEW
    assert assert_runs(plain, [new]) == NEW
    plain.wait_until_it_reads()
    health = plain.firmware.json("/healthz")
    assert health["errors"] == []
    assert health["heap"]["used"] < health["heap"]["size"]


def test_the_page_of_the_settings_comes_whatever_else_the_board_does(plain):
    firmware = plain.firmware
    code = base64.b64encode(b"me:of the admin").decode()
    headers = {"Authorization": f"Basic {code}"}

    def page():
        status, _, body = firmware.get("/settings?group=program", headers=headers)
        return body.decode() if status == 200 else None

    text = firmware.wait_until(page, "there", 60)
    token = re.search(r'name="token" value="(\w+)"', text)[1]
    form = urllib.parse.urlencode({"token": token, "group": "program", "log_interval": "33"})
    request = urllib.request.Request(firmware.url + "/settings", form.encode(), headers)
    with urllib.request.urlopen(request, timeout=10) as answer:
        assert b"The settings are kept" in answer.read()
    firmware.wait_until(lambda: "fresh" in firmware.json("/healthz"), "normal", 60)
    plain.wait_until_it_reads()
    assert '"log_interval": 33' in (plain.flash / "config.json").read_text()
    assert firmware.json("/healthz")["errors"] == []
