"""A PC announces itself by mDNS; zeroconf's browser finds it, here on the loopback interface."""

import asyncio
import contextlib
import json
import logging
import signal
import socket
import subprocess
import sys
import urllib.request

import pytest
from mdns_wire import PTR, RESPONSE, SRV, TXT, A, Message, ask
from pc_program import environment
from zeroconf import ServiceStateChange
from zeroconf.asyncio import AsyncServiceBrowser, AsyncServiceInfo, AsyncZeroconf

from host import identity, mdns
from host.tree import REPO
from mdns import GROUP
from sim.ports import free_port

METER, HTTP = "_hwenergy._tcp.local.", "_http._tcp.local."

LOOPBACK = ["127.0.0.1"]

#: main.py, on the loopback interface, which is not among those that it announces itself on.
PROGRAM = """
import sys
sys.path[:0] = [".", "lib"]
from host import command, mdns
mdns.own_addresses.__code__ = (lambda: ["127.0.0.1"]).__code__
sys.exit(command.main(sys.argv[1:]))
"""


class Browser:
    """What is announced on the loopback interface of services of one type."""

    def __init__(self, kind):
        self._kind = kind
        self._changes: asyncio.Queue = asyncio.Queue()

    async def __aenter__(self):
        self._zeroconf = AsyncZeroconf(interfaces=LOOPBACK)

        def note(zeroconf, service_type, name, state_change):
            self._changes.put_nowait((name, state_change))

        self._browser = AsyncServiceBrowser(self._zeroconf.zeroconf, [self._kind], [note])
        return self

    async def __aexit__(self, *_):
        await self._browser.async_cancel()
        await self._zeroconf.async_close()

    async def change(self, change, ending):
        """Wait until a service whose name ends so has come or gone; returns the name."""
        while True:
            name, found = await asyncio.wait_for(self._changes.get(), 20)
            if found == change and name.partition(".")[0].endswith(ending):
                return name

    async def find(self, ending):
        info = AsyncServiceInfo(self._kind, await self.change(ServiceStateChange.Added, ending))
        assert await info.async_request(self._zeroconf.zeroconf, 5000)
        return info


def settings(**more):
    return {
        "http_port": free_port(),
        "http_password": "",
        "homewizard": True,
        "mdns": True,
        **more,
    }


def texts(info):
    return {key.decode(): value.decode() for key, value in info.properties.items()}


def test_it_is_found_as_a_web_server_and_as_a_homewizard_meter_and_takes_its_leave():
    given = settings()
    serial = identity.serial(given["http_port"])

    async def scene():
        log = logging.getLogger("test")
        announcing = asyncio.ensure_future(mdns.announce(given, log, lambda: LOOPBACK))
        async with Browser(METER) as meters, Browser(HTTP) as servers:
            meter, server = await meters.find(serial[-6:]), await servers.find(serial[-6:])
            announcing.cancel()
            await meters.change(ServiceStateChange.Removed, serial[-6:])
            await servers.change(ServiceStateChange.Removed, serial[-6:])
        with pytest.raises(asyncio.CancelledError):
            await announcing
        return meter, server

    meter, server = asyncio.run(scene())
    assert texts(meter) == {
        "api_enabled": "1",
        "path": "/api/v1",
        "serial": serial,
        "product_name": "P1 Meter",
        "product_type": "HWE-P1",
    }
    assert texts(server) == {"path": "/"}
    for found in (meter, server):
        assert found.parsed_addresses() == LOOPBACK
        assert found.port == given["http_port"]
        # By this SmartEVSE knows a meter.
        assert found.server == f"p1meter-{serial[-6:]}.local."


def answered(port):
    """What is said to somebody who asks all for meters, as a `mdns_wire.Message`.

    port: from which is asked; 5353 is that of mDNS, where answers go to all, and with 0 it is a
    client that is none, which gets the answer alone.
    """
    given = settings()
    ending = identity.serial(given["http_port"])[-6:]
    loopback = socket.inet_aton("127.0.0.1")

    def heard(client):
        """What has come since the last time. There may be other responders on this machine."""
        found = []
        with contextlib.suppress(BlockingIOError):
            while True:
                message = Message(client.recv(9000))
                names = [entry.data for entry in message.find(PTR, METER.rstrip("."))]
                if message.flags & RESPONSE and any(ending in name for name in names):
                    found.append(message)
        return found

    async def scene():
        log = logging.getLogger("test")
        announcing = asyncio.ensure_future(mdns.announce(given, log, lambda: LOOPBACK))
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            client.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            client.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, loopback)
            group = socket.inet_aton(GROUP[0]) + loopback
            client.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, group)
            client.bind(("", port))
            client.setblocking(False)
            async with Browser(METER) as meters:
                await meters.find(ending)
            # What is announced without a question, and three times, has all among the answers.
            await asyncio.sleep(4)
            heard(client)
            found = []
            while not found:
                client.sendto(ask(METER.rstrip("."), PTR), GROUP)
                await asyncio.sleep(1.2)
                found = heard(client)
        announcing.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await announcing
        return found[0]

    return asyncio.run(asyncio.wait_for(scene(), 30))


