"""A Shelly Pro 3EM by UDP: what batteries ask for, on raw sockets, and what they must not get."""

import itertools
import json
import re
import socket

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batteries.readers import MARSTEK, Reader, spelled
from firmware.outputs.shelly import messages
from sim.telegram import seal

#: Objects that are nearly requests.
JSON = st.dictionaries(
    st.sampled_from(["id", "method", "params", "src", "x"]),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=40),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
        max_leaves=4,
    ),
).map(lambda value: json.dumps(value).encode())

#: What it has to look like, in the order in which batteries' parsers expect it.
FRAME = re.compile(
    rb'\{"id":1,"src":"shellypro3em-[0-9a-f]{12}","dst":"unknown","result":\{"id":0,'
    + b",".join(
        rb'"%b_current":\d+\.\d{3},"%b_voltage":\d+\.\d,"%b_act_power":-?\d+\.\d,'
        rb'"%b_aprt_power":\d+\.\d,"%b_pf":[01]\.\d\d,"%b_freq":\d+\.\d' % ((phase,) * 6)
        for phase in (b"a", b"b", b"c")
    )
    + rb',"n_current":null,"total_current":\d+\.\d{3},"total_act_power":-?\d+\.\d{3},'
    rb'"total_aprt_power":\d+\.\d{3},"user_calibrated_phase":\[\]\}\}'
)


@pytest.mark.parametrize("kind", ["s211", "t211", "dsmr5"])
def test_a_marstek_gets_exactly_the_meters_watts(reader, asker, wire, kind):
    running = reader()
    ((telegram, reading),) = spelled(kind)
    running.read(telegram)
    answer = asker(running).answer()
    assert FRAME.fullmatch(answer), answer
    assert 250 <= len(answer) <= 599
    result = json.loads(answer)["result"]
    assert result["total_act_power"] == reading.power_used_w - reading.power_generated_w
    for letter, phase in itertools.zip_longest("abc", reading.phases):
        net = phase.power_used_w - phase.power_generated_w if phase else 0
        assert result[f"{letter}_act_power"] == net
        assert result[f"{letter}_voltage"] == (phase.voltage_dv / 10 if phase else 0)


def test_it_is_found_by_a_broadcast_at_both_ports(reader, asker, place):
    running = reader()
    running.read(spelled("t211")[0][0])
    for address, setting in (("127.0.0.1", "shelly_port"), ("127.0.0.2", "shelly_port_2")):
        answer = asker(running, address).answer(to="127.255.255.255", setting=setting)
        assert FRAME.fullmatch(answer)


def test_each_telegram_is_answered_once_to_each_asker(reader, asker):
    running = reader()
    first, second = spelled("t211", 2)
    one, other = asker(running, "127.0.0.1"), asker(running, "127.0.0.2")
    for telegram, _ in (first, second):
        running.read(telegram)
        assert one.answer() == other.answer()
        # Nor from another port of the same battery.
        for again in (one, other, asker(running, "127.0.0.1")):
            assert again.is_silent("silent")
    counts = running.counts("shelly")
    assert (counts["askers"], counts["answered"], counts["silent"]) == (2, 4, 6)


def test_before_the_first_telegram_it_is_silent(reader, asker):
    running = reader()
    battery = asker(running)
    assert battery.is_silent("silent")
    running.read(spelled("t211")[0][0])
    assert battery.answer()


def test_when_the_last_telegram_is_stale_it_is_silent(reader, asker):
    running = reader(stale_after=1)
    running.read(spelled("t211")[0][0])
    running.wait_until(lambda: running.ask("/readyz")[0] == 503, "stale")
    assert asker(running).is_silent("silent")


def test_a_telegram_without_power_gets_silence(reader, asker):
    running = reader()
    running.read(seal(["/ABC5\\1", "1-0:1.8.1(000001.000*kWh)"]))
    assert asker(running).is_silent("silent")


def test_the_short_form_has_the_total_only(reader, asker):
    running = reader()
    ((telegram, reading),) = spelled("t211")
    running.read(telegram)
    answer = asker(running).answer(b'{"id":7,"method":"EM1.GetStatus","params":{"id":0}}')
    assert len(answer) < 200
    total = reading.power_used_w - reading.power_generated_w
    assert answer.endswith(b'"dst":"unknown","result":{"act_power":%d.0}}' % total)


def test_who_says_a_name_and_a_number_gets_them_back(reader, asker):
    running = reader()
    running.read(spelled("t211")[0][0])
    request = b'{"id":"a\\"b","src":"HMG-50","method":"EM.GetStatus","params":{"id":0}}'
    answer = json.loads(asker(running).answer(request))
    assert (answer["id"], answer["dst"]) == ('a"b', "HMG-50")


@pytest.mark.parametrize(
    "data",
    [
        b"x",
        b"\0",
        b"\xff\xfe",
        b"null",
        b"[]",
        b'"EM.GetStatus"',
        b"[" * 512,
        b'{"id":1,"method":"EM.GetStatus","params":{"id":0}',
        b'{"id":1,"method":"EM.GetStatus"}',
        b'{"id":1,"method":"EM.GetStatus","params":{"id":"0"}}',
        b'{"id":1,"method":"EM.GetStatus","params":{"id":true}}',
        b'{"id":1,"method":"EM.GetStatus","params":[0]}',
        b'{"id":null,"method":"EM.GetStatus","params":{"id":0}}',
        b'{"id":1e3,"method":"EM.GetStatus","params":{"id":0}}',
        b'{"id":' + b"9" * 40 + b',"method":"EM.GetStatus","params":{"id":0}}',
        b'{"method":"EM.GetStatus","params":{"id":0}}',
        b'{"id":1,"method":["EM.GetStatus"],"params":{"id":0}}',
        b'{"id":1,"method":"Shelly.GetStatus","params":{"id":0}}',
        b'{"id":1,"src":"' + b"x" * 40 + b'","method":"EM.GetStatus","params":{"id":0}}',
        b'{"id":1,"src":1,"method":"EM.GetStatus","params":{"id":0}}',
        MARSTEK[:-1] + b',"x":[[[[[[[]]]]]]]}',
        MARSTEK + b" " * 512,
    ],
)
def test_what_is_no_request_for_power_is_dropped(udp_meter, data):
    """In one process: there is a case for each reason."""
    assert udp_meter.ask(data) is None
    assert udp_meter.counters()["dropped"] == 1
    # It has not cost the asker its answer.
    assert udp_meter.ask(MARSTEK)


