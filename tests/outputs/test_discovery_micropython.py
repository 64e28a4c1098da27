"""The output under MicroPython, with a socket as the chip's, and zeroconf at the other end."""

import asyncio
import socket

import pytest
from mdns_boards import Board
from mdns_peers import HTTP, METER, Browser, Client, run, unique, zeroconf
from mdns_wire import IN, PTR, TOP, A, address, ask, query, question, response
from zeroconf import ServiceInfo, ServiceStateChange

pytestmark = pytest.mark.xdist_group("mdns")

ADDED, REMOVED = ServiceStateChange.Added, ServiceStateChange.Removed


def test_zeroconf_finds_the_services_and_sees_them_go():
    async def scene():
        async with zeroconf() as peer, Board(unique("power-readout")) as board:
            servers, meters = Browser(peer, HTTP), Browser(peer, METER)
            server, meter = (
                await servers.find(board.name, ADDED),
                await meters.find(board.name, ADDED),
            )
            for found, keys in ((server, {b"path": b"/"}), (meter, {b"serial": b"24a160c0ffee"})):
                assert found.parsed_addresses() == ["127.0.0.1"]
                assert found.port == 8080
                assert found.server == board.name + ".local."
                assert found.properties == keys
            assert await board.until_up() == [f"mDNS: this is {board.name}.local at 127.0.0.1."]
            await board.stop()
            await servers.change(REMOVED, board.name)
            await meters.change(REMOVED, board.name)

    run(scene)


def test_a_name_that_a_board_has_is_not_another_board_s():
    async def scene():
        name = unique("power-readout")
        async with Board(name) as first:
            await first.until_up()
            async with Board(name, "127.0.0.2") as second:
                assert await second.until_up() == [
                    f"mDNS: the name {name} is another host's: it is {name}-2 here.",
                    f"mDNS: this is {name}-2.local at 127.0.0.2.",
                ]
            assert (await first.counters())["name"] == name + ".local"

    run(scene)


def test_ordinary_dns_clients_are_answered():
    async def scene():
        async with Board(unique("power-readout")) as board:
            await board.until_up()
            name = board.name + ".local"
            with Client() as client:
                client.send(ask(name, A))
                found, _ = await client.response(lambda found: found.find(A, name))
        assert found.find(A, name)[0].data == "127.0.0.1"

    run(scene)


def test_a_host_is_looked_up():
    async def scene():
        host = unique("homeassistant")
        info = ServiceInfo(
            HTTP,
            f"{unique('x')}.{HTTP}",
            addresses=[socket.inet_aton("127.0.0.1")],
            port=1,
            server=f"{host}.local.",
        )
        async with zeroconf() as peer, Board(unique("power-readout")) as board:
            await (await peer.async_register_service(info))
            await board.until_up()
            assert await board.tell(f"resolve {host}.local") == "127.0.0.1"
            assert await board.tell("resolve example.com") == "None"

    run(scene)


def test_memory_stays_as_it_is_whatever_is_asked():
    async def scene():
        async with Board(unique("power-readout")) as board:
            await board.until_up()
            name = board.name + ".local"
            in_use = []
            with Client() as client:
                for _ in range(4):
                    for number in range(150):
                        client.send(ask(name, A))
                        client.send(ask("_http._tcp.local", PTR, IN | TOP))
                        client.send(query(*[question(name, A)] * 60)[: 20 + number])
                        client.send(response(address(f"host{number}.local", "127.0.0.9")))
                        await asyncio.sleep(0.005)
                    in_use.append(int(await board.tell("memory")))
            counters = await board.counters()
        assert counters["sent"] > 100 and counters["refused"] > 100
        # In the first round the responder is loaded.
        assert max(in_use[1:]) - min(in_use[1:]) < 1000, in_use

    run(scene)
