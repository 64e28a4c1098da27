"""The lines of a telegram that were not used, and why."""

from dsmr.values import text

#: Why a line was not used, by its number from 1 on. docs/messages.md explains each.
REASONS = (
    "malformed",
    "unknown object",
    "unknown list",
    "repeated",
    "not a number",
    "not a time",
    "wrong unit",
    "device never read",
)


def problems(telegram):
    """A list of (OBIS code or the beginning of the line, reason)."""
    buffer = telegram.buffer
    return [(text(buffer[start:end]), REASONS[reason - 1]) for start, end, reason in telegram.odd]
