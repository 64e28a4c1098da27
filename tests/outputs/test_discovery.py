"""The output on the loopback interface, with zeroconf and plain sockets at the other end."""

import asyncio
import errno
import random
import socket

import pytest
from mdns_context import Context
from mdns_peers import GROUP, HTTP, METER, Browser, Client, Output, run, unique, zeroconf
from mdns_wire import IN, PTR, SRV, TOP, TXT, A, address, ask, response
from zeroconf import NonUniqueNameException, ServiceInfo, ServiceStateChange

from firmware.outputs import discovery

#: They all hear each other.
pytestmark = pytest.mark.xdist_group("mdns")

ADDED, REMOVED = ServiceStateChange.Added, ServiceStateChange.Removed


def service(name, kind=HTTP, port=9090, host=None):
    """A service of zeroconf's."""
    return ServiceInfo(
        kind,
        f"{name}.{kind}",
        addresses=[socket.inet_aton("127.0.0.1")],
        port=port,
        server=f"{host or name}.local.",
    )


def test_zeroconf_finds_the_services_and_sees_them_go():
    async def scene():
        async with zeroconf() as peer, Output() as ours:
            servers, meters = Browser(peer, HTTP), Browser(peer, METER)
            server, meter = (
                await servers.find(ours.name, ADDED),
                await meters.find(ours.name, ADDED),
            )
            for found, keys in ((server, {b"path": b"/"}), (meter, {b"serial": b"24a160c0ffee"})):
                assert found.parsed_addresses() == ["127.0.0.1"]
                assert found.port == 8080
                assert found.server == ours.name + ".local."
                assert found.properties == keys
            await ours.stop()
            await servers.change(REMOVED, ours.name)
            await meters.change(REMOVED, ours.name)
        assert ours.said == [f"mDNS: this is {ours.name}.local at 127.0.0.1."]
        assert ours.output.counters()["name"] is None

    run(scene)


def test_zeroconf_that_looks_later_finds_them_too():
    async def scene():
        async with Output() as ours:
            await ours.until_up()
            await asyncio.sleep(2.5)  # both announcements are over
            async with zeroconf() as peer:
                found = await Browser(peer, HTTP).find(ours.name, ADDED)
        assert found.port == 8080

    run(scene)


def test_a_name_that_zeroconf_has_gets_a_number_and_that_is_said():
    async def scene():
        name = unique("power-readout")
        async with zeroconf() as peer:
            await (await peer.async_register_service(service(name, host=unique("other"))))
            async with Output(name=name) as ours:
                await ours.until_up()
                found = await Browser(peer, HTTP).find(name + "-2", ADDED)
        assert found.server == name + ".local."
        assert ours.said == [
            f"mDNS: the name {name} is another host's: it is {name}-2 here.",
            f"mDNS: this is {name}.local at 127.0.0.1.",
        ]

    run(scene)


def test_zeroconf_does_not_get_a_name_that_is_ours():
    async def scene():
        async with Output() as ours, zeroconf() as peer:
            await ours.until_up()
            with pytest.raises(NonUniqueNameException):
                await (await peer.async_register_service(service(ours.name)))

    run(scene)


def test_two_of_ours_share_no_name():
    async def scene():
        name = unique("power-readout")
        async with Output(name=name) as first:
            await first.until_up()
            other = [("_http._tcp", 8081, {"path": "/other"})]
            async with Output(other, name=name, address="127.0.0.2") as second:
                await second.until_up()
                assert second.output.counters()["name"] == name + "-2.local"
                async with zeroconf() as peer:
                    browser = Browser(peer, HTTP)
                    found = await browser.find(name, ADDED), await browser.find(name + "-2", ADDED)
        assert [info.port for info in found] == [8080, 8081]
        assert [info.parsed_addresses() for info in found] == [["127.0.0.1"], ["127.0.0.2"]]
        assert first.said == [f"mDNS: this is {name}.local at 127.0.0.1."]

    run(scene)


def test_a_host_that_takes_the_name_later_makes_ours_another():
    async def scene():
        async with Output() as ours:
            await ours.until_up()
            host = ours.name + ".local"
            with Client(port=5353) as other:
                # It does not ask whether the name is in use, and answers who does.
                other.send(response(address(host, "127.0.0.9", rrclass=IN | TOP)))
                await ours.until(lambda: ours.output.counters()["name"] is None)
                while not ours.output.counters()["name"]:
                    other.send(response(address(host, "127.0.0.9", rrclass=IN | TOP)))
                    await asyncio.sleep(0.1)
            assert ours.output.counters()["name"] == ours.name + "-2.local"
        said = f"mDNS: the name {ours.name} is another host's: it is {ours.name}-2 here."
        assert said in ours.said

    run(scene)


def test_an_answer_of_who_does_not_have_the_port_of_mdns_is_not_believed():
    async def scene():
        async with Output() as ours:
            await ours.until_up()
            with Client() as other:
                for _ in range(5):
                    other.send(response(address(ours.name + ".local", "127.0.0.9")))
                await ours.until(lambda: ours.output.counters()["refused"] >= 5)
                await asyncio.sleep(0.2)
            assert ours.output.counters()["name"] == ours.name + ".local"

    run(scene)