@given(st.one_of(st.binary(max_size=600), st.text(max_size=300).map(str.encode), JSON))
def test_any_datagram_is_a_request_or_none(data):
    call = messages.parse(data)
    if call is not None:
        method, component, number, source = call
        assert isinstance(method, str) and (component is None or type(component) is int)
        assert json.loads(messages.frame(call, "own", "result", "{}")) == {
            "id": json.loads(number),
            "src": "own",
            "dst": json.loads(source),
            "result": {},
        }


def test_an_asker_that_begins_to_send_rubbish_is_soon_not_looked_at(udp_meter):
    assert udp_meter.ask(MARSTEK)
    udp_meter.telegram()
    for _ in range(50):
        assert udp_meter.ask(b"[]") is None
    counts = udp_meter.counters()
    assert (counts["dropped"], counts["silent"]) == (4, 46)
    udp_meter.telegram()
    assert udp_meter.ask(MARSTEK)


def test_in_one_look_a_few_datagrams_are_read(udp_meter):
    for _ in range(20):
        udp_meter.send(b"[]", "127.0.0.1")
    for read in (8, 16, 20, 20):
        udp_meter.look()
        counts = udp_meter.counters()
        assert counts["dropped"] + counts["silent"] == read


def test_more_askers_than_there_is_room_for_are_dropped_until_the_next_telegram(udp_meter):
    for number in range(1, 33):
        assert udp_meter.ask(MARSTEK, f"127.0.0.{number}")
    assert udp_meter.ask(MARSTEK, "127.0.0.33") is None
    counts = udp_meter.counters()
    assert (counts["askers"], counts["dropped"]) == (32, 1)
    udp_meter.telegram()
    assert udp_meter.ask(MARSTEK, "127.0.0.33")
    assert udp_meter.counters()["askers"] == 32
    udp_meter.telegram()
    assert udp_meter.ask(MARSTEK, "127.0.0.33")
    assert udp_meter.counters()["askers"] == 1


def test_the_longest_answer_stays_below_what_a_venus_drops(udp_meter):
    udp_meter.telegram(
        *(f"1-0:{code}.7.0(99.999*kW)" for code in (2, 22, 42, 62)),
        *(f"1-0:{code}.7.0(999.9*V)" for code in (32, 52, 72)),
        *(f"1-0:{code}.7.0(999.99*A)" for code in (31, 51, 71)),
    )
    request = {"id": "x" * 30, "src": "y" * 30, "method": "EM.GetStatus", "params": {"id": 0}}
    answer = udp_meter.ask(json.dumps(request).encode())
    assert b'"total_act_power":-99999.000,' in answer
    assert 500 < len(answer) < 600


def test_from_another_network_nobody_is_answered(board, wire, asker):
    """A board that is 127.0.0.1 in 255.255.255.0."""
    running = Reader("board", board, wire)
    running.read(spelled("t211")[0][0])
    assert asker(running, "127.0.1.1").is_silent("refused")
    assert asker(running, "127.0.0.9").answer()


def test_allow_from_says_who_is_answered(reader, asker):
    running = reader(allow_from="127.0.0.1, 127.5.0.0/16")
    running.read(spelled("t211")[0][0])
    assert asker(running, "127.0.0.2").is_silent("refused")
    assert asker(running, "127.5.1.1").answer()


def test_an_empty_datagram_does_not_deafen_it(reader, asker):
    """On an ESP32 the socket that got it would read nothing else any more."""
    running = reader()
    running.read(spelled("t211")[0][0])
    battery = asker(running)
    battery.send(b"")
    battery.socket.settimeout(0.2)

    def has_answer():
        battery.send()
        return battery.socket.recv(2048)

    running.wait_until(has_answer, "answered")


def test_a_storm_costs_a_battery_nothing(reader, asker):
    running = reader()
    battery = asker(running)
    storm = [asker(running, f"127.0.0.{number}") for number in range(20, 40)]
    telegrams = spelled("t211", 4)
    for telegram, reading in telegrams:
        for one in storm:
            for _ in range(5):
                one.send(b'{"id":1,"method":"Shelly.GetStatus","params":{"id":0}}')
        running.read(telegram)
        result = json.loads(battery.answer())["result"]
        assert result["total_act_power"] == reading.power_used_w - reading.power_generated_w
    counts = running.counts("shelly")
    assert (counts["answered"], counts["askers"]) == (len(telegrams), 1)
    assert counts["dropped"] + counts["silent"] == 5 * len(storm) * len(telegrams)
    # What is more than four of a sender for a telegram is not even looked at.
    assert counts["silent"] > 0
    assert running.health()["rejected"] == {}


def test_a_port_in_use_is_said_and_the_other_one_serves(board, program, wire, asker):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("0.0.0.0", 0))
        port = taken.getsockname()[1]
        running = Reader("pc", program, wire, shelly_port=port)
        running.read(spelled("t211")[0][0])
        assert asker(running).answer(setting="shelly_port_2")
        assert f"shelly_port: UDP port {port} cannot be opened" in running.said
