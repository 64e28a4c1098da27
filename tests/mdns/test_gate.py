"""Which datagrams are worked on. Runs under both Pythons."""

from mdns.gate import Gate


def lets_in(gate, sender, message=bytes(12), port=5353):
    return gate.lets_in(message, sender, port)


def gate(address="192.168.1.20", netmask="255.255.255.0", admits=None):
    return Gate(address, netmask, admits, 0)


def test_the_own_network_is_let_in():
    for sender in ("192.168.1.1", "192.168.1.20", "192.168.1.255"):
        assert lets_in(gate(), sender)


def test_other_networks_are_kept_out():
    for sender in ("192.168.2.1", "10.0.0.1", "8.8.8.8", "193.168.1.1"):
        assert not lets_in(gate(), sender)


def test_a_netmask_may_end_within_a_byte():
    narrow = gate("10.0.0.70", "255.255.255.192")
    assert lets_in(narrow, "10.0.0.64") and lets_in(narrow, "10.0.0.127")
    assert not lets_in(narrow, "10.0.0.63") and not lets_in(narrow, "10.0.0.128")
    wide = gate("10.1.2.3", "255.0.0.0")
    assert lets_in(wide, "10.200.0.1") and not lets_in(wide, "11.0.0.1")


def test_others_are_let_in_if_they_are_admitted():
    asked = []

    def admits(address):
        asked.append(address)
        return address == "10.0.0.1"

    both = gate(admits=admits)
    assert lets_in(both, "10.0.0.1")
    assert not lets_in(both, "10.0.0.2")
    assert lets_in(both, "192.168.1.1")
    assert asked == ["10.0.0.1", "10.0.0.2"]


def test_an_answer_is_let_in_from_the_port_of_mdns_only():
    question, answer = bytes(12), b"\0\0\x84\0" + bytes(8)
    for message, port, is_let_in in (
        (question, 5353, True),
        (question, 40_000, True),
        (answer, 5353, True),
        (answer, 40_000, False),
        (b"", 40_000, True),
    ):
        assert lets_in(gate(), "192.168.1.1", message, port) == is_let_in


def let_in(size, milliseconds, each):
    """How many datagrams of a size are let in and read, of so many each millisecond."""
    busy = gate()
    count = 0
    for now in range(milliseconds):
        busy.fill(now)
        for _ in range(each):
            if busy.tokens > 0:
                assert lets_in(busy, "192.168.1.1")
                busy.tokens -= size
                count += 1
    return count


def test_a_burst_is_let_in_whole():
    assert let_in(500, 1, 20) == 20


def test_a_flood_is_let_in_at_a_rate():
    # 12,000 bytes at once, and then 4,000 a second, with 50 for each.
    assert 44 <= let_in(400, 2000, 5) <= 46
    assert 13 <= let_in(1472, 2000, 5) <= 15
    assert 398 <= let_in(0, 2000, 5) <= 402


def test_what_comes_from_another_network_takes_tokens_too():
    busy = gate()
    while busy.tokens > 0:
        assert not lets_in(busy, "10.0.0.1")
    busy.fill(1000)
    assert busy.tokens == 4000


def test_after_a_pause_there_is_room_for_a_burst_and_no_more():
    busy = gate()
    busy.tokens = -1000
    busy.fill(30 * 86_400_000)
    assert busy.tokens == 12_000
