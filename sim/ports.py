"""Ports for servers that are told their port before they listen."""

import random
import socket

#: Below those that systems give to whoever asks for any: one of these might be another's a moment
#: later, as that of a meter which a test has just begun.
_FIRST, _LAST = 10_000, 30_000

#: Not the module's own numbers, which a test may have made repeatable: in two processes they would
#: be the same.
_random = random.SystemRandom()


def free_port() -> int:
    """A TCP port that nobody listens on."""
    while True:
        port = _random.randint(_FIRST, _LAST)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
                return port
            except OSError:
                pass
