"""Finding other hosts, on a made clock. Runs under both Pythons."""

from mdns_wire import (
    IN,
    RESPONSE,
    TOP,
    A,
    Message,
    address,
    message,
    question,
    record,
    response,
)

from mdns.resolver import Resolver

NAME = "homeassistant.local"


def asking(name=NAME, now=0):
    resolver = Resolver()
    assert resolver.question(name, True, now)
    return resolver


def test_a_question_asks_for_the_address():
    found = Message(Resolver().question("HomeAssistant.local", False, 0))
    (entry,) = found.entries
    assert (found.flags, found.id) == (0, 0)
    assert (entry.name, entry.kind, entry.rrclass) == (NAME, A, IN)


def test_a_question_may_ask_for_an_answer_to_itself():
    (entry,) = Message(Resolver().question(NAME, True, 0)).entries
    assert entry.rrclass == IN | TOP


def test_the_address_is_that_of_the_answer():
    resolver = asking()
    assert resolver.address(NAME, 0) is None
    resolver.receive(response(address("HOMEASSISTANT.local", "10.0.0.7")), "10.0.0.7", 100)
    assert resolver.address(NAME, 100) == "10.0.0.7"
    assert resolver.address("homeAssistant.LOCAL", 100) == "10.0.0.7"


def test_the_address_may_be_in_any_section():
    for section in ("answers", "authorities", "additionals"):
        resolver = asking()
        octets = message(RESPONSE, **{section: [address(NAME, "10.0.0.7")]})
        resolver.receive(octets, "10.0.0.7", 0)
        assert resolver.address(NAME, 0) == "10.0.0.7"


def test_the_address_is_forgotten_when_its_time_is_over():
    resolver = asking()
    resolver.receive(response(address(NAME, "10.0.0.7", ttl=120)), "10.0.0.7", 1000)
    assert resolver.address(NAME, 120_999) == "10.0.0.7"
    assert resolver.address(NAME, 121_000) is None
    # Asking again does not bring it back.
    resolver.question(NAME, True, 122_000)
    assert resolver.address(NAME, 122_000) is None


def test_no_address_is_kept_for_longer_than_75_minutes():
    resolver = asking()
    resolver.receive(response(address(NAME, "10.0.0.7", ttl=0xFFFFFFFF)), "10.0.0.7", 0)
    assert resolver.address(NAME, 4_499_999) == "10.0.0.7"
    assert resolver.address(NAME, 4_500_000) is None


def test_a_host_that_takes_leave_is_forgotten():
    resolver = asking()
    resolver.receive(response(address(NAME, "10.0.0.7")), "10.0.0.7", 0)
    resolver.receive(response(address(NAME, "10.0.0.7", ttl=0)), "10.0.0.7", 5)
    assert resolver.address(NAME, 5) is None


def test_of_several_addresses_the_one_that_answers_is_taken():
    several = response(
        address(NAME, "172.30.32.1"), address(NAME, "10.0.0.7"), address(NAME, "172.17.0.1")
    )
    resolver = asking()
    resolver.receive(several, "10.0.0.7", 0)
    assert resolver.address(NAME, 0) == "10.0.0.7"
    # Where none of them answers, the first.
    resolver = asking()
    resolver.receive(several, "10.0.0.9", 0)
    assert resolver.address(NAME, 0) == "172.30.32.1"


def test_the_address_may_be_heard_again_from_somebody_else():
    resolver = asking()
    resolver.receive(response(address(NAME, "10.0.0.7")), "10.0.0.7", 0)
    resolver.receive(response(address(NAME, "10.0.0.7")), "10.0.0.254", 60_000)
    assert resolver.address(NAME, 150_000) == "10.0.0.7"


def test_what_is_no_answer_to_the_question_is_not_taken():
    for octets in (
        message(0, answers=[address(NAME, "10.0.0.7")]),
        message(RESPONSE | 3, answers=[address(NAME, "10.0.0.7")]),
        message(RESPONSE, [question(NAME, A)]),
        response(address("other.local", "10.0.0.7")),
        response(record(NAME, A, b"\1\2\3")),
        response(record(NAME, 28, b"\1\2\3\4")),
        response(address(NAME, "10.0.0.7"))[:-1],
        b"",
    ):
        resolver = asking()
        resolver.receive(octets, "10.0.0.7", 0)
        assert resolver.address(NAME, 0) is None, octets


def test_what_was_not_asked_for_is_not_kept():
    resolver = Resolver()
    resolver.receive(response(address(NAME, "10.0.0.7")), "10.0.0.7", 0)
    assert resolver.address(NAME, 0) is None
    assert resolver.is_idle(0)


def test_four_hosts_are_kept_and_the_oldest_gives_way():
    resolver = Resolver()
    for number in range(5):
        name = "host%d.local" % number
        resolver.question(name, True, 0)
        resolver.receive(response(address(name, "10.0.0.%d" % number)), "10.0.0.9", 0)
    found = [resolver.address("host%d.local" % number, 0) for number in range(5)]
    assert found == [None, "10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.4"]


def test_it_is_idle_when_nothing_is_asked_or_known():
    resolver = Resolver()
    assert resolver.is_idle(0)
    resolver.question(NAME, True, 0)
    assert not resolver.is_idle(9_999)
    assert resolver.is_idle(10_000)
    resolver.receive(response(address(NAME, "10.0.0.7", ttl=120)), "10.0.0.7", 10_000)
    assert not resolver.is_idle(129_999)
    assert resolver.is_idle(130_000)


def test_what_is_no_name_of_mdns_is_not_asked_for():
    for name in (
        "",
        "local",
        ".local",
        "a..local",
        "example.com",
        "192.168.1.10",
        "localhost",
        "a.local.",
        "l" * 64 + ".local",
        ".".join(["l" * 60] * 5) + ".local",
    ):
        resolver = Resolver()
        assert resolver.question(name, True, 0) is None, name
        assert resolver.address(name, 0) is None


def test_the_longest_name_is_asked_for():
    name = ".".join(["l" * 61] * 4) + ".local"
    (entry,) = Message(Resolver().question(name, True, 0)).entries
    assert entry.name == name
