"""Where the meter's line comes in: from the text that names it to a port.

/dev/ttyUSB0, socket://…, rfc2217://…    pyserial: `host.serial_port`
tcp://HOST:PORT                          `host.tcp_port`
http://HOST/telegram, https://…          `host.web_port`
"""

from functools import partial

from host import fetch, serial_port, tcp_port
from host.ports import SteadyPort
from host.web_port import WebPort


def is_web(source):
    return source.startswith(("http://", "https://"))


def check(source):
    """Why nothing can be read from there, whatever is plugged in: a sentence, or None."""
    if is_web(source):
        return fetch.check(source)
    if source.startswith("tcp://"):
        try:
            tcp_port.split(source)
        except ValueError as error:
            return str(error)
        return None
    return serial_port.check(source)


def shown(source):
    """The source without the password that may be in it."""
    return fetch.shown(source)


def port(source, interval, settings, failures):
    """A port that opens what the source names, as often as it must, and never fails itself.

    interval: seconds between two questions to a web server; failures: `host.failures.Failures`.
    """
    if is_web(source):
        return WebPort(source, interval, settings, failures)
    if source.startswith("tcp://"):
        open_port = partial(tcp_port.open_tcp, source)
    else:
        open_port = partial(serial_port.open_serial, source, settings)
    return SteadyPort(open_port, shown(source), failures)