def test_an_ordinary_dns_client_is_answered():
    async def scene():
        async with Output() as ours:
            await ours.until_up()
            with Client() as client:
                for name, kind in (
                    (f"{ours.name}.local", A),
                    (f"{ours.name}._http._tcp.local", SRV),
                    (f"{ours.name}._http._tcp.local", TXT),
                    ("_hwenergy._tcp.local", PTR),
                ):
                    client.send(ask(name, kind))

                    def answers(found, kind=kind, name=name):
                        return found.find(kind, name)

                    found, _ = await client.response(answers)
                    assert found.section(0)[0].name == name
                    assert all(entry.ttl <= 10 for entry in found.section(1))

    run(scene)


def test_all_is_sent_with_the_time_to_live_of_the_own_network():
    async def scene():
        async with Output() as ours:
            name = ours.name + ".local"
            with Client(GROUP[0], 5353) as querier, Client() as client:
                await ours.until_up()
                _, to_group = await querier.response(lambda found: found.find(A, name))
                client.send(ask(name, A))
                _, to_client = await client.response(lambda found: found.find(A, name))
        assert (to_group, to_client) == (255, 255)

    run(scene)


def test_other_networks_get_no_answer_unless_they_are_admitted():
    async def scene(admits, is_answered):
        async with Output(netmask="255.255.255.255", admits=admits) as ours:
            await ours.until_up()
            name = ours.name + ".local"
            with Client("127.0.0.7") as client:
                client.send(ask(name, A))
                seconds = 20 if is_answered else 0.5
                answer = await client.response(lambda found: found.find(A, name), seconds)
            assert bool(answer) == is_answered
            assert bool(ours.output.counters()["refused"]) != is_answered

    run(lambda: scene(None, False))
    run(lambda: scene(lambda address: address == "127.0.0.8", False))
    run(lambda: scene(lambda address: address.startswith("127."), True))


def test_another_address_takes_the_place_of_the_first():
    async def scene():
        async with Output() as ours, zeroconf() as peer:
            browser = Browser(peer, HTTP)
            assert (await browser.find(ours.name, ADDED)).parsed_addresses() == ["127.0.0.1"]
            ours.context.board.network.address = "127.0.0.3"

            def known():
                info = ServiceInfo(HTTP, f"{ours.name}.{HTTP}")
                info.load_from_cache(peer.zeroconf)
                return info.parsed_addresses()

            await ours.until(lambda: known() == ["127.0.0.3"])
        assert f"mDNS: this is {ours.name}.local at 127.0.0.3." in ours.said

    run(scene)


def test_it_waits_for_the_network_and_comes_back_with_it():
    async def scene():
        async with Output(address=None) as ours:
            await asyncio.sleep(0.2)
            assert ours.said == [] and ours.output.counters()["name"] is None
            ours.context.board.network.address = "127.0.0.1"
            await ours.until_up()
            ours.context.board.network.address = None
            await ours.until(lambda: ours.output.counters()["name"] is None)
            ours.context.board.network.address = "127.0.0.1"
            await ours.until_up()

    run(scene)


def test_an_address_that_goes_while_names_are_claimed_is_no_harm():
    async def scene():
        async with Output() as ours:
            await ours.until(lambda: ours.output.counters()["sent"])
            ours.context.board.network.address = None
            await asyncio.sleep(1.5)
            assert ours.output.counters()["name"] is None
            ours.context.board.network.address = "127.0.0.1"
            await ours.until_up()

    run(scene)


def test_the_loop_turns_all_the_time():
    async def scene():
        async with Output(address=None) as ours:
            for address in (None, "127.0.0.1"):
                ours.context.board.network.address = address
                turns = ours.output.turns
                await ours.until(lambda turns=turns: ours.output.turns > turns + 1)
            assert ours.output.deadline > 10

    run(scene)


def test_a_service_that_cannot_be_announced_costs_the_others_nothing():
    async def scene():
        services = [("_http._tcp", 8080, {"k": "v" * 300}), ("_hwenergy._tcp", 8080, {})]
        async with Output(services) as ours, zeroconf() as peer:
            await ours.until_up()
            await Browser(peer, METER).find(ours.name, ADDED)
        assert ours.said[0] == (
            "mDNS: _http._tcp is not announced: the keys of _http._tcp take 303 bytes, and may "
            "take 240."
        )

    run(scene)


def test_a_host_without_services_is_found_by_its_name():
    async def scene():
        async with Output([]) as ours:
            await ours.until_up()
            with Client() as client:
                client.send(ask(ours.name + ".local", A))
                assert await client.response(lambda found: found.find(A, ours.name + ".local"))

    run(scene)


# --- What is sent in vain, or goes wrong


def test_a_flood_does_not_end_it():
    async def scene():
        dice = random.Random(1)
        async with Output() as ours:
            await ours.until_up()
            name = ours.name + ".local"
            asked = ask(name, A)
            with Client() as client:
                for number in range(3000):
                    client.send(dice.randbytes(dice.randrange(1200)))
                    client.send(asked[: dice.randrange(len(asked))])
                    if not number % 100:
                        await asyncio.sleep(0)
                answer = None
                while not answer:
                    client.send(asked)
                    answer = await client.response(lambda found: found.find(A, name), 1)
            counters = ours.output.counters()
        assert counters["received"] > 20 and counters["refused"]

    run(scene)


