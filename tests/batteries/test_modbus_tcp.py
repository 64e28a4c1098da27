"""Modbus TCP with the clients that chargers and inverters stand for, and with bad ones."""

import asyncio
import socket
import struct
from types import SimpleNamespace

import pytest
import sunspec2.modbus.client
from meters import FakeClock
from pymodbus.client import ModbusTcpClient

from batteries.readers import Reader, spelled
from firmware.outputs import modbus
from host.pc_stream import listen
from sim.ports import free_port

#: An Eastron SDM630's registers: of L1, which are two apart; and those of the totals.
PHASES = {"voltage": 0x00, "current": 0x06, "power": 0x0C, "apparent": 0x12, "factor": 0x1E}
TOTALS = {"voltage": 0x2A, "current": 0x30, "power": 0x34, "apparent": 0x38, "hertz": 0x46}


@pytest.fixture
def running(reader):
    """A reader that has the first telegram of a T211; `reading` is what the meter read."""
    started = reader()
    ((telegram, started.reading),) = spelled("t211")
    started.read(telegram)
    return started


@pytest.fixture
def client(running):
    with ModbusTcpClient("127.0.0.1", port=running.settings["modbus_port"]) as connected:
        yield connected


def single(client, register, function="input", unit=1):
    """A float as pymodbus reads it."""
    read = client.read_input_registers if function == "input" else client.read_holding_registers
    found = read(register, count=2, device_id=unit)
    assert not found.isError(), found
    return client.convert_from_registers(found.registers, client.DATATYPE.FLOAT32)


def nearest(value):
    """The single that is nearest to a value."""
    return struct.unpack(">f", struct.pack(">f", value))[0]


def test_pymodbus_reads_an_sdm630_by_both_functions_and_any_unit(client, running):
    reading = running.reading
    for function, unit in (("input", 1), ("holding", 1), ("input", 0), ("input", 247)):
        for number, phase in enumerate(reading.phases):
            found = {
                name: single(client, register + 2 * number, function, unit)
                for name, register in PHASES.items()
            }
            assert found["voltage"] == nearest(phase.voltage_dv / 10)
            assert found["current"] == nearest(phase.current_ca / 100)
            assert found["power"] == phase.power_used_w - phase.power_generated_w
            assert found["apparent"] >= abs(found["power"])
            assert 0 < found["factor"] <= 1
        assert single(client, 0x34, function, unit) == (
            reading.power_used_w - reading.power_generated_w
        )
    used = reading.energy_used_tariff_1_wh + reading.energy_used_tariff_2_wh
    generated = reading.energy_generated_tariff_1_wh + reading.energy_generated_tariff_2_wh
    assert single(client, 0x48) == nearest(used / 1000)
    assert single(client, 0x4A) == nearest(generated / 1000)
    assert single(client, 0x156) == nearest((used + generated) / 1000)
    totals = {name: single(client, register) for name, register in TOTALS.items()}
    amperes = sum(phase.current_ca for phase in reading.phases) / 100
    assert totals["current"] == nearest(amperes)
    assert totals["hertz"] == 50
    assert 225 < totals["voltage"] < 245


def test_a_block_has_zeros_in_its_gaps(client):
    """As a WARP charger reads: up to 50 registers at once."""
    found = client.read_input_registers(0, count=50, device_id=1)
    assert found.registers[0x18:0x1E] == [0] * 6
    assert found.registers[0x0C:0x12] != [0] * 6
    assert client.read_input_registers(0x17E, count=2, device_id=1).registers == [0, 0]


def test_what_cannot_be_read_is_the_right_exception(client):
    inputs, holding = client.read_input_registers, client.read_holding_registers
    for read, address, count, exception in (
        (inputs, 0x17F, 2, 2),
        (inputs, 0x180, 1, 2),
        (inputs, 40000, 2, 2),
        (holding, 39999, 2, 2),
        (holding, 40177, 2, 2),
        (holding, 65535, 125, 2),
        (client.read_coils, 0, 1, 1),
    ):
        found = read(address, count=count, device_id=1)
        assert found.isError() and found.exception_code == exception, (address, count)
    assert client.write_register(0, 1, device_id=1).exception_code == 1


