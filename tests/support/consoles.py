"""The serial console of a running board, which a person types at."""

import contextlib
import time

from pty_board import PtyBoard

from sim.firmware import Firmware
from sim.ports import free_port


@contextlib.contextmanager
def console_of(tmp_path, line, **settings):
    """The firmware with its console on a pseudo-terminal, reading a telegram by now."""
    flash = tmp_path / "flash"
    firmware = Firmware(flash, line.port, {"http_port": free_port(), **settings})
    with started(firmware, flash, line) as console:
        firmware.wait_until_ready()
        yield console


@contextlib.contextmanager
def started(firmware, flash, line=None, **environment):
    """A `sim.firmware.Firmware`, of this folder, on a pseudo-terminal; it is `console.firmware`.

    environment: further SIM_… variables of the chip.
    """
    where = {"SIM_UART": f"127.0.0.1:{line.port}"} if line else {}
    with PtyBoard(
        flash,
        "main.py",
        options=firmware.options,
        modules=firmware.chip,
        environment={**where, **environment},
    ) as console:
        console.firmware, console.line = firmware, line
        yield console


def stop(console):
    """Press Ctrl-C, again if need be: the unix port loses one in a hundred.

    The meter is silent meanwhile. Where Ctrl-C comes amid a collection of garbage, the unix port
    can allocate nothing any more; a board goes on.
    """
    if console.line:
        console.line.pause()
        time.sleep(0.2)  # until what is on its way has been read
    try:
        _stop(console)
    finally:
        if console.line:
            console.line.resume()


def _stop(console):
    for _ in range(3):
        console.type("\x03")
        try:
            console.wait_for(b"run() goes on", timeout=4)
            return
        except AssertionError:
            continue
    console.wait_for(b"run() goes on", timeout=1)
