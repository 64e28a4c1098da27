"""Ports for servers that are told their port before they listen.

SIM_PORTS="10000-13000" are those to choose from: who runs much at once keeps them apart so.
"""

import os
import random
import socket

#: Below those that systems give to whoever asks for any: one of these might be another's a moment
#: later, as that of a meter which a test has just begun.
_PORTS = "10000-30000"

#: Not the module's own numbers, which a test may have made repeatable: in two processes they would
#: be the same.
_random = random.SystemRandom()


def free_port() -> int:
    """A TCP port that nobody listens on."""
    first, last = map(int, os.environ.get("SIM_PORTS", _PORTS).split("-"))
    while True:
        port = _random.randint(first, last)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
                return port
            except OSError:
                pass