def test_while_no_telegram_counts_it_is_exception_4(reader):
    running = reader(stale_after=1)
    with ModbusTcpClient("127.0.0.1", port=running.settings["modbus_port"]) as client:
        for _ in ("before the first", "when the last is stale"):
            assert client.read_input_registers(0x34, count=2).exception_code == 4
            assert client.read_holding_registers(40000, count=2).exception_code == 4
            # What is wrong in itself stays wrong.
            assert client.read_input_registers(0x200, count=2).exception_code == 2
            running.read(spelled("t211")[0][0])
            running.wait_until(lambda: running.ask("/readyz")[0] == 503, "stale")


def test_pysunspec2_finds_a_meter_of_three_phases(running):
    device = sunspec2.modbus.client.SunSpecModbusClientDeviceTCP(
        1, "127.0.0.1", ipport=running.settings["modbus_port"]
    )
    try:
        device.scan()
        assert {1, 203} == {model for model in device.models if isinstance(model, int)}
        common, meter = device.models[1][0], device.models[203][0]
        reading = running.reading
        assert common.Mn.value == "Fronius"
        assert common.SN.value == running.json("/shelly")["mac"].lower()
        assert meter.W.cvalue == reading.power_used_w - reading.power_generated_w
        volts, amperes = (meter.PhVphA, meter.PhVphB, meter.PhVphC), (meter.AphA, meter.AphB)
        watts = (meter.WphA, meter.WphB, meter.WphC)
        for phase, volt, watt in zip(reading.phases, volts, watts):
            assert volt.cvalue == pytest.approx(phase.voltage_dv / 10)
            assert watt.cvalue == phase.power_used_w - phase.power_generated_w
        for phase, ampere in zip(reading.phases, amperes):
            assert ampere.cvalue == pytest.approx(phase.current_ca / 100, abs=0.051)
        assert meter.PhVphAB.cvalue == pytest.approx(
            (reading.phases[0].voltage_dv + reading.phases[1].voltage_dv) / 20 * 3**0.5, abs=0.1
        )
        assert meter.Hz.cvalue == 50
        assert meter.TotWhImp.cvalue == (
            reading.energy_used_tariff_1_wh + reading.energy_used_tariff_2_wh
        )
        assert meter.TotWhExp.cvalue == (
            reading.energy_generated_tariff_1_wh + reading.energy_generated_tariff_2_wh
        )
        assert meter.VAR.cvalue is None and meter.PF.value <= 100
    finally:
        device.close()


def connect(running):
    return socket.create_connection(("127.0.0.1", running.settings["modbus_port"]), 10)


def request(number, address=0x34, count=2):
    return struct.pack(">HHHBBHH", number, 0, 6, 1, 4, address, count)


def received(client, size):
    data = b""
    while len(data) < size:
        more = client.recv(size - len(data))
        assert more, "it has hung up"
        data += more
    return data


def test_requests_come_in_any_pieces(running):
    with connect(running) as client:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in request(1):
            client.sendall(bytes((byte,)))
        first = received(client, 13)
        client.sendall(b"".join(request(number) for number in range(2, 50)))
        for number in range(2, 50):
            assert received(client, 13) == struct.pack(">H", number) + first[2:]


def test_who_speaks_something_else_is_cut_off(running):
    for data in (b"GET / HTTP/1.0\r\n\r\n", b"\0\1\0\0\0\0\0\0", bytes(4) + b"\xff\xff"):
        with connect(running) as client:
            client.sendall(data)
            assert client.recv(100) == b""
        running.wait_until(lambda: running.counts("modbus")["clients"] == 0, "gone")


