"""The responder on a made clock: announcing, answering, and taking leave.

Runs under both Pythons. The clauses are those of RFC 6762.
"""

from mdns_hosts import HTTP, METER, SERVICES, Speaker, highest, lowest, zone
from mdns_wire import (
    AAAA,
    ANY,
    IN,
    NSEC,
    PTR,
    RESPONSE,
    SRV,
    TOP,
    TRUNCATED,
    TXT,
    A,
    Message,
    address,
    ask,
    location,
    message,
    pointer,
    query,
    question,
    record,
    response,
)

from mdns.responder import Responder

TYPES = "_services._dns-sd._udp.local"
TYPE = "_http._tcp.local"
NAME = "power-readout-c0ffee._http._tcp.local"
HOST = "power-readout.local"
OTHER_TYPE = "_hwenergy._tcp.local"
OTHER_NAME = "p1meter-c0ffee._hwenergy._tcp.local"
OTHER_HOST = "p1meter-c0ffee.local"


def instances(messages):
    """The names of the instances that messages tell of, sorted."""
    return sorted(entry.name for found in messages for entry in found.find(SRV))


# --- Announcing (clause 8.3)


def test_everything_is_announced_twice_with_more_than_a_second_between():
    made = zone()
    responder = Responder(made, lowest)
    responder.announce(5000)
    sent = []
    for now in range(4990, 20_000, 10):
        for octets in responder.messages(now):
            sent.append((now, Message(octets)))
    times = sorted({now for now, _ in sent})
    assert len(times) == 2 and times[0] == 5000 and 1000 < times[1] - times[0] < 1500
    for time in times:
        messages = [found for now, found in sent if now == time]
        assert instances(messages) == [OTHER_NAME, NAME]
        assert sorted(e.name for found in messages for e in found.find(A)) == [OTHER_HOST, HOST]
        kinds = sorted(e.data for found in messages for e in found.find(PTR, TYPES))
        assert kinds == [TYPE, OTHER_TYPE]


def test_an_announcement_is_a_response_without_question_and_identifier():
    speaker = Speaker()
    speaker.responder.announce(speaker.now)
    for found in speaker.messages():
        assert found.flags == RESPONSE and found.id == 0
        assert not found.section(0) and not found.section(2) and not found.section(3)


def test_no_message_is_longer_than_512_bytes_and_none_is_lost():
    services = [("_s%d._tcp" % n, n, {"k": "v" * 200}, "instance-%d" % n) for n in range(6)]
    speaker = Speaker(services)
    speaker.responder.announce(speaker.now)
    messages = speaker.messages()
    assert len(messages) == 6
    assert all(len(found.octets) <= 512 for found in messages)
    assert len(instances(messages)) == 6


def test_the_largest_service_is_announced():
    services = [("_" + "t" * 15 + "._tcp", 1, b"\xef" + b"k" * 239, "i" * 60)]
    speaker = Speaker(services, host="h" * 60)
    speaker.responder.announce(speaker.now)
    messages = speaker.messages()
    assert len(instances(messages)) == 1
    assert max(len(found.octets) for found in messages) > 500


def test_two_services_and_two_hosts_take_two_messages():
    speaker = Speaker()
    speaker.responder.announce(speaker.now)
    assert len(speaker.messages()) <= 2


# --- Questions to the group (clause 6)


def test_a_question_for_a_type_is_answered_to_the_group_with_all_that_comes_next():
    speaker = Speaker()
    assert speaker.receive(ask(TYPE, PTR)) == []
    _, (found,) = speaker.wait()
    assert found.flags == RESPONSE and found.id == 0 and not found.section(0)
    # Also those clients find it that look among the answers only.
    answers = found.section(1)
    assert len(answers) == len(found.entries)
    assert found.find(PTR, TYPE)[0].data == NAME
    assert found.find(SRV, NAME)[0].data == (80, HOST)
    assert found.find(TXT, NAME)[0].data == ["path=/"]
    assert found.find(A, HOST)[0].data == "10.0.0.1"
    assert answers[0].kind == PTR and answers[0].name == TYPE
    assert not found.find(SRV, OTHER_NAME)


