"""`python -m sim`: a simulated meter on a TCP port, a pseudo-terminal or standard output."""

import argparse
import contextlib
import os
import signal
import sys
import time
from datetime import datetime, timedelta, timezone
from itertools import islice

from sim import other_meters
from sim.encryption import AUTHENTICATION_KEY, KEY, Encrypted
from sim.encryption import KINDS as ENCRYPTED_KINDS
from sim.faults import NAMES, Fault, Faults
from sim.line import Line
from sim.meter import ALL_KINDS, Meter
from sim.replay import Replay


class _Parser(argparse.ArgumentParser):
    """One sentence on a mistake, not the whole usage."""

    def error(self, message: str):
        self.exit(2, f"sim: {message}\n")


def _address(text: str) -> tuple[str, int]:
    host, colon, port = text.rpartition(":")
    if not colon or not port.isdecimal() or int(port) > 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is no HOST:PORT, such as 127.0.0.1:2001.")
    return host.strip("[]") or "0.0.0.0", int(port)


def _moment(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"{text!r} is no time, such as 2026-01-15T12:00:00 (the meter's local time)."
        ) from None


def _fault(text: str) -> Fault:
    try:
        return Fault.parse(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _not_negative(text: str) -> float:
    with contextlib.suppress(ValueError):
        if 0 <= float(text) < 1e6:
            return float(text)
    raise argparse.ArgumentTypeError(f"{text!r} is no number from 0 up.")


def _whole(text: str) -> int:
    if text.isdecimal() and int(text) > 0:
        return int(text)
    raise argparse.ArgumentTypeError(f"{text!r} is no whole number from 1 up.")


def arguments() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="sim",
        description="A simulated digital meter: sends a telegram every second, as a P1 port does.",
        epilog="Example: python -m sim --meter t211 --listen 127.0.0.1:2001 --fault noise:0.1",
    )
    what = parser.add_mutually_exclusive_group()
    what.add_argument(
        "--meter",
        choices=ALL_KINDS,
        default="t211",
        help="which meter to be: s211 and t211 are Belgian, with one phase and with "
        f"three; dsmr5 is Dutch, with three; {other_meters.HELP} lux is one of Luxembourg, which "
        "encrypts (default: t211)",
    )
    what.add_argument(
        "--telegram",
        metavar="FILE",
        help="send this capture again and again, byte for byte, instead",
    )
    where = parser.add_mutually_exclusive_group()
    where.add_argument(
        "--listen",
        metavar="HOST:PORT",
        type=_address,
        help="serve the line on TCP (the default, on 127.0.0.1:2001)",
    )
    where.add_argument(
        "--pty",
        metavar="LINK",
        nargs="?",
        const=True,
        help="serve it on a pseudo-terminal, with LINK pointing at it",
    )
    where.add_argument("--stdout", action="store_true", help="write it to standard output")
    parser.add_argument(
        "--speed",
        type=_not_negative,
        metavar="N",
        help="let N seconds pass in one; 0: as fast as the reader takes it "
        "(default: 1, and 0 for --stdout)",
    )
    parser.add_argument(
        "--at-once",
        action="store_true",
        help="send a telegram in one go, not byte by byte at 115200 baud",
    )
    parser.add_argument(
        "--fault",
        action="append",
        type=_fault,
        default=[],
        metavar="NAME:RATE",
        help=f"let this happen to so large a part of the telegrams: "
        f"{', '.join(NAMES)}; silence:RATE:SECONDS says how long "
        "(repeat for more)",
    )
    parser.add_argument(
        "--seed",
        type=int,
        default=1,
        metavar="N",
        help="another household, and other faults (default: 1)",
    )
    parser.add_argument(
        "--start",
        type=_moment,
        metavar="TIME",
        help="local time of the first telegram, such as 2026-01-15T12:00:00 (default: now)",
    )
    parser.add_argument("--count", type=_whole, metavar="N", help="stop after N telegrams")
    parser.add_argument(
        "--without",
        action="append",
        choices=("gas", "water"),
        default=[],
        help="leave this meter out (repeat for both)",
    )
    return parser


def _to_stdout(source, faults: Faults, options) -> None:
    out = sys.stdout.buffer
    for telegram in islice(source.telegrams(), options.count):
        out.write(faults.strike(telegram).data)
        if options.speed:
            out.flush()
            time.sleep(1 / options.speed)
    out.flush()


def _stop(*_) -> None:
    raise KeyboardInterrupt


def main(argv: list[str] | None = None) -> int:
    parser = arguments()
    options = parser.parse_args(argv)
    signal.signal(signal.SIGTERM, _stop)
    try:
        if options.telegram:
            source: Meter | Encrypted | Replay = Replay(options.telegram)
        else:
            # The line begins on the next second.
            start = options.start or datetime.now(timezone.utc) + timedelta(seconds=1)
            source = Meter(
                options.meter,
                start,
                options.seed,
                gas="gas" not in options.without,
                water="water" not in options.without,
            )
            if options.meter in ENCRYPTED_KINDS:
                source = Encrypted(source)
        faults = Faults(options.fault, options.seed)
        if options.stdout:
            _to_stdout(source, faults, options)
            return 0
        speed = 1 if options.speed is None else options.speed
        address = None if options.pty else options.listen or ("127.0.0.1", 2001)
        line = Line(
            source,
            listen=address,
            pty=options.pty,
            speed=speed,
            faults=faults,
            baud=None if options.at_once else 115200,
            count=options.count,
        )
    except KeyboardInterrupt:
        return 0
    except BrokenPipeError:
        # Whoever read our output has had enough; nothing is left to flush to.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except (OSError, ValueError) as error:
        parser.error(str(error))
    name = options.telegram or options.meter
    try:
        with line:
            print(f"Simulated meter: {name} on {line.name}", file=sys.stderr, flush=True)
            if isinstance(source, Encrypted):
                keys = KEY.hex().upper(), AUTHENTICATION_KEY.hex().upper()
                print(
                    "Its decryption_key is %s, its authentication_key %s." % keys, file=sys.stderr
                )
            while not line.join(0.2):
                pass
    except KeyboardInterrupt:
        pass
    return 1 if line.error else 0


if __name__ == "__main__":
    sys.exit(main())
