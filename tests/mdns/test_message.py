"""Reading messages: names, pointers, sections, and what breaks off. Runs under both Pythons."""

from struct import pack

from mdns_wire import IN, PTR, SRV, A, address, location, message, pointer, question, record, wire

from mdns.message import data, entries, flags_of, name_at


def refused(function, *arguments):
    """Whether the function says that this is no message; any other exception is an error."""
    try:
        function(*arguments)
    except ValueError:
        return True
    return False


def read(octets):
    return list(entries(octets))


def test_a_name_is_read_in_small_letters_and_without_its_zero_byte():
    assert name_at(b"\x05_HTTP\x04_tcp\x05Local\0x", 0) == (b"\x05_http\x04_tcp\x05local", 18)


def test_a_name_goes_on_where_its_pointer_leads_and_ends_behind_the_pointer():
    octets = b"\x05local\0\x04_tcp\xc0\x00\x05_http\xc0\x07rest"
    assert name_at(octets, 14) == (b"\x05_http\x04_tcp\x05local", 22)


def test_the_root_is_an_empty_name():
    assert name_at(b"\0", 0) == (b"", 1)


def test_a_pointer_to_itself_ends():
    assert name_at(b"\xc0\x00", 0) == (b"", 2)


def test_two_pointers_to_each_other_end():
    assert name_at(b"\xc0\x02\xc0\x00", 0) == (b"", 2)


def test_a_label_that_is_repeated_for_ever_ends():
    assert name_at(b"\x01a\xc0\x00", 0) == (b"", 4)


def test_a_pointer_that_leads_on_is_followed():
    assert name_at(b"\xc0\x02\x01a\0", 0) == (b"\x01a", 2)


def test_a_name_of_many_labels_is_none_of_ours_and_what_follows_it_is_found():
    labels = b"\x01a" * 34
    assert name_at(labels + b"\0x", 0) == (b"", 69)
    assert name_at(labels + b"\xc0\x00x", 0) == (b"", 70)


def test_a_name_of_twelve_labels_is_read():
    labels = b"\x01a" * 12
    assert name_at(labels + b"\0", 0) == (labels, 25)


def test_a_name_that_breaks_off_is_refused():
    whole = b"\x05_http\x04_tcp\xc0\x00"
    for size in range(len(whole)):
        assert refused(name_at, whole[:size], 0), size


def test_a_pointer_behind_the_end_is_refused():
    assert refused(name_at, b"\xff\xff", 0)


def test_a_label_of_an_unknown_kind_is_refused():
    for size in (0x40, 0x7F, 0x80, 0xBF):
        assert refused(name_at, bytes((size,)) + b"a" * size + b"\0", 0)


def test_no_more_than_a_dozen_pointers_are_followed():
    chain = b"".join(pack(">H", 0xC000 | at) for at in range(2, 42, 2))
    # What is behind them is not looked at.
    assert name_at(chain + b"\x40", 0) == (b"", 2)
    assert refused(name_at, chain + b"\x40", 30)


def test_the_flags_are_read():
    assert flags_of(message(0x8400)) == 0x8400


def test_a_header_that_breaks_off_is_refused():
    for size in range(12):
        assert refused(flags_of, message()[:size])


def test_questions_and_records_are_read_by_section():
    octets = message(
        0,
        [question("a.local", A)],
        [address("b.local", "1.2.3.4", ttl=7)],
        [record("c.local", 99, b"abc", ttl=0x80000000)],
        [record("d.local", 98, b"", rrclass=0x8001)],
    )
    found = read(octets)
    assert [entry[:5] for entry in found] == [
        (0, wire("a.local")[:-1], A, IN, 0),
        (1, wire("b.local")[:-1], A, IN, 7),
        (2, wire("c.local")[:-1], 99, IN, 0x80000000),
        (3, wire("d.local")[:-1], 98, 0x8001, 120),
    ]
    assert [octets[entry[5] : entry[6]] for entry in found] == [b"", b"\1\2\3\4", b"abc", b""]
    # What follows a question begins where it ends.
    assert found[0][6] == 12 + len(question("a.local", A))
    assert found[-1][6] == len(octets)


def test_a_message_that_breaks_off_is_refused_wherever_that_is():
    octets = message(0, [question("a.local", A)], [address("b.local", "1.2.3.4")])
    for size in range(12, len(octets)):
        assert refused(read, octets[:size]), size
    assert len(read(octets)) == 2


def test_more_bytes_than_the_sections_have_are_no_mistake():
    assert len(read(message(0, [question("a.local", A)]) + b"more")) == 1


def test_counts_that_promise_too_much_are_refused():
    assert refused(read, pack(">HHHHHH", 0, 0, 0xFFFF, 0xFFFF, 0xFFFF, 0xFFFF) + b"\0" * 100)


def test_records_of_the_root_are_read():
    octets = message(0, answers=[b"\0" + pack(">HHIH", PTR, IN, 1, 1) + b"\0"])
    assert [entry[1] for entry in read(octets)] == [b""]


def test_the_data_of_a_location_are_compared_with_its_name_in_full():
    plain = message(0, answers=[location("a.local", 80, "Host.local")])
    packed = message(
        0,
        [question("host.local", A)],
        [record("a.local", SRV, pack(">HHHH", 0, 0, 80, 0xC00C))],
    )
    ours, theirs = [
        data(octets, SRV, start, end)
        for octets in (plain, packed)
        for section, _, _, _, _, start, end in entries(octets)
        if section
    ]
    assert ours == theirs == pack(">HHH", 0, 0, 80) + wire("host.local")[:-1]


def test_other_data_are_compared_as_they_are():
    octets = message(0, answers=[pointer("a.local", "b.local")])
    ((_, _, kind, _, _, start, end),) = entries(octets)
    assert data(octets, 99, start, end) == octets[start:end] == wire("b.local")
    assert kind == PTR


def test_the_work_for_pointers_is_bounded():
    # A message full of pointers to pointers: each name takes no more than a dozen steps.
    chain = b"".join(pack(">H", 0xC000 | at) for at in range(10, 700, 2))
    octets = message() + chain
    assert name_at(octets, len(octets) - 2) == (b"", len(octets))