def test_a_shared_answer_waits_for_20_to_120_milliseconds():
    for random, expected in ((lowest, 20), (highest, 120)):
        speaker = Speaker(random=random)
        speaker.receive(ask(TYPE, PTR))
        delay, _ = speaker.wait()
        assert delay == expected


def test_an_answer_that_only_this_host_has_is_sent_at_once():
    for name, kind in ((NAME, SRV), (NAME, TXT), (HOST, A), (NAME, ANY), (HOST, ANY)):
        speaker = Speaker(random=highest)
        speaker.receive(ask(name, kind))
        delay, _ = speaker.wait()
        assert delay == 0, (name, kind)


def test_questions_of_several_hosts_are_answered_together():
    speaker = Speaker(random=highest)
    speaker.receive(ask(TYPE, PTR), "10.0.0.2")
    speaker.now += 50
    speaker.receive(ask(OTHER_TYPE, PTR), "10.0.0.3")
    delay, messages = speaker.wait()
    assert delay == 70
    assert len(messages) == 1 and instances(messages) == [OTHER_NAME, NAME]
    assert speaker.wait() is None


def test_the_types_of_services_are_enumerated():
    speaker = Speaker()
    speaker.receive(ask(TYPES, PTR))
    _, messages = speaker.wait()
    kinds = [entry.data for found in messages for entry in found.find(PTR, TYPES)]
    assert sorted(kinds) == [TYPE, OTHER_TYPE]


def test_all_services_of_a_type_answer():
    speaker = Speaker([HTTP, ("_http._tcp", 81, {}, "second")])
    speaker.receive(ask(TYPE, PTR))
    _, messages = speaker.wait()
    assert instances(messages) == [NAME, "second._http._tcp.local"]


def test_letter_case_does_not_matter():
    speaker = Speaker()
    speaker.receive(ask("_HTTP._Tcp.LOCAL", PTR))
    _, (found,) = speaker.wait()
    assert instances([found]) == [NAME]


def test_any_class_and_any_type_are_answered():
    speaker = Speaker()
    speaker.receive(ask(TYPE, ANY, 255))
    assert speaker.wait()


def test_a_type_that_a_name_does_not_have_is_denied():
    for name, kind, types in (
        (HOST, AAAA, [A]),
        (HOST, TXT, [A]),
        (NAME, A, [TXT, SRV]),
        (OTHER_HOST, AAAA, [A]),
    ):
        speaker = Speaker()
        speaker.receive(ask(name, kind))
        delay, (found,) = speaker.wait()
        assert delay == 0
        assert found.find(NSEC, name)[0].data == (name, types)


def test_what_is_asked_of_a_shared_name_that_it_does_not_have_gets_no_answer():
    for name in (TYPE, TYPES):
        for kind in (A, SRV, TXT, AAAA):
            speaker = Speaker()
            assert speaker.receive(ask(name, kind)) == []
            assert speaker.wait() is None


def test_others_names_get_no_answer():
    for name in (
        "_ipp._tcp.local",
        "other._http._tcp.local",
        "_tcp.local",
        "local",
        "power.local",
    ):
        speaker = Speaker()
        assert speaker.receive(ask(name, ANY)) == []
        assert speaker.wait() is None, name


def test_another_class_gets_no_answer():
    speaker = Speaker()
    speaker.receive(ask(HOST, A, 3))
    assert speaker.wait() is None


def test_what_is_no_query_gets_no_answer():
    for flags in (0x0800, 0x2800, 0x0001, 0x7800, 0x000F):
        speaker = Speaker()
        assert speaker.receive(message(flags, [question(HOST, A)])) == []
        assert speaker.wait() is None, flags


def test_many_questions_in_a_message_are_answered_together():
    speaker = Speaker()
    others = [question("_t%d._tcp.local" % n, PTR) for n in range(30)]
    speaker.receive(query(*(others + [question(OTHER_TYPE, PTR), question(TYPE, PTR)])))
    _, messages = speaker.wait()
    assert instances(messages) == [OTHER_NAME, NAME]


