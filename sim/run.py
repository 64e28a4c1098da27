"""The demo: a simulated meter, the real firmware, and a URL to open. This is what `make run` runs.

Where there is no MicroPython for this machine, the same main.py runs under CPython.
"""

import argparse
import errno
import signal
import socket
import sys
import tempfile
import threading
import time
import urllib.request
from datetime import datetime, timedelta, timezone
from pathlib import Path

from host.build import BuildError
from host.tree import REPO, TreeError
from sim import other_meters, past
from sim.board import Board
from sim.encryption import KEY, Encrypted
from sim.encryption import KINDS as ENCRYPTED_KINDS
from sim.faults import Fault, Faults
from sim.firmware import Firmware, FirmwareError, micropython
from sim.line import Line
from sim.meter import ALL_KINDS, Meter
from sim.ports import free_port
from sim.replay import Replay
from sim.world import World

_UP_AFTER = 30  # seconds


class _Trouble(Exception):
    """Why the demo cannot run; the text is for the person and says what to do."""


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m sim.run",
        description="Run the firmware without a board: on a simulated meter, or a real port.",
    )
    what = parser.add_mutually_exclusive_group()
    what.add_argument(
        "--meter",
        choices=ALL_KINDS,
        default="t211",
        help="the simulated meter: s211 and t211 are Belgian, with one phase and with three; "
        f"dsmr5 is Dutch, with three; {other_meters.HELP} lux is one of Luxembourg, which "
        "encrypts (default: t211)",
    )
    what.add_argument("--telegram", metavar="FILE", help="replay this capture, once a second")
    what.add_argument(
        "--serial", metavar="DEVICE", help="read a real port, such as /dev/ttyUSB0, under CPython"
    )
    parser.add_argument(
        "--http-port", type=int, default=8080, metavar="PORT", help="default: 8080"
    )
    parser.add_argument(
        "--raw-port",
        type=int,
        default=2323,
        metavar="PORT",
        help="where every telegram goes byte for byte; 0: nowhere (default: 2323)",
    )
    parser.add_argument(
        "--setup",
        action="store_true",
        help="begin as a board that nobody has set up: with its access point, and two networks in "
        "reach: 'home', whose password is 'simulated', and 'neighbour'",
    )
    parser.add_argument(
        "--fault",
        action="append",
        type=Fault.parse,
        default=[],
        metavar="NAME:RATE",
        help="let the line be disturbed, such as noise:0.1; see python -m sim --help",
    )
    return parser


def _line(options) -> Line:
    if options.telegram:
        try:
            source: Replay | Meter | Encrypted = Replay(options.telegram)
        except OSError as error:
            raise _Trouble(
                f"The capture {options.telegram} cannot be read: {error.strerror}."
            ) from None
    else:
        start = datetime.now(timezone.utc) + timedelta(seconds=1)
        past.make(options.flash / "history", options.meter, start)
        source = Meter(options.meter, start)
        if _is_encrypted(options):
            source = Encrypted(source)
    return Line(source, listen=("127.0.0.1", 0), faults=Faults(options.fault))


def _is_encrypted(options) -> bool:
    return options.meter in ENCRYPTED_KINDS and not options.telegram and not options.serial


def _check_port(name: str, port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("0.0.0.0", port))
        except (OSError, OverflowError) as error:
            if isinstance(error, OSError) and error.errno == errno.EADDRINUSE:
                why = "is in use"
            else:
                why = f"cannot be used ({getattr(error, 'strerror', None) or error})"
            raise _Trouble(
                f"Port {port} {why}; choose another: make run {name}={port % 60000 + 1}"
            ) from None


def _on_cpython(source: str, options) -> Board:
    ports = ["--http-port", str(options.http_port), "--raw-port", str(options.raw_port)]
    if not options.serial:
        ports += ["--history-folder", str(options.flash / "history")]
    if _is_encrypted(options):
        ports += ["--decryption-key", KEY.hex()]
    return Board(
        [sys.executable, "main.py", "--source", source, *ports],
        restarts=0,
        cwd=REPO,
        start_new_session=True,
    )


def _on_micropython(meter_port: int, options) -> Board:
    settings = {"http_port": options.http_port, "raw_port": options.raw_port}
    if _is_encrypted(options):
        settings["decryption_key"] = KEY.hex()
    if not options.setup:
        firmware = Firmware(options.flash, meter_port, settings)
        return firmware.board(start_new_session=True)
    folder = options.flash
    # The station's address is one of this machine's too, in another network than the hotspot's.
    world = {"ssid": "home", "password": "simulated", "address": "127.0.1.1", "connect_ms": 3000}
    World(folder / "world.json", others=[["neighbour", -84, 3]], **world)
    firmware = Firmware(
        folder,
        meter_port,
        {
            **{**settings, "wifi_name": "", "wifi_password": ""},
            **{"hotspot_password": "simulated", "admin_password": "simulated"},
        },
        environment={"SIM_WORLD": str(folder / "world.json"), "SIM_PORT_53": str(free_port())},
    )
    return firmware.board(start_new_session=True)


def _board(options, line) -> Board:
    if options.serial:
        return _on_cpython(options.serial, options)
    if micropython():
        return _on_micropython(line.port, options)
    print("There is no MicroPython for this machine on PyPI: the same main.py runs under CPython.")
    return _on_cpython(f"tcp://127.0.0.1:{line.port}", options)


def _say_when_up(url: str, thread: threading.Thread, is_setup: bool) -> None:
    end = time.monotonic() + _UP_AFTER
    while thread.is_alive() and time.monotonic() < end:
        try:
            urllib.request.urlopen(url + "livez", timeout=1).close()
        except OSError:
            time.sleep(0.1)
            continue
        also = (
            "as a phone does in the hotspot: the password of home is simulated.\n"
            "When it has worked for a minute the meter is read. "
            f"{url}settings has the same password."
            if is_setup
            else f"or: curl {url}metrics"
        )
        print(f"\nOpen {url} in a browser, {also}\nCtrl-C ends it.\n", flush=True)
        return


def _run(options) -> int:
    _check_port("HTTP_PORT", options.http_port)
    if options.raw_port:
        _check_port("RAW_PORT", options.raw_port)
    line = None if options.serial else _line(options)
    board = _board(options, line)
    codes = []
    thread = threading.Thread(target=lambda: codes.append(board.run()), daemon=True)
    if line:
        line.start()
    thread.start()
    try:
        _say_when_up(f"http://localhost:{options.http_port}/", thread, options.setup)
        while thread.is_alive():
            thread.join(0.2)
    except KeyboardInterrupt:
        print("\nEnding.")
        codes.append(0)
    finally:
        board.switch_off()
        thread.join(10)
        if line:
            line.stop()
    return codes[0]


def _interrupt(*_) -> None:
    raise KeyboardInterrupt


def main(argv=None) -> int:
    options = _arguments().parse_args(argv)
    # The terminal may be closed as well.
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)
    try:
        # The simulated board's flash: another demo, with other ports, may run at the same time.
        with tempfile.TemporaryDirectory(prefix="power-readout-") as folder:
            options.flash = Path(folder)
            return _run(options)
    except KeyboardInterrupt:
        return 0
    except (_Trouble, BuildError, TreeError, FirmwareError, OSError, ValueError) as error:
        print(f"run: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
