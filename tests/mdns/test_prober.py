"""Claiming names on a made clock, alone and against others. Runs under both Pythons.

The clauses are those of RFC 6762.
"""

from mdns_hosts import HTTP, METER, Host, Network, highest, ip, lowest
from mdns_wire import (
    ANY,
    IN,
    RESPONSE,
    TOP,
    TXT,
    A,
    Message,
    address,
    ask,
    location,
    message,
    query,
    question,
    record,
    response,
    wire,
)

from mdns.builder import build
from mdns.prober import Prober

HOST = "power-readout.local"
NAME = "power-readout-c0ffee._http._tcp.local"
OTHER_HOST = "p1meter-c0ffee.local"


class Claim:
    """A prober at 10.0.0.5 on a clock of its own."""

    def __init__(self, services=(HTTP, METER), random=lowest):
        self.numbers = {}
        self.now = 0
        self.prober = Prober(
            lambda numbers: build("power-readout", services, ip("10.0.0.5"), numbers),
            self.numbers,
            random,
            0,
        )

    def run(self, milliseconds):
        """(time, message) of all that is sent meanwhile."""
        sent = []
        for _ in range(milliseconds):
            for octets in self.prober.messages(self.now):
                sent.append((self.now, Message(octets)))
            self.now += 1
        return sent

    def receive(self, octets):
        """Take in a message after a probe."""
        while not self.run(1):
            pass
        self.prober.receive(octets, self.now)


def test_each_name_is_asked_for_three_times_with_250_milliseconds_between():
    for random, start in ((lowest, 0), (highest, 249)):
        claim = Claim(random=random)
        sent = claim.run(2000)
        times = {}
        for now, found in sent:
            (entry,) = found.section(0)
            times.setdefault(entry.name, []).append(now)
        assert len(times) == 4
        for name in times:
            assert times[name] == [start, start + 250, start + 500]
        assert claim.prober.done


def test_the_names_are_its_own_250_milliseconds_after_the_last_probe():
    claim = Claim()
    claim.run(750)
    assert not claim.prober.done
    claim.run(1)
    assert claim.prober.done
    assert claim.prober.zone.host == HOST and claim.prober.renamed == {}


def test_the_first_probe_asks_for_an_answer_to_itself_and_the_others_for_one_to_all():
    classes = [found.section(0)[0].rrclass for _, found in Claim().run(2000)]
    assert classes == [IN | TOP] * 4 + [IN] * 8


def test_a_probe_says_what_it_claims():
    found = [probe for _, probe in Claim().run(1)]
    (host,) = [probe for probe in found if probe.section(0)[0].name == HOST]
    (entry,) = host.section(0)
    assert (entry.kind, entry.rrclass) == (ANY, IN | TOP)
    assert host.flags == 0 and not host.section(1)
    # The bit that says "forget what you knew" is not for claims (clause 10.2).
    assert [(e.kind, e.rrclass, e.data) for e in host.section(2)] == [(A, IN, "10.0.0.5")]


def test_a_name_that_is_another_s_gets_a_number_and_is_claimed_anew():
    claim = Claim()
    claim.run(300)
    claim.receive(response(address(HOST, "10.0.0.9")))
    sent = claim.run(1000)
    assert claim.prober.done
    assert claim.prober.zone.host == "power-readout-2.local"
    assert claim.prober.renamed == {"power-readout": "power-readout-2"}
    assert claim.numbers == {wire(HOST)[:-1]: 2}
    names = [found.section(0)[0].name for _, found in sent]
    assert names.count("power-readout-2.local") == 3 and HOST not in names
    # The services point to it.
    (place,) = Message(claim.prober.zone.blocks[0]).find(33)
    assert place.data == (80, "power-readout-2.local")


def test_a_service_gets_a_number_of_its_own():
    claim = Claim()
    claim.receive(response(location("POWER-READOUT-C0FFEE._http._tcp.local", 80, "other.local")))
    claim.run(1000)
    assert claim.prober.renamed == {"power-readout-c0ffee": "power-readout-c0ffee-2"}
    assert claim.prober.zone.host == HOST