def test_no_more_than_sixteen_questions_of_a_message_are_answered():
    speaker = Speaker()
    speaker.receive(query(*([question(OTHER_TYPE, PTR)] * 16 + [question(TYPE, PTR)])))
    _, messages = speaker.wait()
    assert instances(messages) == [OTHER_NAME]


# --- No more than one a second (clause 6)


def test_a_record_goes_to_the_group_once_a_second_however_often_it_is_asked_for():
    speaker = Speaker()
    sent = []
    for _ in range(1000):
        speaker.receive(ask(TYPE, PTR))
        speaker.receive(ask(HOST, A))
        for found in speaker.messages():
            for entry in found.entries:
                sent.append((speaker.now, entry.name, entry.kind, entry.data))
        speaker.now += 10
    last = {}
    for now, name, kind, found in sent:
        key = (name, kind, str(found))
        assert key not in last or now - last[key] >= 1000, key
        last[key] = now
    # In ten seconds it is not silent either.
    assert len([1 for _, name, kind, _ in sent if name == HOST and kind == A]) >= 7


def test_what_was_sent_just_now_comes_when_its_second_is_over():
    speaker = Speaker()
    speaker.receive(ask(HOST, A))
    speaker.wait()
    speaker.now += 300
    speaker.receive(ask(HOST, A))
    delay, (found,) = speaker.wait()
    assert 700 <= delay <= 1000
    assert found.find(A, HOST)


def test_a_host_that_was_sent_just_now_is_not_sent_again_with_its_service():
    speaker = Speaker()
    speaker.receive(ask(HOST, A))
    speaker.wait()
    speaker.now += 100
    speaker.receive(ask(TYPE, PTR))
    _, (found,) = speaker.wait()
    assert found.find(SRV, NAME) and not found.find(A)


# --- Known answers (clause 7.1)


def known(kind, *answers):
    return query(question(TYPE, kind), answers=answers)


def test_an_answer_that_is_known_is_not_given():
    speaker = Speaker()
    speaker.receive(known(PTR, pointer(TYPE, NAME)))
    assert speaker.wait() is None


def test_an_answer_that_is_known_for_half_of_its_time_is_not_given():
    for ttl, is_answered in ((2250, False), (2249, True), (0, True)):
        speaker = Speaker()
        speaker.receive(known(PTR, pointer(TYPE, NAME, ttl)))
        assert bool(speaker.wait()) == is_answered, ttl


def test_known_answers_of_others_change_nothing():
    speaker = Speaker()
    speaker.receive(known(PTR, pointer(TYPE, "printer._http._tcp.local")))
    assert speaker.wait()


def test_of_two_services_of_a_type_the_one_that_is_not_known_answers():
    speaker = Speaker([HTTP, ("_http._tcp", 81, {}, "second")])
    speaker.receive(known(PTR, pointer(TYPE, NAME)))
    _, messages = speaker.wait()
    assert instances(messages) == ["second._http._tcp.local"]


def test_a_known_answer_to_one_question_does_not_answer_another():
    speaker = Speaker()
    questions = question(TYPE, PTR), question(OTHER_TYPE, PTR)
    speaker.receive(query(*questions, answers=[pointer(TYPE, NAME)]))
    _, messages = speaker.wait()
    assert instances(messages) == [OTHER_NAME]


def test_a_known_place_address_and_key_are_not_given():
    for asked, answer in (
        (question(HOST, A), address(HOST, "10.0.0.1", 60)),
        (question(NAME, SRV), location(NAME, 80, HOST, 60)),
        (question(NAME, TXT), record(NAME, TXT, b"\x06path=/", 2250)),
    ):
        speaker = Speaker()
        speaker.receive(query(asked, answers=[answer]))
        assert speaker.wait() is None


def test_a_wrong_place_address_or_key_is_corrected():
    for asked, answer in (
        (question(HOST, A), address(HOST, "10.0.0.9")),
        (question(NAME, SRV), location(NAME, 81, HOST)),
        (question(NAME, SRV), location(NAME, 80, "other.local")),
        (question(NAME, TXT), record(NAME, TXT, b"\x06path=x", 4500)),
    ):
        speaker = Speaker()
        speaker.receive(query(asked, answers=[answer]))
        assert speaker.wait()


