"""What a program on a PC says: to standard error, a line a message.

There are no times: journald and Docker add them. Where standard error is the journal, each line
has its level before it, which journald takes off again (sd-daemon(3)).
"""

import logging
import os
import sys

_JOURNAL = {
    logging.ERROR: "<3>",
    logging.WARNING: "<4>",
    logging.INFO: "<6>",
    logging.DEBUG: "<7>",
}

#: What the firmware says with these beginnings is no good news.
_TROUBLE = ("Settings: ", "The task ", "The meter's port", "MQTT: ")


class _Format(logging.Formatter):
    def __init__(self, journal):
        super().__init__("%(message)s")
        self._journal = journal

    def format(self, record):
        before = _JOURNAL.get(record.levelno, "") if self._journal else ""
        return before + super().format(record)


def start(level, stream=None, environment=os.environ):
    """The program's logger; level: a word of `host.settings.LEVELS`."""
    stream = stream or sys.stderr
    handler = logging.StreamHandler(stream)
    handler.setFormatter(_Format(_is_journal(stream, environment)))
    log = logging.getLogger("power-readout")
    log.handlers[:] = [handler]
    log.propagate = False
    log.setLevel(level.upper())
    return log


def _is_journal(stream, environment):
    """Whether a stream is the one that systemd has connected: its JOURNAL_STREAM names it."""
    try:
        found = os.fstat(stream.fileno())
    except (OSError, ValueError, AttributeError):
        return False
    return environment.get("JOURNAL_STREAM") == f"{found.st_dev}:{found.st_ino}"


def writer(log):
    """What prints a line of the firmware's log: `firmware.log.Log` knows no levels."""

    def write(message):
        log.log(logging.WARNING if message.startswith(_TROUBLE) else logging.INFO, message)

    return write
