"""The command line on a PC: `python main.py --source /dev/ttyUSB0`."""

import asyncio
import errno
import socket
import sys

from host import missing

try:
    from firmware import assembly
    from host import logs, mdns, options
    from host.ending import until_signal
    from host.failures import Failures
    from host.pc import Pc
    from host.settings import SettingsError
except ModuleNotFoundError as error:
    missing.explain(error)

_PROGRAM = "main.py"


def check_http_port(port):
    """Why nothing can listen there, as a sentence; None if it can."""
    other = "choose another with --http-port, such as --http-port 8080."
    try:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("0.0.0.0", port))
    except PermissionError:
        return (
            f"Port {port} may only be opened with CAP_NET_BIND_SERVICE, which "
            f"deploy/power-readout.service has; or {other}"
        )
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            return f"Port {port} is in use by another program; {other}"
        return f"Port {port} cannot be opened ({error.strerror}); {other}"
    return None


def main(argv):
    given = options.parser(
        _PROGRAM, "Read a digital electricity meter's P1 port and answer on the network."
    ).parse_args(argv)
    try:
        settings, problems = options.load(given)
    except SettingsError as error:
        _say(str(error))
        return options.exit_code(error)
    wrong = check_http_port(settings["http_port"])
    if wrong:
        _say(wrong)
        return options.CANNOT_START
    log = logs.start(settings["log_level"])
    board = Pc(settings, Failures(log))
    app = assembly.make(settings, problems, board, logs.writer(log))

    async def run():
        async with mdns.announced(settings, log):
            await app.run()

    asyncio.run(until_signal(run))
    log.info("Ended.")
    return options.ENDED


def _say(sentence):
    print(f"{_PROGRAM}: {sentence}", file=sys.stderr, flush=True)
