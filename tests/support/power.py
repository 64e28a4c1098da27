"""A board that starts again after each reset, with code and numbers of the test's own.

The firmware is the real one, compiled, under the real MicroPython; what takes minutes is made to
take seconds, and what cannot be done from outside is done by a few lines that main.py is given
before it runs.
"""

import json
import os
import shutil
import signal
import textwrap
import threading

from changed import tree_with

from host import build
from sim.firmware import Firmware
from sim.ports import free_port

#: Files with numbers that tests change.
WATCHDOG = "firmware/supervisor/watchdog.py"
SUPERVISOR = "firmware/supervisor/__init__.py"
DEAFNESS = "firmware/supervisor/deafness.py"
MEMORY = "firmware/supervisor/memory.py"
SAFE_MODE = "firmware/supervisor/safe_mode.py"
APP = "firmware/app.py"
BUDGET = "firmware/budget.py"
METER = "firmware/meter.py"
GUARD = "firmware/http/guard.py"
MQTT = "firmware/outputs/mqtt/__init__.py"

#: The heap of a board with changed code, which takes some more, on words of 64 bits.
HEAP = "256k"


def quick(**more):
    """Numbers for a watchdog that begins after a second and bites after one and a half.

    Tasks must turn within two seconds or three. After a fifth of a second a task that died is
    started again, and a port that cannot be opened is tried again. Memory and the network are
    looked at each second. more: other numbers of the watchdog's.
    """
    return {
        WATCHDOG: {"_LATE": 1, "_BITE": 1500, **more},
        APP: {"_LOOK": 1000},
        DEAFNESS: {"_ANSWER": 10},
        MEMORY: {"_LOOK": 1},
        SUPERVISOR: {"_PAUSE": 0.2},
        METER: {"deadline": 2, "_PAUSE": 0.2},
        **{name: {"deadline": 3} for name in (GUARD, MQTT)},
    }


def change(flash, code="", numbers=None, arch=None):
    """Give the board a tree of its own, whose main.py runs this code before the program.

    numbers: those of the tree that are changed, see `changed.tree_with`; arch: PyPI's
    MicroPython's, if it is not given.
    """
    for name in ("app", "main.py"):
        (flash / name).unlink()
    root = tree_with(numbers or {}, arch or build.arch_of_this_machine())
    shutil.copytree(root / "app", flash / "app")
    text = (root / "main.py").read_text(encoding="utf-8")
    run = "\n        run()\n"
    assert text.count(run) == 1
    # The parser's modules first: imported from deep below, they would take too much stack.
    code = "import dsmr\n" + code.strip("\n") if code else ""
    text = text.replace(run, "\n" + textwrap.indent(code, " " * 8) + run)
    text = text.replace("time.sleep(60)", "time.sleep(0.1)")
    (flash / "main.py").write_text(text, encoding="utf-8")


class Power:
    """The board, until the power is cut.

    code: what main.py runs before the program; the rest is as for `sim.firmware.Firmware`.
    """

    def __init__(
        self,
        folder,
        interpreter,
        line=None,
        code="",
        numbers=None,
        environment=None,
        heap=None,
        **settings,
    ):
        self.flash = folder / "flash"
        self.firmware = Firmware(
            self.flash,
            line.port if line else 0,
            {"http_port": free_port(), **settings},
            heap=heap or (HEAP if interpreter.bits == 64 else None),
            environment=environment,
            interpreter=interpreter,
        )
        change(self.flash, code, numbers, build.arch_of(interpreter.command))
        self._printed = open(self.flash / "console.txt", "ab")  # noqa: SIM115 (until the end)
        self.board = self.firmware.board(stdout=self._printed, stderr=self._printed)
        self._thread = threading.Thread(target=self.board.run)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self.board.switch_off()
        self._thread.join(10)
        self._printed.close()

    def reset(self):
        """As machine.reset() does."""
        os.kill(self.board._process.pid, signal.SIGUSR1)

    @property
    def resets(self):
        """What ended each run so far, see `sim.board`."""
        return list(self.board.codes)

    def health(self):
        return self.firmware.json("/healthz")

    def wait_until(self, done, what, seconds=20):
        return self.firmware.wait_until(done, what, seconds)

    def errors(self):
        """What the flash has."""
        path = self.flash / "errors.json"
        return json.loads(path.read_text()) if path.exists() else []
