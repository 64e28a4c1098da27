"""What a zone is built of, and which messages concern it. Runs under both Pythons."""

from mdns_hosts import HTTP, METER, ip, zone
from mdns_wire import (
    ANY,
    IN,
    NSEC,
    PTR,
    SRV,
    TOP,
    TXT,
    A,
    Message,
    address,
    ask,
    location,
    pointer,
    response,
    wire,
)

from mdns.builder import build

HTTP_NAME = "power-readout-c0ffee._http._tcp.local"


def blocks(**more):
    return [Message(block) for block in zone(**more).blocks]


def claims(numbers=None):
    return build("power-readout", [HTTP, METER], ip("10.0.0.1"), numbers or {})[1]


def problem(*services, **more):
    """The sentence that refuses these services."""
    try:
        zone(services=services, **more)
    except ValueError as error:
        return str(error)
    raise AssertionError("not refused")


def test_a_service_has_a_block_and_each_host_has_one():
    names = [block.entries[0].name for block in blocks()]
    assert names == [
        "_http._tcp.local",
        "_hwenergy._tcp.local",
        "power-readout.local",
        "p1meter-c0ffee.local",
    ]


def test_a_service_is_announced_with_place_and_keys():
    block = blocks()[0]
    (service,) = block.find(PTR, "_http._tcp.local")
    (place,) = block.find(SRV)
    (keys,) = block.find(TXT)
    (kind,) = block.find(PTR, "_services._dns-sd._udp.local")
    assert service.data == place.name == keys.name == HTTP_NAME
    assert place.data == (80, "power-readout.local")
    assert keys.data == ["path=/"]
    assert kind.data == "_http._tcp.local"


def test_a_host_is_announced_with_its_address():
    (found,) = blocks()[2].find(A)
    assert (found.name, found.data) == ("power-readout.local", "10.0.0.1")


def test_a_service_may_have_a_host_of_its_own():
    block = blocks()[1]
    assert block.find(SRV)[0].data == (80, "p1meter-c0ffee.local")
    assert blocks()[3].find(A, "p1meter-c0ffee.local")[0].data == "10.0.0.1"


def test_two_services_may_share_a_host_of_their_own():
    shelly = "shellypro3em-24a160c0ffee"
    both = [(kind, 80, {"gen": "2"}, shelly, shelly) for kind in ("_shelly._tcp", "_http._tcp")]
    found = blocks(services=[HTTP] + both)
    assert len(found) == 5
    assert [block.find(SRV)[0].data[1] for block in found[:3]] == [
        "power-readout.local",
        shelly + ".local",
        shelly + ".local",
    ]


def test_a_type_is_enumerated_once():
    found = blocks(services=[HTTP, ("_http._tcp", 81, {}, "other")])
    assert [len(block.find(PTR, "_services._dns-sd._udp.local")) for block in found] == [1, 0, 0]


def test_without_an_instance_a_service_is_called_as_the_host():
    (service,) = blocks(services=[("_http._tcp", 80, {})])[0].find(SRV)
    assert service.name == "power-readout._http._tcp.local"


def test_ttl_and_class_are_those_of_the_standard():
    for block in blocks():
        for entry in block.entries:
            assert entry.ttl == (4500 if entry.kind in (PTR, TXT) else 120)
            assert entry.rrclass == (IN if entry.kind == PTR else IN | TOP)


def test_what_types_a_name_has_is_said():
    service, _, host, _ = blocks()
    assert service.find(NSEC)[0].data == (HTTP_NAME, [TXT, SRV])
    assert host.find(NSEC)[0].data == ("power-readout.local", [A])


def test_names_are_compressed():
    for block in zone().blocks:
        assert block.count(b"\x05local") == 1
    # The instance's name stands in five records.
    assert zone().blocks[0].count(b"power-readout-c0ffee") == 1


def test_keys_come_in_the_order_of_their_names():
    block = blocks(services=[("_x._tcp", 1, {"b": "2", "a": "1", "c": ""})])[0]
    assert block.find(TXT)[0].data == ["a=1", "b=2", "c="]


def test_keys_may_be_given_as_bytes():
    block = blocks(services=[("_x._tcp", 1, b"\x03a=1\x01b")])[0]
    assert block.find(TXT)[0].data == ["a=1", "b"]


def test_a_service_without_keys_has_an_empty_one():
    for keys in ({}, b""):
        assert blocks(services=[("_x._tcp", 1, keys)])[0].find(TXT)[0].data == [""]


def test_capitals_are_kept():
    service = ("_everhome._tcp", 80, {}, "ecotracker-24A160C0FFEE")
    assert blocks(services=[service])[0].find(SRV)[0].name.startswith("ecotracker-24A160C0FFEE.")