def test_a_known_address_does_not_answer_for_a_type_that_is_not_there():
    speaker = Speaker()
    speaker.receive(query(question(HOST, AAAA), answers=[address(HOST, "10.0.0.1")]))
    _, (found,) = speaker.wait()
    assert found.find(NSEC, HOST)


def test_a_known_instance_does_not_hide_its_type():
    speaker = Speaker()
    speaker.receive(query(question(TYPES, PTR), answers=[pointer(TYPE, NAME)]))
    _, messages = speaker.wait()
    kinds = [entry.data for found in messages for entry in found.find(PTR, TYPES)]
    assert sorted(kinds) == [TYPE, OTHER_TYPE]


def test_known_types_are_not_enumerated():
    speaker = Speaker()
    speaker.receive(query(question(TYPES, PTR), answers=[pointer(TYPES, TYPE)]))
    _, messages = speaker.wait()
    kinds = [entry.data for found in messages for entry in found.find(PTR, TYPES)]
    assert kinds == [OTHER_TYPE]


# --- Known answers in further messages (clause 7.2)


def test_known_answers_that_follow_are_waited_for():
    for random, expected in ((lowest, 400), (highest, 500)):
        speaker = Speaker(random=random)
        speaker.receive(message(TRUNCATED, [question(TYPE, PTR)]))
        delay, _ = speaker.wait()
        assert delay == expected


def test_a_known_answer_in_a_further_message_counts():
    speaker = Speaker()
    speaker.receive(message(TRUNCATED, [question(TYPE, PTR)]))
    speaker.now += 30
    speaker.receive(message(0, answers=[pointer(TYPE, NAME)]))
    assert speaker.wait() is None


def test_a_known_answer_of_somebody_else_does_not_count():
    speaker = Speaker()
    speaker.receive(message(TRUNCATED, [question(TYPE, PTR)]), "10.0.0.2")
    speaker.receive(message(0, answers=[pointer(TYPE, NAME)]), "10.0.0.3")
    assert speaker.wait()


def test_a_further_known_answer_takes_nothing_from_others_who_asked_before():
    speaker = Speaker(random=highest)
    speaker.receive(ask(TYPE, PTR), "10.0.0.3")
    speaker.receive(message(TRUNCATED, [question(TYPE, PTR)]), "10.0.0.2")
    speaker.receive(message(0, answers=[pointer(TYPE, NAME)]), "10.0.0.2")
    _, messages = speaker.wait()
    assert instances(messages) == [NAME]


def test_a_further_known_answer_takes_nothing_from_others_who_asked():
    speaker = Speaker()
    speaker.receive(message(TRUNCATED, [question(TYPE, PTR)]), "10.0.0.2")
    speaker.receive(ask(TYPE, PTR), "10.0.0.3")
    speaker.receive(message(0, answers=[pointer(TYPE, NAME)]), "10.0.0.2")
    delay, messages = speaker.wait()
    assert delay == 20 and instances(messages) == [NAME]


def test_known_answers_without_a_question_change_nothing():
    speaker = Speaker()
    speaker.receive(ask(TYPE, PTR), "10.0.0.3")
    speaker.receive(message(0, answers=[pointer(TYPE, NAME)]), "10.0.0.2")
    assert speaker.wait()


# --- Who asks for itself (clause 5.4)


def test_who_asks_for_itself_gets_the_answer_alone_and_at_once():
    speaker = Speaker(ago=20_000)
    (reply,) = speaker.receive(message(0, [question(TYPE, PTR, IN | TOP)], id=77))
    assert reply.id == 77 and reply.flags == RESPONSE and not reply.section(0)
    assert instances([reply]) == [NAME] and reply.find(A, HOST)
    assert reply.find(SRV)[0].ttl == 120 and reply.find(SRV)[0].rrclass == IN | TOP
    assert speaker.wait() is None


