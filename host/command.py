"""The command line on a PC: `python main.py --source /dev/ttyUSB0`."""

import argparse
import asyncio
import signal
import socket
import sys

from dsmr.parser import MAX_TELEGRAM
from firmware import VERSION, config
from firmware.app import App
from firmware.boards.host import Host


def _arguments():
    parser = argparse.ArgumentParser(
        prog="main.py",
        description="Read a digital electricity meter's P1 port and answer on the network.",
        epilog="Settings that are given here win over those of the file.",
    )
    parser.add_argument("--version", action="version", version=f"power-readout {VERSION}")
    parser.add_argument(
        "--source",
        default="/dev/ttyUSB0",
        metavar="PORT",
        help="where the meter's line comes in: a serial device (default: /dev/ttyUSB0), "
        "tcp://HOST:PORT for a serial server, or another URL that pyserial knows",
    )
    parser.add_argument(
        "--http-port", type=int, metavar="PORT", help="where to answer (default: 80)"
    )
    parser.add_argument(
        "--config", metavar="FILE", help="settings as JSON, the same as on a board"
    )
    parser.add_argument(
        "--no-crc",
        action="store_true",
        help="accept telegrams that carry no CRC; one that is there is still checked",
    )
    return parser


def _settings(options):
    """The settings, and sentences about what is wrong with the file's."""
    # A PC has room for the longest telegram that the line can carry.
    defaults = {"max_telegram": MAX_TELEGRAM}
    if options.config:
        given, problems = config.load(options.config, defaults)
    else:
        given, problems = config.check({}, defaults)
    if options.http_port is not None:
        given["http_port"] = options.http_port
    if options.no_crc:
        given["crc"] = "none"
    settings, _ = config.check(given)
    return settings, problems


def _check_http_port(port):
    """Raise OSError if nothing can listen there."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(("0.0.0.0", port))


def _say(message):
    print(message, file=sys.stderr, flush=True)


async def _run(app):
    task = asyncio.ensure_future(app.run())
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, task.cancel)
    try:
        await task
    except asyncio.CancelledError:
        _say("Ended.")


def main(argv):
    options = _arguments().parse_args(argv)
    settings, problems = _settings(options)
    try:
        _check_http_port(settings["http_port"])
    except OSError as error:
        _say(
            f"main.py: port {settings['http_port']} cannot be opened: {error.strerror}; "
            "choose another with --http-port, such as --http-port 8080."
        )
        return 1
    asyncio.run(_run(App(settings, problems, Host(settings, options.source), _say)))
    return 0
