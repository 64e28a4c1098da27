"""Modbus TCP without a network: any bytes, and numbers that become floats by integers alone."""

import random
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

import modbus
from firmware import budget, settings
from firmware.outputs.modbus import sunspec
from grid import Grid


def request(function=4, address=0, count=2, **changes):
    """A request as a client sends it."""
    pdu = changes.get("pdu", struct.pack(">BHH", function, address, count))
    length = changes.get("length", len(pdu) + 1)
    head = struct.pack(">HHHB", 7, changes.get("protocol", 0), length, 17)
    return head + pdu


@given(st.binary(max_size=300))
def test_any_bytes_are_missing_some_or_a_frame_or_no_modbus(data):
    size = modbus.size_of(data)
    assert -1 <= size <= min(len(data), modbus.LONGEST)
    if size > 0:
        found = modbus.parse(data[:size])
        if isinstance(found, int):
            assert found in (modbus.WRONG_FUNCTION, modbus.WRONG_VALUE)
            assert len(modbus.refusal(data[:size], found)) == 9
        else:
            function, first, count = found
            assert function in (3, 4) and first < 65536 and 0 < count <= 125
            assert len(modbus.answer(data[:size], bytes(2 * count))) == 9 + 2 * count


def test_a_request_is_whole_with_its_last_byte():
    whole = request()
    for size in range(len(whole)):
        assert modbus.size_of(whole[:size]) == 0
    assert modbus.size_of(whole) == modbus.size_of(whole + whole) == len(whole)
    assert modbus.parse(whole) == (4, 0, 2)


@pytest.mark.parametrize("length", [0, 1, 255, 256, 65535])
def test_a_length_that_no_frame_has_is_no_modbus(length):
    assert modbus.size_of(request(length=length)) == -1
    assert modbus.size_of(request(length=254) + bytes(253)) == 260


def test_another_protocol_is_no_modbus():
    assert modbus.size_of(request(protocol=1)) == -1
    assert modbus.size_of(b"GET / HTTP/1.0\r\n\r\n") == -1


@pytest.mark.parametrize("function", [0, 1, 2, 5, 6, 15, 16, 23, 43, 0x83, 255])
def test_a_function_that_does_not_read_registers_is_exception_1(function):
    wrong = request(function)
    assert modbus.parse(wrong) == 1
    assert modbus.refusal(wrong, 1) == bytes((0, 7, 0, 0, 0, 3, 17, function | 0x80, 1))


@pytest.mark.parametrize(
    "pdu", [b"\4", b"\4\0\0", b"\4\0\0\0\2\0", struct.pack(">BHH", 4, 0, 258)]
)
def test_a_request_of_another_size_or_count_is_exception_3(pdu):
    assert modbus.parse(request(pdu=pdu)) == 3


@pytest.mark.parametrize("count, wanted", [(0, 3), (1, (3, 5, 1)), (125, (3, 5, 125)), (126, 3)])
def test_from_1_to_125_registers_can_be_asked_for(count, wanted):
    assert modbus.parse(request(3, 5, count)) == wanted


def test_singles_are_those_of_the_processor():
    dice = random.Random(1)
    numbers = [dice.randrange(-(10**size), 10**size) for size in range(1, 11) for _ in range(500)]
    for number in [*numbers, *range(-2000, 2000), 1 << 24, (1 << 24) + 1, (1 << 25) + 2, 33554435]:
        for divisor in (1, 10, 1000):
            wanted = struct.unpack(">I", struct.pack(">f", number / divisor))[0]
            assert modbus.single(number, divisor) == wanted, (number, divisor)


@pytest.mark.parametrize("watts, told", [(40_000, 32_767), (-40_000, -32_767), (-32_768, -32_767)])
def test_more_power_than_sunspec_has_room_for_is_the_most_that_it_has(watts, told):
    values = Grid()
    values.power[0] = watts * 1000
    registers = bytearray(2 * sunspec.COUNT)
    sunspec.fill(registers, values, b"24a160c0ffee")
    assert struct.unpack_from(">h", registers, 2 * (69 + 18)) == (told,)


@pytest.mark.parametrize("raw_port", [0, 2323])
@pytest.mark.parametrize("mqtt_host", ["", "192.168.1.10"])
@pytest.mark.parametrize("ports", [(0, 0), (1010, 0), (1010, 2220)])
@pytest.mark.parametrize("modbus_clients", [1, 2, 16])
def test_a_chip_never_has_fewer_sockets_than_the_settings_want(
    raw_port, mqtt_host, ports, modbus_clients
):
    given = {
        "raw_port": raw_port,
        "mqtt_host": mqtt_host,
        "shelly": True,
        "shelly_port": ports[0],
        "shelly_port_2": ports[1],
        "modbus_port": 502,
        "modbus_clients": modbus_clients,
    }
    found, problems = settings.check(given)
    budget.fit_sockets(found, problems)
    raw = (1 + found["raw_clients"]) if raw_port else 0
    questions = 1
    taken = 1 + found["http_clients"] + raw + questions + bool(mqtt_host)
    taken += sum(map(bool, ports)) + 1 + found["modbus_clients"]
    assert taken <= 10
    assert min(found["http_clients"], found["raw_clients"], found["modbus_clients"]) >= 1
