"""The firmware on the simulated board: built as for the board, run by real MicroPython.

    with Firmware(folder, meter_port=line.port, settings={"http_port": 8080}) as firmware:
        firmware.wait_until_up()

What it runs is main.py with the compiled tree, in a folder that stands for the board's flash; the
modules `machine` and `network` are those of `sim/chip`. `make run` and the tests start it the same
way.
"""

import json
import os
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path

from host import build, tree
from sim.board import Board, exit_code
from sim.chip_build import LARGE_TABLE, alone, build_chip, heap_of
from sim.interpreter import Interpreter, words64

#: The heap that an ESP32 without PSRAM has for everything, in KB: of 118,000 bytes, see
#: `firmware.boards.heap`, the whole ones. On words of 32 bits the runs get as much, and what the
#: simulated chip takes. What MicroPython itself keeps there on a board is not simulated: 0.6 KB
#: were seen. On words of 64 bits most objects are larger: what runs in a board's heap runs in this
#: one.
BOARD_HEAP = 115
WIDE_HEAP = 224

#: What the chip's modules are called by, beside the program.
_CHIP = ".chip"

#: What main.py says before it restarts the board, a minute later.
_ENDED = "The program cannot go on."

_UP_AFTER = 20  # seconds in which it must answer


class FirmwareError(Exception):
    """The firmware did not come up; the text says what it printed."""


def micropython() -> Path | None:
    """PyPI's MicroPython beside this Python; None where no wheel of it exists."""
    found = words64()
    return Path(found.command[0]) if found else None


def _bytes(heap: str) -> int:
    """What MicroPython understands by a heapsize such as "200k"."""
    return int(heap.rstrip("km")) * {"k": 1024, "m": 1024 * 1024}.get(heap[-1], 1)


def start_code(interpreter: Interpreter) -> str:
    """What is run to start boot.py and main.py as a board does, see `sim.chip_build`.

    MicroPython 1.27 gives main.py a `__file__`, as versions before it do not.
    """
    version = subprocess.run(
        [*interpreter.command, "-c", "import sys; print(sys.implementation.version[:2])"],
        capture_output=True,
        text=True,
    ).stdout
    name = '__file__ = "main.py"' if version.strip() >= "(1, 27)" else "del __file__"
    return f'{LARGE_TABLE}\n{name}; execfile("boot.py"); execfile("main.py")'


