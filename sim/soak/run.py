"""The run of a soak: the meter, the firmware, its clients, and samples of its memory."""

import contextlib
import json
import tempfile
import time
import urllib.error
from datetime import datetime
from pathlib import Path

from sim.broker import Broker
from sim.faults import Fault, Faults
from sim.firmware import Firmware
from sim.interpreter import Interpreter
from sim.line import Line
from sim.meter import Meter
from sim.ports import free_port
from sim.soak.batteries import Batteries
from sim.soak.clients import Clients, RawReader
from sim.soak.result import Result, Sample, SoakError

DAY = 86_400

#: A seventh of the telegrams is struck, and the cable comes out four times an hour.
FAULTS = (
    *(("noise", 0.05), ("flip", 0.02), ("lose", 0.02), ("double", 0.02), ("cut", 0.01)),
    *(("burst", 0.02), ("break", 0.02), ("cable", 0.001, 20), ("silence", 0.001, 30)),
)

#: Samples of the memory that are taken; one a quarter-hour of a day.
_SAMPLES = 96

#: The heap of a board with PSRAM, of which it uses a tenth.
_PSRAM_HEAP = "2m"

#: The outputs of a board with PSRAM, and those of which another has one.
ALL_OUTPUTS = ("raw_tcp", "mqtt", "shelly", "modbus")
ONE_OUTPUT = ("raw_tcp", "mqtt", "shelly")

_START = datetime(2026, 3, 28, 12)  # the next night the clocks go forward
_STALLED = 60  # seconds without a telegram


def run(
    telegrams: int = DAY,
    kind: str = "t211",
    heap: str | None = None,
    seed: int = 1,
    clients: int = 1,
    say=lambda sample, of: None,
    interpreter: Interpreter | None = None,
    psram: bool = False,
    output: str = "raw_tcp",
) -> Result:
    """Run it; `say(sample, telegrams)` is called for each sample.

    heap, interpreter: see `sim.firmware`. psram: whether the board has PSRAM, and every output;
    one without has `output`. Whatever there is has somebody who asks it.
    """
    outputs = ALL_OUTPUTS if psram else (output,)
    result = Result(heap or "a board", telegrams, outputs=outputs)
    environment = {"SIM_BACKPRESSURE": "1"}
    faults = Faults([Fault(*fault) for fault in FAULTS], seed)
    begin = time.monotonic()
    with contextlib.ExitStack() as stack:
        settings: dict = {"http_port": free_port(), "shelly_port_2": 0}
        settings["raw_port"] = free_port() if "raw_tcp" in outputs else 0
        if "shelly" in outputs:
            settings |= {"shelly": True, "shelly_port": free_port()}
        if "modbus" in outputs:
            settings["modbus_port"] = free_port()
        if "mqtt" in outputs:
            broker = stack.enter_context(Broker())
            settings |= {"mqtt_host": "127.0.0.1", "mqtt_port": broker.port, "mqtt_interval": 1}
        if psram:
            heap = heap or _PSRAM_HEAP
            environment["SIM_PSRAM"] = "1"
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        meter = Meter(kind, _START, seed)
        line = stack.enter_context(
            Line(meter, listen=("127.0.0.1", 0), speed=0, faults=faults, count=telegrams)
        )
        firmware = stack.enter_context(
            Firmware(folder, line.port, settings, heap, environment, interpreter)
        )
        firmware.wait_until_ready()
        if "mqtt" in outputs:
            firmware.wait_until(
                lambda: firmware.json("/healthz")["mqtt"]["connected"], "publishing by MQTT"
            )
        with contextlib.ExitStack() as asking:
            askers = Clients(firmware, result, clients)
            asking.callback(askers.stop)
            asking.callback(Batteries(settings, result).stop)
            if settings["raw_port"]:
                asking.callback(RawReader(settings["raw_port"], result).stop)
            _watch(firmware, line, result, askers, say)
        result.health = firmware.json("/healthz")
        result.seconds = time.monotonic() - begin
        result.whole, result.bytes = line.intact, line.bytes
        result.faults = dict(faults.counts)
        result.printed = firmware.printed
    return result


def _watch(firmware: Firmware, line: Line, result: Result, askers: Clients, say) -> None:
    """Take a sample now and then, until all that was sent is read."""
    step = max(1, result.telegrams // _SAMPLES)
    begun = 0
    came, since = -1, time.monotonic()
    while True:
        ended = line.join(0.02)
        if line.seconds >= begun + step or ended:
            with askers:
                health = _health(firmware)
            begun = line.seconds // step * step
            sample = Sample(
                line.seconds,
                health["telegrams"],
                sum(health["rejected"].values()),
                health["http_requests"],
                health["free_heap"],
            )
            counted = health["bytes"]["in"]
            if counted != came:
                came, since = counted, time.monotonic()
            if ended and counted == line.bytes:
                result.samples.append(sample)
                say(sample, result.telegrams)
                return
            if not ended:
                result.samples.append(sample)
                say(sample, result.telegrams)
        if time.monotonic() - since > _STALLED:
            raise SoakError(f"Nothing has come through for {_STALLED} s:\n{firmware.printed}")


def _health(firmware: Firmware) -> dict:
    """/healthz; a client that comes while too many others are served tries again."""
    for _ in range(20):
        try:
            status, _, body = firmware.get("/healthz", timeout=20)
            if status == 200:
                return json.loads(body)
        except (OSError, ValueError, urllib.error.URLError):
            pass
        if firmware.process is not None and firmware.process.poll() is not None:
            raise SoakError(f"The firmware has ended:\n{firmware.printed}")
        time.sleep(0.2)
    raise SoakError(f"/healthz does not answer. It printed:\n{firmware.printed}")