def test_any_record_of_a_name_says_that_it_is_another_s():
    for answer in (
        record(HOST, 28, b"\0" * 16),
        record(HOST, TXT, b"\0"),
        address(HOST, "10.0.0.9", ttl=1),
    ):
        claim = Claim()
        claim.receive(response(answer))
        assert claim.prober.renamed, answer


def test_what_does_not_say_so_changes_nothing():
    for octets in (
        # It takes leave.
        response(address(HOST, "10.0.0.9", ttl=0)),
        # Its own record, in a roundabout way.
        response(address(HOST, "10.0.0.5")),
        response(record(NAME, TXT, b"\x06path=/", 4500)),
        Claim().prober.zone.blocks[0],
        Claim().prober.zone.blocks[2],
        response(address("other.local", "10.0.0.9")),
        # No response, or one that says that something went wrong.
        ask(HOST, ANY),
        message(0, answers=[address(HOST, "10.0.0.9")]),
        message(RESPONSE | 3, answers=[address(HOST, "10.0.0.9")]),
        b"",
        response(address(HOST, "10.0.0.9"))[:-1],
    ):
        claim = Claim()
        claim.receive(octets)
        claim.run(751)
        assert claim.prober.done and claim.prober.renamed == {}, octets


def test_what_comes_before_the_first_probe_is_no_answer_to_it():
    claim = Claim(random=highest)
    claim.run(100)
    claim.prober.receive(response(address(HOST, "10.0.0.9")), claim.now)
    claim.run(1000)
    assert claim.prober.done and claim.prober.renamed == {}


def test_a_message_takes_one_name_at_a_time():
    # The other one is asked for again.
    claim = Claim()
    both = response(address(HOST, "10.0.0.9"), address(OTHER_HOST, "10.0.0.9"))
    claim.receive(both)
    assert len(claim.prober.renamed) == 1
    claim.receive(both)
    assert len(claim.prober.renamed) == 2


def test_numbers_go_on_until_a_name_is_free():
    claim = Claim()
    for taken in (HOST, "power-readout-2.local", "power-readout-3.local"):
        claim.receive(response(address(taken, "10.0.0.9")))
    claim.run(1000)
    assert claim.prober.zone.host == "power-readout-4.local"
    assert claim.prober.renamed == {"power-readout": "power-readout-4"}


def test_a_name_that_ends_in_digits_keeps_them():
    services = [("_x._tcp", 1, {}, "p1meter-433512")]
    claim = Claim(services)
    claim.receive(response(record("p1meter-433512._x._tcp.local", TXT, b"\x01a")))
    claim.receive(response(record("p1meter-433512-2._x._tcp.local", TXT, b"\x01a")))
    assert claim.prober.renamed == {"p1meter-433512": "p1meter-433512-3"}


def test_it_goes_slowly_when_there_is_no_end_of_conflicts():
    claim = Claim()
    for number in range(1, 100):
        name = "power-readout-%d.local" % number if number > 1 else HOST
        claim.receive(response(address(name, "10.0.0.9")))
    assert not claim.run(5000)
    assert claim.run(10)
    assert len(claim.numbers) == len(claim.prober.renamed) == 1


def test_the_last_number_is_followed_by_the_first():
    claim = Claim()
    for _ in range(250):
        claim.receive(response(address(claim.prober.zone.host, "10.0.0.9")))
    label = claim.prober.zone.host.partition(".")[0]
    assert 1 <= int(label.rpartition("-")[2]) <= 99


# --- Two that claim the same name at the same time (clause 8.2)


def claimed_by(text):
    return query(question(HOST, ANY), authorities=[address(HOST, text)])


def test_the_one_with_the_greater_record_goes_before():
    claim = Claim()
    claim.run(100)
    claim.receive(claimed_by("10.0.0.6"))
    assert not claim.run(1000)
    # After a second it asks again; the other one answers by then.
    assert claim.run(10)
    claim.receive(response(address(HOST, "10.0.0.6")))
    assert claim.prober.zone.host == "power-readout-2.local"


def test_the_one_with_the_lesser_record_is_not_heeded():
    for text in ("10.0.0.4", "9.255.255.255", "10.0.0.5"):
        claim = Claim()
        claim.run(100)
        claim.receive(claimed_by(text))
        claim.run(651)
        assert claim.prober.done, text