class Firmware:
    """One run of the firmware.

    folder: stands for the board's flash: config.json is written there; other files stay.
    meter_port: where the simulated meter listens on this machine, 0 for no meter.
    settings: what differs from a demo's; environment: further SIM_… variables of the chip.
    interpreter: see `sim.interpreter`; heap: as for MicroPython's heapsize, by default that of a
    board without PSRAM.
    """

    def __init__(
        self,
        folder: Path,
        meter_port: int,
        settings: dict,
        heap: str | None = None,
        environment: dict | None = None,
        interpreter: Interpreter | None = None,
    ):
        interpreter = interpreter or words64()
        arch = build.arch_of(interpreter.command)
        self.interpreter = interpreter
        self.root = tree.REPO / "build" / f"sim-{arch}"
        with alone(tree.REPO / "build"):
            build.packed(tree.REPO, self.root, arch)
            self.chip = build_chip(tree.REPO / "build" / f"chip-{arch}", arch)
            taken = heap_of(self.chip, interpreter)
        #: Bytes of the heap that are the simulated chip's, and how many names.
        self.chip_heap = taken["chip"]
        self.chip_names = taken["names"]
        #: Bytes of the table of names that a board has.
        self.board_table = taken["board_table"]
        self._heap = _bytes(heap) if heap else self._board_heap()
        self.folder = Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.settings = {
            "wifi_name": "demo",
            "wifi_password": "simulated",
            # On one machine there may be several boards.
            "raw_port": 0,
            **settings,
        }
        # As on a board, by short names: MicroPython keeps the path of each module in memory.
        for name, path in (
            ("app", self.root / "app"),
            ("boot.py", self.root / "boot.py"),
            ("main.py", self.root / "main.py"),
            ("trial.py", self.root / "trial.py"),
            (_CHIP, self.chip),
        ):
            link = self.folder / name
            if not link.is_symlink():
                link.symlink_to(path)
        self.url = f"http://127.0.0.1:{self.settings.get('http_port', 80)}"
        self._log = self.folder / "console.txt"
        self._wanted = environment or {}
        self.environment = {
            **os.environ,
            "MICROPYPATH": f"{_CHIP}:.frozen",
            "SIM_UART": f"127.0.0.1:{meter_port}" if meter_port else "",
        }
        self._give_heap(taken["table"])
        self.command = [*interpreter.command, *self.options, "-c", start_code(interpreter)]
        self.process: subprocess.Popen | None = None

    def run_instead(self, script, *arguments) -> None:
        """Run this script, which starts main.py itself, with a table of names that grows."""
        self._give_heap(0)
        self.command = [*self.interpreter.command, *self.options, str(script), *arguments]

    def _give_heap(self, more: int) -> None:
        """Let the heap have so many bytes beside what the program may take."""
        size = self._heap + more * 65 // 64
        self.options = ["-X", f"heapsize={size}"]
        # The chip's modules are in the heap, too. Of 65 bytes one is the collector's own.
        config = {**self.settings}
        config.setdefault("heap_limit", size * 64 // 65)
        (self.folder / "config.json").write_text(json.dumps(config))
        own = str(self.chip_heap + more) if self.interpreter.bits == 32 else ""
        self.environment.update({"SIM_CHIP_HEAP": own, **self._wanted})

    def _board_heap(self) -> int:
        """The heap of a board and what the simulated chip takes of it, in bytes."""
        if self.interpreter.bits == 64:
            return WIDE_HEAP * 1024
        # The collector's tables take a byte for 64 on words of 32 bits.
        return BOARD_HEAP * 1024 + self.chip_heap * 65 // 64

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.stop()

    def start(self) -> None:
        """Switch the board on; what it prints is in `printed`."""
        with open(self._log, "ab") as log:
            self.process = subprocess.Popen(
                self.command,
                cwd=self.folder,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def stop(self) -> int:
        """Switch the board off; returns the exit code it had, see `sim.board`."""
        if self.process.poll() is None:
            self.process.terminate()
        return exit_code(self.process.wait(10))

    def board(self, **popen) -> Board:
        """The same run as a `sim.board.Board`, which starts anew after each reset."""
        return Board(
            self.command,
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            **popen,
        )

    @property
    def printed(self) -> str:
        """What it has printed on its serial console so far."""
        return self._log.read_text(errors="replace") if self._log.exists() else ""

    def get(self, path: str, timeout: float = 5, headers: dict | None = None):
        """GET a path; returns (status, headers, body as bytes)."""
        request = urllib.request.Request(self.url + path, headers=headers or {})
        try:
            with urllib.request.urlopen(request, timeout=timeout) as response:
                return response.status, response.headers, response.read()
        except urllib.error.HTTPError as error:
            return error.code, error.headers, error.read()

    def json(self, path: str):
        """GET a path and parse its JSON, whatever the status."""
        return json.loads(self.get(path)[2])

    def wait_until(self, done, what: str, seconds: float = _UP_AFTER):
        """Wait until `done()` is true; returns what it returned."""
        end = time.monotonic() + seconds
        while True:
            try:
                result = done()
                if result:
                    return result
            except (OSError, ValueError):
                pass
            if self.process is not None and (
                self.process.poll() is not None or _ENDED in self.printed
            ):
                raise FirmwareError(f"The firmware has ended:\n{self.printed}")
            if time.monotonic() > end:
                raise FirmwareError(f"Not {what} after {seconds} s. It printed:\n{self.printed}")
            time.sleep(0.05)

    def wait_until_up(self) -> None:
        """Wait until it answers."""
        self.wait_until(lambda: self.get("/livez", timeout=1)[0] == 200, "up")

    def wait_until_ready(self) -> None:
        """Wait until it has a fresh telegram."""
        self.wait_until(lambda: self.get("/readyz", timeout=1)[0] == 200, "ready")
