"""The whole program on a simulated board with PSRAM: found by zeroconf, and finds its broker."""

import asyncio
import socket
from types import SimpleNamespace

import pytest
from mdns_peers import GROUP, HTTP, METER, Browser, Client, run, unique, zeroconf
from mdns_wire import A, ask
from zeroconf import ServiceInfo, ServiceStateChange

from firmware.http import services
from sim.broker import Broker

pytestmark = pytest.mark.xdist_group("mdns")

ADDED = ServiceStateChange.Added

ROOMY = {"environment": {"SIM_PSRAM": "1"}, "heap": "1m"}


def named(firmware):
    """Wait until it has its names; returns what `/healthz` says of it."""

    def counters():
        found = firmware.json("/healthz").get("discovery")
        return found if found and found["name"] else None

    return firmware.wait_until(counters, "found by its name")


def test_a_board_with_psram_is_found_without_an_address(board):
    name = unique("reader")
    firmware = board(hostname=name, **ROOMY)
    assert named(firmware)["name"] == name + ".local"
    port = firmware.settings["http_port"]
    serial = firmware.json("/api")["serial"]

    async def scene():
        async with zeroconf() as peer:
            found = await Browser(peer, HTTP).find(f"{name}-{serial[-6:]}", ADDED)
            assert (found.port, found.server) == (port, name + ".local.")
            assert found.properties == {b"path": b"/"}
            # Another board may have the same serial number: then it has a number behind it.
            meters = Browser(peer, METER)
            while True:
                full = await meters.next(ADDED)
                info = ServiceInfo(METER, full)
                await info.async_request(peer.zeroconf, 5000)
                if info.port == port:
                    break
            assert info.server.startswith("p1meter-")
            assert info.properties[b"product_type"] == b"HWE-P1"
            assert info.properties[b"serial"] == serial.encode()

    run(scene)
    assert firmware.json("/healthz")["errors"] == []


@pytest.mark.parametrize("homewizard", [True, False])
@pytest.mark.parametrize("password", ["", "of eight", None])
def test_it_is_announced_as_a_homewizard_meter_only_where_clients_of_one_can_read_it(
    homewizard, password
):
    context = SimpleNamespace(
        settings={
            "http_port": 80,
            "hostname": "power-readout",
            "homewizard": homewizard,
            "http_password": password,
        },
        board=SimpleNamespace(station=lambda: ("24a160c0ffee", "home", -60)),
        services=[],
    )
    services.announce(context)
    kinds = [kind for kind, *_ in context.services]
    meter = ["_hwenergy._tcp"] if homewizard and password == "" else []
    assert kinds == ["_http._tcp", *meter]


def test_it_is_found_by_the_name_that_the_chip_would_have_announced(board):
    name = unique("reader")
    firmware = board(hostname=name, **ROOMY)
    named(firmware)

    async def scene():
        with Client() as client:
            client.send(ask(name + ".local", A))
            return await client.response(lambda found: found.find(A, name + ".local"))

    found, _ = run(scene)
    assert found.find(A, name + ".local")[0].data == "127.0.0.1"


def test_an_empty_datagram_does_not_make_it_deaf(board):
    name = unique("reader")
    firmware = board(hostname=name, **ROOMY)
    named(firmware)

    async def scene():
        with Client() as client:
            client.send(b"")
            # What comes before the socket is opened anew is lost.
            for _ in range(20):
                client.send(ask(name + ".local", A))
                if await client.response(lambda found: found.find(A, name + ".local"), 1):
                    return True
        return False

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as plain:
        plain.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton("127.0.0.1"))
        plain.sendto(b"", GROUP)
    assert run(scene)
    assert firmware.json("/healthz")["errors"] == []


def test_its_broker_may_have_a_name_of_mdns(board):
    name, host = unique("reader"), unique("homeassistant")

    async def scene(broker):
        info = ServiceInfo(
            HTTP,
            f"{host}.{HTTP}",
            addresses=[socket.inet_aton("127.0.0.1")],
            port=1,
            server=f"{host}.local.",
        )
        async with zeroconf() as peer:
            await (await peer.async_register_service(info))
            firmware = board(
                hostname=name, mqtt_host=f"{host}.local", mqtt_port=broker.port, up=False, **ROOMY
            )

            def connected():
                return firmware.wait_until(
                    lambda: firmware.json("/healthz")["mqtt"]["connected"], "connected", 30
                )

            await asyncio.get_running_loop().run_in_executor(None, connected)

    with Broker() as broker:
        run(lambda: scene(broker))


def test_without_psram_it_is_off_unless_it_is_wanted(board):
    firmware = board()
    health = firmware.json("/healthz")
    assert "discovery" not in health and health["settings_problems"] == []


@pytest.mark.parametrize("board_interpreter", ["32 bits"], indirect=True)
@pytest.mark.system
def test_without_room_for_it_a_board_says_so(board):
    firmware = board(mdns=True)
    health = firmware.json("/healthz")
    assert "discovery" not in health
    (problem,) = health["settings_problems"]
    assert problem.startswith("mdns: discovery takes ")
