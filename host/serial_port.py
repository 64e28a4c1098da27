"""A serial device, or anything else that pyserial has a URL for."""

import asyncio
import errno
import os
import stat
import threading
from pathlib import Path

import serial
from serial.tools import list_ports

from host.ports import PortError

_TIMEOUT = 0.5  # seconds that a read waits for a byte; it bounds how long ending takes


class SerialPort:
    """The RS422-to-USB cable inverts the line, so that nothing is to be set for that here."""

    def __init__(self, source, device):
        self._source = source
        self._device = device
        self._reading = threading.Lock()

    async def readinto(self, buffer):
        data = await asyncio.to_thread(self._read, len(buffer))
        buffer[: len(data)] = data
        return len(data) or None

    def _read(self, most):
        device = self._device
        try:
            with self._reading:
                data = device.read(1)
                # A socket:// never says that more than one byte is there.
                while data and len(data) < most and device.in_waiting:
                    data += device.read(min(device.in_waiting, most - len(data)))
            return data
        # Devices and URLs raise a variety of things when they go.
        except Exception:
            raise PortError(
                "gone", f"{self._source} is gone; has the cable come out? Waiting for it."
            ) from None

    def close(self):
        # A read that is under way in its thread would go on with whatever is opened next.
        if hasattr(self._device, "cancel_read"):
            self._device.cancel_read()
        with self._reading:
            self._device.close()


def check(source):
    """Why pyserial cannot read such a source, as a sentence; None if it may."""
    if not source:
        return "The source is empty; name a device or a URL, such as /dev/ttyUSB0."
    try:
        serial.serial_for_url(source, do_not_open=True)
    except ValueError:
        return (
            f"{source} is no source: name a device such as /dev/ttyUSB0, tcp://HOST:PORT, "
            "http://HOST/telegram, or another URL that pyserial knows."
        )
    return None


async def open_serial(source, settings):
    """Open it as the settings `uart_format` and `uart_baudrate` say."""
    return SerialPort(source, await asyncio.to_thread(_open, source, settings))


def _open(source, settings):
    seven_bits = settings["uart_format"] == "7E1"
    try:
        return serial.serial_for_url(
            source,
            baudrate=settings["uart_baudrate"],
            bytesize=serial.SEVENBITS if seven_bits else serial.EIGHTBITS,
            parity=serial.PARITY_EVEN if seven_bits else serial.PARITY_NONE,
            timeout=_TIMEOUT,
            # Two readers would each get a part of every telegram.
            exclusive=True,
        )
    except Exception as error:
        raise _why_not(source, error) from None


def _why_not(source, error):
    number = getattr(error, "errno", None)
    if "://" in source:
        return PortError("failed", f"{source} cannot be opened: {error}.")
    if number in (errno.ENOENT, errno.ENXIO, errno.ENODEV):
        ports = sorted(port.device for port in list_ports.comports())
        there = f"these are there: {', '.join(ports)}" if ports else "no serial port is there"
        return PortError(
            "no device", f"There is no {source}; is the cable in? As it stands, {there}."
        )
    if number in (errno.EACCES, errno.EPERM):
        return PortError("no permission", _who_may(source))
    if number in (errno.EAGAIN, errno.EBUSY):
        return PortError(
            "busy", f"{source} is in use by another program; `fuser -v {source}` names it."
        )
    if not _is_terminal(source):
        return PortError("wrong device", f"{source} is no serial port; name one with --source.")
    return PortError("failed", f"{source} cannot be opened: {error}.")


def _who_may(source):
    """Why one may not open a device, and what to do."""
    group = _group(source)
    if group in (None, "root"):
        return (
            f"You may not read {source}, and no group may; "
            "deploy/99-p1.rules gives it to the group dialout."
        )
    return (
        f"You may not read {source}: it belongs to the group {group}. "
        f"Join it, then log in again: sudo usermod -aG {group} $USER"
    )


def _group(source):
    """The group that may read and write a device; None if there is none."""
    try:
        path = Path(source)
        return path.group() if path.stat().st_mode & stat.S_IRGRP else None
    except (OSError, KeyError, NotImplementedError):
        return None


def _is_terminal(source):
    try:
        handle = os.open(source, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY)
    except OSError:
        return False
    try:
        return os.isatty(handle)
    finally:
        os.close(handle)
