"""The meter's port as a PC has it: a serial device, or a TCP server that serves one.

A port has `async readinto(buffer)`, which returns the number of bytes read, None if there were
none for now, or 0 when the port is gone, and `close()`; see `firmware.meter.Meter`.
"""

import asyncio

import serial

_TIMEOUT = 0.5  # seconds that a read waits for a byte; it bounds how long ending takes


class SerialPort:
    """A serial device, or anything else that pyserial has a URL for.

    The RS422-to-USB cable inverts the line, so that nothing is to be set for that here.
    """

    def __init__(self, source, settings):
        seven_bits = settings["uart_format"] == "7E1"
        self._serial = serial.serial_for_url(
            source,
            baudrate=settings["uart_baudrate"],
            bytesize=serial.SEVENBITS if seven_bits else serial.EIGHTBITS,
            parity=serial.PARITY_EVEN if seven_bits else serial.PARITY_NONE,
            timeout=_TIMEOUT,
        )

    async def readinto(self, buffer):
        data = await asyncio.to_thread(self._read, len(buffer))
        buffer[: len(data)] = data
        return len(data) or None

    def _read(self, most):
        return self._serial.read(max(1, min(self._serial.in_waiting, most)))

    def close(self):
        self._serial.close()


class TcpPort:
    """A TCP server that sends what comes from a port: ser2net, esp-link, a power-readout."""

    def __init__(self, reader, writer):
        self._reader = reader
        self._writer = writer

    async def readinto(self, buffer):
        data = await self._reader.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def close(self):
        self._writer.close()


async def open_port(source, settings):
    """Open the port that `source` names: tcp://host:port, or what pyserial takes."""
    if source.startswith("tcp://"):
        host, _, port = source[len("tcp://") :].rpartition(":")
        return TcpPort(*await asyncio.open_connection(host, int(port)))
    return SerialPort(source, settings)