def test_what_the_group_has_not_got_for_long_goes_to_the_group_all_the_same():
    speaker = Speaker(ago=60_000)
    assert speaker.receive(ask(TYPE, PTR, IN | TOP)) == []
    _, messages = speaker.wait()
    assert instances(messages) == [NAME]
    # Now the group knows.
    assert len(speaker.receive(ask(TYPE, PTR, IN | TOP))) == 1


def test_who_asks_for_itself_may_have_it_more_often_than_once_a_second():
    speaker = Speaker(ago=10_000)
    for _ in range(5):
        assert len(speaker.receive(ask(HOST, A, IN | TOP))) == 1


def test_who_asks_for_itself_and_knows_gets_nothing():
    speaker = Speaker(ago=10_000)
    asked = question(TYPE, PTR, IN | TOP)
    assert speaker.receive(query(asked, answers=[pointer(TYPE, NAME)])) == []


def test_a_long_reply_comes_in_several_messages():
    services = [("_s%d._tcp" % n, n, {"k": "v" * 200}, "instance-%d" % n) for n in range(4)]
    speaker = Speaker(services, ago=10_000)
    replies = speaker.receive(ask(TYPES, PTR, IN | TOP))
    assert len(replies) >= 3 and len(instances(replies)) == 4
    assert all(len(reply.octets) <= 512 for reply in replies)


# --- Clients that are no mDNS queriers (clause 6.7)


def test_an_ordinary_dns_client_gets_its_question_back_and_short_times():
    for name, kind in ((TYPE, PTR), (HOST, A), (NAME, SRV), (NAME, TXT), (HOST, AAAA)):
        speaker = Speaker()
        asked = message(0x0100, [question(name, kind)], id=4711)
        (reply,) = speaker.receive(asked, port=40_000)
        (entry,) = reply.section(0)
        assert (entry.name, entry.kind, entry.rrclass) == (name, kind, IN)
        assert reply.id == 4711 and reply.flags == RESPONSE
        assert all(entry.ttl <= 10 and entry.rrclass == IN for entry in reply.section(1))
        assert speaker.wait() is None


def test_the_answer_that_such_a_client_asked_for_comes_first():
    for name, kind in ((TYPE, PTR), (HOST, A)):
        (reply,) = Speaker().receive(ask(name, kind), port=40_000)
        first = reply.section(1)[0]
        assert (first.name, first.kind) == (name, kind)


def test_the_question_comes_back_as_it_was_asked():
    asked = ask("Power-Readout.Local", A)
    (reply,) = Speaker().receive(asked, port=40_000)
    assert reply.octets[12 : len(asked)] == asked[12:]


def test_questions_that_leave_no_room_for_an_answer_get_none():
    asked = query(*[question(NAME, SRV)] * 12)
    assert len(asked) > 500
    assert Speaker().receive(asked, port=40_000) == []


# --- Who claims one of the names (clause 8.1)


def test_who_claims_a_name_hears_at_once_that_it_is_taken():
    for rrclass in (IN, IN | TOP):
        speaker = Speaker()
        claim = query(question(HOST, ANY, rrclass), authorities=[address(HOST, "10.0.0.2")])
        speaker.messages()
        replies = speaker.receive(claim) + speaker.messages()
        assert replies and replies[0].find(A, HOST)[0].data == "10.0.0.1"


def test_who_claims_a_name_that_was_announced_just_now_hears_it_too():
    speaker = Speaker()
    speaker.receive(ask(HOST, A))
    speaker.wait()
    claim = query(question(HOST, ANY), authorities=[address(HOST, "10.0.0.2")])
    (reply,) = speaker.receive(claim)
    assert reply.find(A, HOST)


def test_who_claims_a_name_hears_it_with_the_group_after_250_milliseconds():
    """An answer to the sender alone may reach another program at the same port of its machine."""
    speaker = Speaker()
    speaker.receive(ask(HOST, A))
    speaker.wait()
    claim = query(question(HOST, ANY), authorities=[address(HOST, "10.0.0.2")])
    speaker.now += 100
    speaker.receive(claim)
    assert not speaker.messages()
    speaker.now += 300
    speaker.receive(claim)
    (found,) = speaker.messages()
    assert found.find(A, HOST)
    # Who only asks has to wait for the second to be over.
    speaker.now += 300
    speaker.receive(ask(HOST, A))
    assert not speaker.messages()