class Failing:
    """In the place of a socket whose methods fail by their name."""

    def __init__(self, inner, *names):
        self._inner = inner
        self._names = names

    def __getattr__(self, name):
        if name in self._names:

            def fail(*details):
                # Of the options, the port is still to be shared with other tests: only the group.
                if name == "setsockopt" and details[1] != socket.IP_ADD_MEMBERSHIP:
                    return self._inner.setsockopt(*details)
                raise OSError(errno.EADDRINUSE if name == "bind" else errno.ENETUNREACH, "broken")

            return fail
        return getattr(self._inner, name)


def broken(monkeypatch, *names):
    make = socket.socket
    monkeypatch.setattr("socket.socket", lambda *details: Failing(make(*details), *names))
    return lambda: monkeypatch.setattr("socket.socket", make)


def test_a_port_that_is_taken_is_said_once_and_tried_again(monkeypatch):
    repair = broken(monkeypatch, "bind")
    output = discovery.create(context := Context([], write=lambda _: None))

    async def scene():
        task = asyncio.ensure_future(output.run())
        end = asyncio.get_running_loop().time() + 20
        while output.turns < 2:
            await asyncio.sleep(0.01)
        repair()
        while not output.counters()["name"]:
            assert asyncio.get_running_loop().time() < end
            await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    context.settings["hostname"] = unique("power-readout")
    asyncio.run(scene())
    (problem, up) = context.log.said
    assert problem.startswith("mDNS: UDP port 5353 cannot be opened: ")
    assert up.startswith("mDNS: this is ")


def test_what_cannot_be_sent_is_counted(monkeypatch):
    broken(monkeypatch, "sendto")
    ours = Output()

    async def scene():
        async with ours:
            await ours.until(lambda: ours.output.counters()["unsent"] > 10)
            assert ours.output.counters()["sent"] == 0

    asyncio.run(scene())


def test_what_cannot_be_received_is_no_end(monkeypatch):
    broken(monkeypatch, "recvfrom")
    ours = Output()

    async def scene():
        async with ours:
            await ours.until_up()
            await asyncio.sleep(0.3)

    asyncio.run(scene())


def test_a_group_that_cannot_be_joined_is_said(monkeypatch):
    broken(monkeypatch, "setsockopt")
    ours = Output()

    async def scene():
        async with ours:
            await ours.until_up()

    asyncio.run(scene())
    assert any("224.0.0.251 cannot be joined" in line for line in ours.said)


def test_a_port_is_opened_before_there_is_an_address():
    context = Context([], unique("power-readout"), address=None)
    output = discovery.create(context)
    try:
        assert output.socket.getsockname()[1] == 5353
    finally:
        output.socket.close()


# --- Finding others


def test_the_address_of_another_host_is_found():
    async def scene():
        host = unique("homeassistant")
        async with zeroconf() as peer, Output() as ours:
            await (await peer.async_register_service(service(unique("x"), host=host)))
            await ours.until_up()
            found = await ours.output.resolve(f"{host}.local", 10)
            sent = ours.output.counters()["sent"]
            again = await ours.output.resolve(f"{host.upper()}.LOCAL", 10)
            assert ours.output.counters()["sent"] == sent
        assert found == again == "127.0.0.1"

    run(scene)


def test_two_that_look_for_hosts_do_not_disturb_each_other():
    async def scene():
        hosts = [unique("host") for _ in range(3)]
        async with zeroconf() as peer, Output() as ours:
            for host in hosts[:2]:
                await (await peer.async_register_service(service(unique("x"), host=host)))
            await ours.until_up()
            lookups = [ours.output.resolve(f"{host}.local", 3) for host in hosts]
            assert await asyncio.gather(*lookups) == ["127.0.0.1", "127.0.0.1", None]

    run(scene)


def test_a_host_that_does_not_exist_is_looked_for_in_vain_for_as_long_as_was_said():
    async def scene():
        async with Output() as ours:
            await ours.until_up()
            start = asyncio.get_running_loop().time()
            assert await ours.output.resolve(unique("nobody") + ".local", 1.5) is None
            assert 1.4 < asyncio.get_running_loop().time() - start < 5
            # Asked at once and after a second.
            assert await ours.output.resolve("192.168.1.1", 10) is None
            assert await ours.output.resolve("example.com", 10) is None

    run(scene)


def test_who_looks_for_a_host_while_there_is_no_network_waits_for_it():
    async def scene():
        host = unique("homeassistant")
        async with zeroconf() as peer, Output(address=None) as ours:
            await (await peer.async_register_service(service(unique("x"), host=host)))
            looking = asyncio.ensure_future(ours.output.resolve(f"{host}.local", 20))
            await asyncio.sleep(0.3)
            ours.context.board.network.address = "127.0.0.1"
            assert await looking == "127.0.0.1"

    run(scene)