def test_a_number_stands_behind_a_name_that_is_another_s():
    numbers = {wire("power-readout.local")[:-1]: 2, wire(HTTP_NAME)[:-1]: 11}
    made = zone(numbers=numbers)
    found = [Message(block) for block in made.blocks]
    assert made.host == "power-readout-2.local"
    assert found[0].find(SRV)[0].name == "power-readout-c0ffee-11._http._tcp.local"
    assert found[0].find(SRV)[0].data == (80, "power-readout-2.local")
    assert found[2].find(A)[0].name == "power-readout-2.local"
    assert found[3].find(A)[0].name == "p1meter-c0ffee.local"


def test_every_name_of_its_own_is_claimed_with_its_records():
    found = claims()
    assert sorted(found) == sorted(
        wire(name)[:-1]
        for name in (
            HTTP_NAME,
            "p1meter-c0ffee._hwenergy._tcp.local",
            "power-readout.local",
            "p1meter-c0ffee.local",
        )
    )
    wanted, records, probe = found[wire(HTTP_NAME)[:-1]]
    probe = Message(probe)
    assert wanted == wire(HTTP_NAME)[:-1]
    assert [kind for kind, _ in records] == [SRV, TXT]
    (question,) = probe.section(0)
    assert (question.name, question.kind, question.rrclass) == (HTTP_NAME, ANY, IN | TOP)
    assert [(entry.kind, entry.rrclass, entry.data) for entry in probe.section(2)] == [
        (SRV, IN, (80, "power-readout.local")),
        (TXT, IN, ["path=/"]),
    ]


def test_a_claim_s_data_are_in_small_letters():
    found = build("Power-Readout", [HTTP], ip("10.0.0.1"), {})[1]
    _, records, _ = found[wire(HTTP_NAME)[:-1]]
    assert records[0][1].endswith(wire("power-readout.local")[:-1])


def test_a_claim_remembers_the_name_without_its_number():
    numbers = {wire("power-readout.local")[:-1]: 3}
    assert (
        claims(numbers)[wire("power-readout-3.local")[:-1]][0] == wire("power-readout.local")[:-1]
    )


def test_the_largest_service_fits_into_a_message():
    longest = "h" * 60
    kind = "_" + "t" * 15 + "._tcp"
    for numbers in (
        {},
        {wire(longest + ".local")[:-1]: 99, wire(longest + "." + kind + ".local")[:-1]: 99},
    ):
        made = zone(host=longest, services=[(kind, 65535, b"\xef" + b"k" * 239)], numbers=numbers)
        assert len(made.blocks[0]) <= 512
        Message(made.blocks[0])


def test_what_does_not_fit_is_refused_with_a_sentence():
    assert problem(("_x._tcp", 1, {}, "n" * 61)) == (
        '"' + "n" * 61 + '" is no part of a name: it must have 1 to 60 bytes'
    )
    assert "is no part of a name" in problem(("_x._tcp", 1, {}, "a", "h" * 61))
    assert '"" is no part of a name' in problem(("_x.", 1, {}, "a"))
    assert "1 to 16 bytes" in problem(("_" + "t" * 16 + "._tcp", 1, {}, "a"))
    assert problem(("_x._tcp", 1, {"k": "v" * 300})) == (
        "the keys of _x._tcp take 303 bytes, and may take 240"
    )
    assert "take 241 bytes" in problem(("_x._tcp", 1, b"k" * 241))


def test_a_service_that_is_there_twice_is_refused():
    assert problem(HTTP, HTTP) == HTTP_NAME + " is there twice: give one of them another name"
    assert "twice" in problem(("_x._tcp", 1, {}, "a"), ("_x._tcp", 2, {}, "A"))


# --- Which messages concern it


def test_questions_for_its_names_concern_it():
    made = zone()
    for name in (
        "_http._tcp.local",
        "_HWENERGY._tcp.local",
        "_services._dns-sd._udp.local",
        "power-readout.local",
        "P1Meter-C0FFEE.local",
        HTTP_NAME,
    ):
        assert made.concerns(ask(name, ANY)), name


def test_questions_for_others_do_not_concern_it():
    made = zone()
    for name in ("_googlecast._tcp.local", "homeassistant.local", "_tcp.local", "local"):
        assert not made.concerns(ask(name, ANY)), name


def test_answers_about_its_own_names_concern_it():
    made = zone()
    assert made.concerns(response(address("Power-Readout.local", "10.0.0.9")))
    assert made.concerns(response(location(HTTP_NAME, 80, "other.local")))
    assert made.concerns(response(pointer("_http._tcp.local", HTTP_NAME)))


def test_answers_about_others_services_of_the_same_type_do_not_concern_it():
    made = zone()
    answer = response(pointer("_http._tcp.local", "printer._http._tcp.local"))
    assert not made.concerns(answer)


def test_what_is_too_short_to_be_a_message_does_not_concern_it():
    made = zone(host="a", services=[])
    assert made.concerns(ask("a.local", A))
    for size in range(12):
        assert not made.concerns(b"a" * size)
