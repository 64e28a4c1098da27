"""Ports for servers that are told their port before they listen.

SIM_PORTS="10000-13000" are those to choose from: who runs much at once keeps them apart so.
"""

import os
import random
import socket
from collections import deque

#: Below those that systems give to whoever asks for any: one of these might be another's a moment
#: later, as that of a meter which a test has just begun.
_PORTS = "10000-30000"

#: Not the module's own numbers, which a test may have made repeatable: in two processes they would
#: be the same.
_random = random.SystemRandom()

#: Those that were given last: whoever got one may not listen there yet.
_given: deque[int] = deque(maxlen=100)


def free_port() -> int:
    """A TCP port that nobody listens on, and that this process has not been given lately."""
    first, last = map(int, os.environ.get("SIM_PORTS", _PORTS).split("-"))
    while True:
        port = _random.randint(first, last)
        if port in _given:
            continue
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        _given.append(port)
        return port