def test_one_client_too_many_is_closed_and_the_others_go_on(reader):
    running = reader(modbus_clients=2)
    running.read(spelled("t211")[0][0])
    with connect(running) as first, connect(running) as second:
        for client in (first, second):
            client.sendall(request(1))
            received(client, 13)
        with connect(running) as third:
            assert third.recv(1) == b""
        first.sendall(request(2))
        assert received(first, 13)[:2] == b"\0\2"
    counts = running.counts("modbus")
    assert (counts["answered"], counts["refused"]) == (3, 1)
    running.wait_until(lambda: running.counts("modbus")["clients"] == 0, "gone")


def test_who_may_not_connect_is_closed_at_once(board, wire):
    running = Reader("board", board, wire, allow_from="127.0.0.1")
    with socket.socket() as stranger:
        stranger.bind(("127.0.0.2", 0))
        stranger.settimeout(10)
        stranger.connect(("127.0.0.1", running.settings["modbus_port"]))
        assert stranger.recv(1) == b""
    assert running.counts("modbus")["refused"] == 1


class Server:
    """The output in this process, at a clock that stands still until it is moved."""

    def __init__(self):
        self.clock = FakeClock()
        self.port = free_port()
        context = SimpleNamespace(
            settings={"modbus_port": self.port, "modbus_clients": 2},
            board=SimpleNamespace(
                clock=self.clock,
                listen=lambda port, connected, ready: listen(port, connected),
                station=lambda: ("24a160c0ffee", "", None),
            ),
            memory=SimpleNamespace(low=False),
            readout=SimpleNamespace(fresh=False),
            log=SimpleNamespace(say=lambda sentence: None),
            admits=None,
        )
        self.memory = context.memory
        self.output = modbus.create(context)


async def connected(port):
    """A socket that is connected to a port, which is opened soon."""
    while True:
        client = socket.socket()
        client.setblocking(False)
        try:
            await asyncio.get_running_loop().sock_connect(client, ("127.0.0.1", port))
            return client
        except ConnectionRefusedError:
            client.close()
            await asyncio.sleep(0.01)


async def cut_off(server, requests, happen):
    """Whether a client that takes no answers is cut off when happen() has happened.

    It has asked for that many, and the server has answered until it could no more.
    """
    task = asyncio.ensure_future(server.output.run())
    try:
        loop = asyncio.get_running_loop()
        with await connected(server.port) as client:
            sending = asyncio.ensure_future(loop.sock_sendall(client, request(1) * requests))
            answered = -1
            while server.output.counters()["exceptions"] != answered:
                answered = server.output.counters()["exceptions"]
                await asyncio.sleep(0.2)
            assert answered > 0
            happen()
            while server.output.counters()["clients"]:
                await asyncio.sleep(0.01)
            sending.cancel()
            return server.output.counters()["cut_off"] == 1
    finally:
        task.cancel()


def test_who_asks_nothing_for_two_minutes_is_cut_off():
    server = Server()

    def happen():
        server.clock.ms += 121_000

    assert asyncio.run(asyncio.wait_for(cut_off(server, 1, happen), 20))


def test_who_takes_no_answers_is_cut_off_after_ten_seconds():
    server = Server()

    def happen():
        server.clock.ms += 11_000

    # More answers than both ends keep for each other.
    assert asyncio.run(asyncio.wait_for(cut_off(server, 2_000_000, happen), 60))


def test_where_memory_is_short_everybody_is_cut_off():
    server = Server()

    def happen():
        server.memory.low = True

    assert asyncio.run(asyncio.wait_for(cut_off(server, 1, happen), 20))


def test_a_port_in_use_is_said_and_costs_nothing_else(program, wire):
    with socket.create_server(("0.0.0.0", 0)) as taken:
        port = taken.getsockname()[1]
        running = Reader("pc", program, wire, modbus_port=port)
        running.read(spelled("t211")[0][0])
        assert running.health()["errors"] == []
        assert f"Modbus: port {port} cannot be opened" in running.said
