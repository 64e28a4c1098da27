"""A serial device on a PC: the cable that is pulled and put back, and what cannot be read."""

import asyncio
import errno
import os
import time

import pytest
import serial

from host import serial_port
from host.ports import PortError

SETTINGS = {"uart_format": "8N1", "uart_baudrate": 115200}


def failure(source, settings=SETTINGS):
    """The PortError that opening a device raises."""
    with pytest.raises(PortError) as caught:
        asyncio.run(serial_port.open_serial(str(source), settings))
    assert str(caught.value).count("\n") == 0
    return caught.value


@pytest.fixture
def terminal():
    ours, theirs = os.openpty()
    yield ours, os.ttyname(theirs)
    os.close(ours)
    os.close(theirs)


@pytest.fixture
def refused(monkeypatch):
    """A function that lets the system refuse to open a device: refused(path, errno)."""

    def refuse(path, number):
        system = os.open

        def answer(name, *arguments, **options):
            if name == str(path):
                raise OSError(number, os.strerror(number), name)
            return system(name, *arguments, **options)

        monkeypatch.setattr(os, "open", answer)

    return refuse


def test_a_cable_that_is_pulled_and_put_back(program, meter_line, tmp_path):
    link = str(tmp_path / "ttyUSB0")
    first = meter_line("t211", pty=link, listen=None, speed=10)
    running = program("--source", link)
    running.wait_for("/readyz")
    first.stop()
    running.wait_until(lambda: "no device" in running.failures(), "the loss was not seen")
    assert running.failures()["gone"] == 1
    # It comes back as another device under the same name.
    meter_line("t211", pty=link, listen=None, speed=10)
    running.wait_for_more()
    code, said = running.end()
    assert code == 0
    lines = said.splitlines()[1:]
    assert lines == [
        f"Reading {link}, answering at port {running.port}.",
        f"{link} is gone; has the cable come out? Waiting for it.",
        next(line for line in lines if line.startswith(f"There is no {link}; is the cable in?")),
        f"Reading {link} again.",
        "Ended.",
    ]


def test_half_a_telegram_before_and_half_after_do_not_make_one(program, tmp_path):
    # DSMR 2.2 has no CRC that would tell.
    telegram = b"/ISk5\\2MT382-1000\r\n\r\n1-0:1.8.1(00001.001*kWh)\r\n0-0:96.14.0(0001)\r\n!\r\n"
    link = tmp_path / "ttyUSB0"

    def plug():
        ours, theirs = os.openpty()
        link.unlink(missing_ok=True)
        link.symlink_to(os.ttyname(theirs))
        return ours, theirs

    first = plug()
    running = program("--source", str(link))
    running.wait_for("/livez")
    running.wait_until(
        lambda: os.write(first[0], telegram[:40]) and running.get("/healthz")[1]["bytes"]["in"],
        "nothing was read",
    )
    second = plug()
    for handle in first:
        os.close(handle)
    running.wait_until(running.failures, "the loss was not seen")
    end = telegram[50:]
    running.wait_until(
        lambda: os.write(second[0], end) and running.get("/healthz")[1]["bytes"]["skipped"],
        "what has no beginning was not skipped",
    )
    assert running.telegrams() == 0
    os.write(second[0], telegram)
    running.wait_until(lambda: running.telegrams() == 1, "the next was not read")
    for handle in second:
        os.close(handle)


def test_a_device_that_is_not_there_and_those_that_are(tmp_path, monkeypatch):
    monkeypatch.setattr(serial_port.list_ports, "comports", lambda: [])
    error = failure(tmp_path / "ttyUSB0")
    assert error.kind == "no device"
    assert str(error).endswith("is the cable in? As it stands, no serial port is there.")

    class Port:
        device = "/dev/ttyACM0"

    monkeypatch.setattr(serial_port.list_ports, "comports", lambda: [Port])
    assert "these are there: /dev/ttyACM0." in str(failure(tmp_path / "ttyUSB0"))


@pytest.mark.parametrize("number", [errno.EACCES, errno.EPERM])
def test_no_permission_names_the_group_and_how_to_join_it(terminal, refused, monkeypatch, number):
    path = terminal[1]
    monkeypatch.setattr(serial_port.Path, "group", lambda self: "dialout")
    os.chmod(path, 0o660)
    refused(path, number)
    error = failure(path)
    assert error.kind == "no permission"
    assert "it belongs to the group dialout" in str(error)
    assert str(error).endswith("sudo usermod -aG dialout $USER")


@pytest.mark.parametrize("group, mode", [("root", 0o660), ("dialout", 0o600)])
def test_no_permission_where_no_group_has_it(terminal, refused, monkeypatch, group, mode):
    path = terminal[1]
    monkeypatch.setattr(serial_port.Path, "group", lambda self: group)
    os.chmod(path, mode)
    refused(path, errno.EACCES)
    assert "deploy/99-p1.rules" in str(failure(path))


def test_no_permission_in_a_group_without_a_name(terminal, refused, monkeypatch):
    def nameless(self):
        raise KeyError(997)

    monkeypatch.setattr(serial_port.Path, "group", nameless)
    refused(terminal[1], errno.EACCES)
    assert failure(terminal[1]).kind == "no permission"


def test_a_port_that_another_program_reads(terminal):
    with serial.Serial(terminal[1], exclusive=True):
        error = failure(terminal[1])
    assert error.kind == "busy"
    assert "in use by another program" in str(error) and "fuser" in str(error)


def test_two_programs_do_not_share_a_cable(terminal):
    async def open_twice():
        first = await serial_port.open_serial(terminal[1], SETTINGS)
        try:
            with pytest.raises(PortError) as caught:
                await serial_port.open_serial(terminal[1], SETTINGS)
            return caught.value.kind
        finally:
            first.close()

    assert asyncio.run(open_twice()) == "busy"


def test_what_is_no_serial_port(tmp_path):
    file = tmp_path / "telegram.txt"
    file.write_text("/FLU5\\1")
    for path in (file, tmp_path, "/dev/null"):
        error = failure(path)
        assert error.kind == "wrong device", str(error)
        assert str(error) == f"{path} is no serial port; name one with --source."


def test_a_device_that_fails_in_another_way(terminal, refused):
    refused(terminal[1], errno.EIO)
    assert failure(terminal[1]).kind in ("failed", "wrong device")


def test_a_url_that_cannot_be_opened():
    for source in ("socket://127.0.0.1", "socket://127.0.0.1:1?x=1", "socket://meter.invalid:1"):
        error = failure(source)
        assert error.kind == "failed"
        assert str(error).startswith(f"{source} cannot be opened")


def test_seven_bits(terminal):
    async def attempt():
        port = await serial_port.open_serial(
            terminal[1], {"uart_format": "7E1", "uart_baudrate": 9600}
        )
        try:
            device = port._device
            return device.bytesize, device.parity, device.baudrate
        finally:
            port.close()

    # A pseudo-terminal may refuse the format; then that is what is said.
    try:
        assert asyncio.run(attempt()) == (7, "E", 9600)
    except PortError as error:
        assert error.kind == "failed"


def test_closing_while_it_reads_ends_quietly(terminal):
    async def attempt():
        port = await serial_port.open_serial(terminal[1], SETTINGS)
        reading = asyncio.ensure_future(port.readinto(bytearray(8)))
        await asyncio.sleep(0.05)
        begin = time.monotonic()
        port.close()
        assert await reading is None
        assert time.monotonic() - begin < 0.3
        with pytest.raises(PortError):
            await port.readinto(bytearray(8))

    asyncio.run(attempt())