def test_records_are_compared_by_class_then_type_then_data():
    # TXT is a greater type than A, whatever the data; more records are greater than fewer.
    for authorities, gives_way in (
        ([record(HOST, TXT, b"\0")], True),
        ([address(HOST, "10.0.0.5"), record(HOST, TXT, b"\0")], True),
        ([record(HOST, TXT, b"\0"), address(HOST, "10.0.0.5")], True),
        ([address(HOST, "10.0.0.4"), record(HOST, TXT, b"\0")], False),
        ([address(HOST, "10.0.0.6", rrclass=IN | TOP)], True),
        ([address(HOST, "10.0.0.4", rrclass=IN | TOP)], False),
        ([address(HOST, "10.0.0.1", rrclass=2)], True),
    ):
        claim = Claim()
        claim.run(100)
        claim.receive(query(question(HOST, ANY), authorities=authorities))
        assert bool(claim.run(260)) != gives_way, authorities


def test_records_are_sorted_before_they_are_compared():
    # Its TXT record, which comes before its SRV record, is the lesser one.
    claim = Claim()
    authorities = [location(NAME, 81, HOST), record(NAME, TXT, b"\x06path=.")]
    claim.receive(query(question(NAME, ANY), authorities=authorities))
    assert claim.run(260)


def test_the_place_of_a_service_is_compared_with_its_name_in_full():
    for target, gives_way in (("power-readouz.local", True), ("power-readous.local", False)):
        claim = Claim()
        claim.run(100)
        place = location(NAME, 80, target)
        keys = record(NAME, TXT, b"\x06path=/")
        claim.receive(query(question(NAME, ANY), authorities=[place, keys]))
        assert bool(claim.run(260)) != gives_way, target


# --- Whole hosts on a network


def test_a_host_alone_has_its_names_within_a_second_and_hears_itself_without_harm():
    network = Network()
    host = Host(network, "10.0.0.1")
    network.run(1000)
    assert host.is_up and host.name == HOST
    network.run(5000)
    assert host.is_up and host.renamed == {}


def test_the_second_host_of_a_name_gets_another_one():
    network = Network()
    first = Host(network, "10.0.0.1")
    network.run(3000)
    second = Host(network, "10.0.0.2", services=[("_http._tcp", 80, {}, "other")])
    network.run(3000)
    assert first.is_up and second.is_up
    assert (first.name, second.name) == (HOST, "power-readout-2.local")
    third = Host(network, "10.0.0.3", services=[])
    network.run(5000)
    assert third.name == "power-readout-3.local"
    assert first.renamed == {}


def test_two_hosts_that_start_together_end_with_two_names():
    network = Network()
    hosts = [Host(network, "10.0.0.%d" % n, services=[]) for n in (1, 2)]
    network.run_until_up()
    network.run(2000)
    assert sorted(host.name for host in hosts) == ["power-readout-2.local", HOST]
    # The greater address went before.
    assert hosts[1].name == HOST


def test_two_hosts_that_did_not_hear_each_other_part_when_they_do():
    networks = Network(), Network()
    hosts = [Host(networks[n], "10.0.0.%d" % n, services=[]) for n in (0, 1)]
    for network in networks:
        network.run(3000)
    assert [host.name for host in hosts] == [HOST, HOST]
    # A cable is put in, and somebody asks.
    networks[0].hosts += networks[1].hosts
    for host in hosts:
        host.receive(ask(HOST, A), "10.0.0.9", networks[0].now)
    networks[0].run(10_000)
    assert all(host.is_up for host in hosts)
    assert sorted(host.name for host in hosts) == ["power-readout-2.local", HOST]


def test_the_same_services_at_two_hosts_get_numbers_too():
    network = Network()
    hosts = [Host(network, "10.0.0.1")]
    network.run(3000)
    hosts.append(Host(network, "10.0.0.2"))
    network.run_until_up()
    assert hosts[1].renamed == {
        "power-readout": "power-readout-2",
        "power-readout-c0ffee": "power-readout-c0ffee-2",
        "p1meter-c0ffee": "p1meter-c0ffee-2",
    }
