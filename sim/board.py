"""The board around the simulated chip: starts it, and starts it again when it is reset.

    python -m sim.board micropython -m main

A reset ends the chip's process by a signal (see `sim/chip/chip_wdt.py`); here it becomes a number
that a shell or a test can tell apart, or the next start with the fitting reset cause.
"""

import argparse
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

#: Exit codes for what ended the chip's program.
WATCHDOG, RESET, SOFT_RESET = 70, 71, 72

_CAUSES = {WATCHDOG: "WDT_RESET", RESET: "HARD_RESET", SOFT_RESET: "SOFT_RESET"}
_SIGNALS = {signal.SIGALRM: WATCHDOG, signal.SIGUSR1: RESET}


def exit_code(returncode: int) -> int:
    """What `subprocess` tells of the chip's process, as one of the codes above or its own."""
    if returncode < 0:
        return _SIGNALS.get(signal.Signals(-returncode), 128 - returncode)
    return returncode


class Board:
    """Runs a command that is a chip's program.

    `restarts` is how many resets it starts again after; None for all of them. `env` and the rest
    are as for `subprocess.Popen`. `codes` has what each run ended with.
    """

    def __init__(
        self,
        command: list[str],
        restarts: int | None = None,
        env: dict[str, str] | None = None,
        **popen,
    ):
        self._command = command
        self._environment = os.environ if env is None else env
        self._restarts = restarts
        self._popen = popen
        self._process: subprocess.Popen | None = None
        self._off = False
        self.codes: list[int] = []

    def run(self) -> int:
        """Returns the exit code of the last run."""
        with tempfile.TemporaryDirectory() as folder:
            # The memory that survives a reset; with the power it goes.
            return self._run({**self._environment, "SIM_RTC": str(Path(folder) / "rtc")})

    def _run(self, environment: dict[str, str]) -> int:
        while True:
            self._process = subprocess.Popen(self._command, env=environment, **self._popen)
            if self._off:
                self._process.terminate()
            code = exit_code(_wait(self._process))
            self.codes.append(code)
            if code not in _CAUSES or self._off:
                return code
            if self._restarts is not None and len(self.codes) > self._restarts:
                return code
            environment["SIM_RESET_CAUSE"] = _CAUSES[code]

    def switch_off(self, *_) -> None:
        """Ends the program for good; may be called from a signal handler or another thread."""
        self._off = True
        if self._process:
            self._process.terminate()


def _wait(process: subprocess.Popen) -> int:
    while True:
        try:
            return process.wait()
        except KeyboardInterrupt:
            # The terminal has sent Ctrl-C to the chip's program too, which may go on.
            pass


def main() -> int:
    parser = argparse.ArgumentParser(prog="sim.board", description=__doc__.split("\n")[0])
    parser.add_argument(
        "--restarts",
        type=int,
        metavar="N",
        help="start again after at most N resets (default: after every one)",
    )
    parser.add_argument("command", nargs=argparse.REMAINDER, help="the chip's program")
    options = parser.parse_args()
    if not options.command:
        parser.error("say which command runs the chip's program")
    board = Board(options.command, options.restarts)
    signal.signal(signal.SIGTERM, board.switch_off)
    return board.run()


if __name__ == "__main__":
    sys.exit(main())
