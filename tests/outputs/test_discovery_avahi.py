"""The output under MicroPython on one machine, Avahi on another: two network namespaces.

Avahi is what a Linux finds and announces services with. It needs a message bus of its own.
"""

import contextlib
import os
import shutil
import signal
import subprocess
import time

import pytest
from mdns_boards import Board
from mdns_peers import run
from namespaces import NETMASK, OURS, THEIRS, Cable

pytestmark = [pytest.mark.system, pytest.mark.xdist_group("mdns")]

PATIENCE = 20

_BUS = """\
<busconfig>
  <type>system</type>
  <listen>unix:path={folder}/bus</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow user="*"/>
    <allow own="*"/>
    <allow send_destination="*"/>
    <allow receive_sender="*"/>
  </policy>
</busconfig>
"""

_SETTINGS = """\
[server]
host-name={host}
use-ipv6=no
allow-interfaces=cable
"""


class Avahi:
    """Avahi in the other namespace, with the host name given. folder: for its files."""

    def __init__(self, cable, folder, host="their-host"):
        for program in ("avahi-daemon", "avahi-browse", "dbus-daemon"):
            if not shutil.which(program):
                pytest.fail(
                    f"{program} is missing; on Debian and Ubuntu: "
                    "sudo apt install avahi-daemon avahi-utils dbus"
                )
        self._prefix = cable.theirs
        self._folder = folder
        (folder / "bus.conf").write_text(_BUS.format(folder=folder))
        (folder / "avahi.conf").write_text(_SETTINGS.format(host=host))
        self._environment = {**os.environ, "DBUS_SYSTEM_BUS_ADDRESS": f"unix:path={folder}/bus"}
        self._stack = contextlib.ExitStack()

    def __enter__(self):
        with contextlib.ExitStack() as stack:
            self._stack = stack
            self.start("dbus-daemon", "--nofork", f"--config-file={self._folder}/bus.conf")
            _wait(lambda: (self._folder / "bus").exists())
            # Another one may run on this machine: what it writes is not to be shared.
            self.daemon = self.start(
                "sh",
                "-c",
                "mount -t tmpfs none /run && exec avahi-daemon --no-drop-root --no-chroot "
                f"--no-rlimits -f {self._folder}/avahi.conf",
                output="avahi.log",
            )
            self.until("Server startup complete")
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_):
        self._stack.close()

    @property
    def log(self):
        return (self._folder / "avahi.log").read_text()

    def until(self, text):
        """Wait until it has said this."""
        _wait(lambda: text in self.log)

    def start(self, *command, output="output.log"):
        """Start a program, which ends with the block."""
        with open(self._folder / output, "ab") as log:
            process = subprocess.Popen(
                [*self._prefix, *command],
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        self._stack.callback(process.wait)
        self._stack.callback(process.send_signal, signal.SIGTERM)
        return process

    def ask(self, *command):
        """What a program prints."""
        done = subprocess.run(
            [*self._prefix, *command],
            env=self._environment,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
        )
        return done.stdout

    def services(self, kind):
        """What it resolves of a type: {instance: (host, address, port, keys)}."""
        found = {}
        for line in self.ask(
            "avahi-browse", "--resolve", "--parsable", "--terminate", kind
        ).splitlines():
            if line.startswith("="):
                _, _, _, instance, _, _, host, address, port, keys = line.split(";", 9)
                found[instance] = host, address, int(port), keys
        return found


def _wait(holds):
    end = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.05)


@pytest.fixture
def cable():
    with Cable() as made:
        yield made


@pytest.fixture
def avahi(cable, tmp_path):
    with Avahi(cable, tmp_path) as running:
        yield running


def board(cable, name="power-readout"):
    return Board(name, OURS, NETMASK, cable.ours)


def test_avahi_finds_and_resolves_the_services(cable, avahi):
    async def scene():
        async with board(cable) as ours:
            await ours.until_up()
            return avahi.services("_http._tcp"), avahi.services("_hwenergy._tcp")

    servers, meters = run(scene)
    assert servers == {"power-readout": ("power-readout.local", OURS, 8080, '"path=/"')}
    assert meters == {
        "power-readout": ("power-readout.local", OURS, 8080, '"serial=24a160c0ffee"')
    }


def test_avahi_finds_the_types(cable, avahi):
    async def scene():
        async with board(cable) as ours:
            await ours.until_up()
            return avahi.ask(
                "avahi-browse", "--all", "--parsable", "--terminate", "--no-db-lookup"
            )

    lines = run(scene).splitlines()
    found = {tuple(line.split(";")[3:5]) for line in lines}
    assert {("power-readout", "_http._tcp"), ("power-readout", "_hwenergy._tcp")} <= found


def test_avahi_resolves_the_host(cable, avahi):
    async def scene():
        async with board(cable) as ours:
            await ours.until_up()
            return avahi.ask("avahi-resolve", "-4", "--name", "power-readout.local")

    assert run(scene).split() == ["power-readout.local", OURS]


def test_a_host_that_avahi_announces_is_found(cable, avahi):
    async def scene():
        async with board(cable) as ours:
            await ours.until_up()
            return await ours.tell("resolve Their-Host.local")

    assert run(scene) == THEIRS


def test_a_service_of_avahi_s_keeps_its_name(cable, avahi):
    avahi.start("avahi-publish", "--service", "power-readout", "_http._tcp", "9999")
    _wait(lambda: avahi.services("_http._tcp"))

    async def scene():
        async with board(cable) as ours:
            return await ours.until_up(), avahi.services("_http._tcp")

    said, found = run(scene)
    assert said[0] == (
        "mDNS: the name power-readout is another host's: it is power-readout-2 here."
    )
    assert found["power-readout"][2] == 9999
    assert found["power-readout-2"][1:3] == (OURS, 8080)


def test_a_host_of_avahi_s_keeps_its_name(cable, avahi):
    async def scene():
        async with board(cable, "their-host") as ours:
            said = await ours.until_up()
            return said, avahi.ask("avahi-resolve", "-4", "--name", "their-host-2.local")

    said, found = run(scene)
    assert said[-1] == f"mDNS: this is their-host-2.local at {OURS}."
    assert found.split() == ["their-host-2.local", OURS]


def test_avahi_does_not_take_a_name_that_is_ours(cable, tmp_path):
    async def scene():
        async with board(cable, "their-host") as ours:
            said = await ours.until_up()
            with Avahi(cable, tmp_path, "their-host") as avahi:
                avahi.until("their-host-2.local")
            return said, await ours.counters()

    said, counters = run(scene)
    assert said == [f"mDNS: this is their-host.local at {OURS}."]
    assert counters["name"] == "their-host.local"


def test_avahi_sees_the_services_go(cable, avahi, tmp_path):
    avahi.start("avahi-browse", "--parsable", "_http._tcp", output="browse.log")
    seen = tmp_path / "browse.log"

    async def scene():
        async with board(cable) as ours:
            await ours.until_up()
            _wait(lambda: "+;cable;IPv4;power-readout;" in seen.read_text())
            await ours.stop()
            _wait(lambda: "-;cable;IPv4;power-readout;" in seen.read_text())

    run(scene)