@pytest.mark.parametrize("port", [5353, 0], ids=["mDNS", "DNS"])
def test_who_looks_among_the_answers_only_finds_place_address_and_keys(port):
    found = answered(port)
    assert len(found.section(0)) == (0 if port else 1)
    assert found.section(2) == [] and found.section(3) == []
    answers = found.section(1)
    assert answers[0].kind == PTR
    name = answers[0].data
    assert "product_type=HWE-P1" in found.find(TXT, name)[0].data
    ((_, host),) = [entry.data for entry in found.find(SRV, name)]
    assert [entry.data for entry in found.find(A, host)] == LOOPBACK


@pytest.mark.parametrize("given", [{"homewizard": False}, {"http_password": "of eight"}])
def test_where_no_client_of_homewizard_can_read_it_it_is_a_web_server_only(given):
    (service,) = mdns.services(settings(**given), LOOPBACK)
    assert service.type == HTTP
    assert service.server.startswith("power-readout-")


def test_the_program_is_found_where_it_answers():
    port = free_port()
    flags = ["--source", "tcp://127.0.0.1:9", "--http-port", str(port), "--raw-port", "0"]
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, *flags],
        cwd=REPO,
        env=environment(),
        stderr=subprocess.PIPE,
        text=True,
    )

    async def find():
        async with Browser(METER) as meters:
            return await meters.find(identity.serial(port)[-6:])

    try:
        found = asyncio.run(find())
        url = f"http://{found.parsed_addresses()[0]}:{found.port}/api"
        with urllib.request.urlopen(url, timeout=10) as answer:
            device = json.loads(answer.read())
    finally:
        process.send_signal(signal.SIGTERM)
        said = process.communicate(timeout=20)[1]
    assert process.returncode == 0, said
    told = texts(found)
    for key in ("serial", "product_name", "product_type"):
        assert device[key] == told[key]
    assert f"mDNS: announcing p1meter-{told['serial'][-6:]}.local at 127.0.0.1." in said


class Log:
    def __init__(self):
        self.said = []

    def warning(self, message):
        self.said.append(message)

    info = warning


def announce(addresses, turns, monkeypatch):
    """What is said in so many turns."""
    log = Log()

    async def sleep(seconds):
        nonlocal turns
        turns -= 1
        if turns <= 0:
            raise asyncio.CancelledError

    async def attempt():
        monkeypatch.setattr(mdns.asyncio, "sleep", sleep)
        try:
            await mdns.announce(settings(), log, addresses)
        except asyncio.CancelledError:
            pass

    asyncio.run(attempt())
    return log.said


def test_what_fails_is_said_once_and_tried_again(monkeypatch):
    asked = []

    def addresses():
        asked.append(1)
        raise OSError("no network")

    said = announce(addresses, 4, monkeypatch)
    assert said == ["mDNS: OSError('no network'); trying again."]
    assert len(asked) == 4


def test_without_a_network_it_waits_for_one(monkeypatch):
    assert announce(lambda: [], 3, monkeypatch) == []


def test_without_the_library_it_says_what_to_do_and_gives_up(monkeypatch):
    monkeypatch.setitem(sys.modules, "zeroconf", None)
    (said,) = announce(lambda: LOOPBACK, 3, monkeypatch)
    assert "pip install -r host/requirements.txt" in said
    assert "--mdns false" in said


def test_own_addresses_are_no_loopback():
    assert not any(address.startswith("127.") for address in mdns.own_addresses())


def test_off_it_is_not_even_imported(program):
    async def nothing():
        async with mdns.announced(settings(mdns=False), Log()):
            assert len(asyncio.all_tasks()) == 1

    asyncio.run(nothing())
    # The program of the tests is started with --mdns false.
    running = program("--source", "tcp://127.0.0.1:9")
    running.wait_for("/livez")
    assert "mDNS" not in running.end()[1]


@pytest.mark.parametrize("text, word", [("maybe", "true or false"), ("1", "true or false")])
def test_the_setting_is_true_or_false(text, word):
    done = subprocess.run(
        [sys.executable, "main.py", "--mdns", text],
        cwd=REPO,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert done.returncode == 2
    assert word in done.stderr