# --- What others say (clauses 6.6, 9 and 10)


def test_another_host_with_one_of_the_names_is_a_conflict():
    for answer in (
        address(HOST, "10.0.0.9"),
        address("POWER-READOUT.local", "10.0.0.9", rrclass=IN | TOP),
        location(NAME, 8080, "other.local"),
        record(NAME, TXT, b"\x06path=x"),
    ):
        speaker = Speaker()
        speaker.receive(response(answer))
        assert speaker.zone.conflict


def test_the_own_records_that_come_back_are_no_conflict():
    speaker = Speaker()
    speaker.responder.announce(speaker.now)
    for octets in [found.octets for found in speaker.messages()]:
        speaker.receive(octets, "10.0.0.1")
        # By a host that hands on what it hears in another network.
        speaker.receive(octets, "10.0.0.254")
    assert not speaker.zone.conflict


def test_what_is_no_conflict_is_none():
    for answer in (
        # It takes leave.
        address(HOST, "10.0.0.9", ttl=0),
        # Other types there may be.
        record(HOST, AAAA, b"\0" * 16),
        record(HOST, NSEC, b"\0\0\1\x40"),
        pointer(TYPE, "printer._http._tcp.local"),
        address("other.local", "10.0.0.9"),
        pointer("_other._tcp.local", NAME, ttl=0),
    ):
        speaker = Speaker()
        speaker.receive(response(answer))
        assert not speaker.zone.conflict
        assert speaker.wait() is None


def test_a_record_that_others_are_to_forget_is_announced_again():
    for answer in (
        pointer(TYPE, NAME, ttl=0),
        address(HOST, "10.0.0.1", ttl=0),
        location(NAME, 80, HOST, ttl=59),
    ):
        speaker = Speaker()
        speaker.receive(response(answer))
        _, messages = speaker.wait()
        assert len(messages) == 1


def test_a_record_that_others_still_remember_is_not_announced_again():
    speaker = Speaker()
    speaker.receive(response(address(HOST, "10.0.0.1", ttl=60)))
    assert speaker.wait() is None


# --- Taking leave (clause 10.1)


def test_all_that_is_its_own_is_taken_back():
    speaker = Speaker()
    messages = [Message(octets) for octets in speaker.responder.goodbye()]
    assert instances(messages) == [OTHER_NAME, NAME]
    for found in messages:
        assert found.flags == RESPONSE
        for entry in found.entries:
            # Of other hosts there may be services of the same type.
            assert entry.ttl == (4500 if entry.name == TYPES else 0), entry


# --- What cannot be read


def test_messages_that_cannot_be_read_change_nothing():
    speaker = Speaker()
    whole = query(question(TYPE, PTR), answers=[pointer(TYPE, "other._http._tcp.local")])
    for size in range(len(whole)):
        assert speaker.receive(whole[:size]) == []
    assert speaker.wait() is None


def test_the_state_outlasts_the_responder():
    # A board loads the responder for a message, and again for what is due.
    made = zone()
    Responder(made, lowest).announce(0)
    assert list(Responder(made, lowest).messages(0))
    assert not list(Responder(made, lowest).messages(10))
    now = 100_000
    list(Responder(made, lowest).messages(now))
    Responder(made, lowest).receive(ask(TYPE, PTR), "10.0.0.2", 5353, now + 5000)
    assert made.due == now + 5020
    (octets,) = Responder(made, lowest).messages(now + 5020)
    assert instances([Message(octets)]) == [NAME]
    assert made.due is None


def test_it_works_for_years():
    speaker = Speaker(now=3 * 365 * 86_400_000)
    for _ in range(3):
        speaker.receive(ask(TYPE, PTR))
        delay, messages = speaker.wait()
        assert delay == 20 and instances(messages) == [NAME]
        speaker.now += 30_000


def test_services_and_hosts_of_the_tests_are_what_the_program_announces():
    assert SERVICES == [HTTP, METER]
