"""The lines of a telegram that were not used, and why.

While a telegram comes such lines are only counted, however many there are. Here, where somebody
asks, its lines are read once more.
"""

import sys

from dsmr.backend import scan, usual
from dsmr.const import const
from dsmr.values import text

# Those of `dsmr.scan`, by `make fields`.
_AT = const(0)

# Those of `dsmr.objects`, by `make fields`.
_CR = const(13)
_CLOCK = const(b"0-0:0.9.")

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
    "doubtful",
)

_UNKNOWN = REASONS.index("unknown object") + 1

#: Most codes that `by_code` tells apart; the lines of further ones are counted together.
MAX_CODES = 64

#: Characters of a line that are kept where its OBIS code should be, and as an example.
_MAX_CODE = 20
_MAX_EXAMPLE = 64


def _find_odd_lines(telegram, note):
    """Call note(where the line begins, where it ends, reason's number) for each odd line."""
    if not telegram.odd_lines:
        return
    if sum(1 for _ in _unknown_objects(telegram)) == telegram.odd_lines:
        for start, end in _unknown_objects(telegram):
            note(start, end, _UNKNOWN)
        return
    # A board whose meter sends usual lines only holds it no longer than needed.
    is_held = "dsmr.objects" in sys.modules
    try:
        _read_again(telegram, note)
    finally:
        if not is_held:
            usual.unload_others()


def _unknown_objects(telegram):
    """Yield (where it begins, where it ends) for each line of an object that is not known."""
    buffer, found = telegram.buffer, telegram.scan
    size = buffer.find(b"\n!", 0, telegram.size) + 1
    end = buffer.find(b"\n", 0, size)
    while end >= 0:
        start = end + 1
        end = buffer.find(b"\n", start, size)
        line_end = end - 1 if buffer[end - 1] == _CR else end
        if scan.find_slot(buffer, start, line_end, found) < 0 and start < found[_AT] < line_end:
            # `dsmr.objects` decides about Iceland's clock.
            if buffer.find(_CLOCK, start, line_end) != start:
                yield start, line_end


def _read_again(telegram, note):
    from dsmr.objects import read_lines

    class Reading(type(telegram)):  # type: ignore[misc]
        """Reads the lines of a telegram that was read before, and tells the odd ones."""

        def add_problem(self, start, end, reason):
            note(start, end, reason)

    reading = Reading(0)
    reading.buffer = telegram.buffer
    # Lines end at the one that begins with "!".
    reading.size = telegram.buffer.find(b"\n!", 0, telegram.size) + 1
    read_lines(reading, None, 0, reading.size)
    reading.end_announced()


def _code(buffer, start, end):
    """The OBIS code at which a line begins, or the line's beginning, as `str`."""
    end = min(end, start + _MAX_CODE)
    code_end = buffer.find(b"(", start, end)
    return text(buffer[start : code_end if code_end > start else end])


def problems(telegram):
    """A list of (OBIS code or the beginning of the line, reason), one for each line."""
    found = []

    def note(start, end, reason):
        found.append((_code(telegram.buffer, start, end), REASONS[reason - 1]))

    _find_odd_lines(telegram, note)
    return found


def by_code(telegram):
    """Yield the same by code: [code, reason, how many lines, the first one of them].

    Of a long line there is the beginning. Lines beyond MAX_CODES codes are in one entry, without a
    code, a reason and an example. The telegram must stay valid meanwhile, as the texts are made
    one by one: a board may have no memory for all of them.
    """
    buffer = telegram.buffer
    # By code and reason: where the first line is, its reason, and how many there are.
    found: list = []
    places: dict = {}
    more = 0

    def note(start, end, reason):
        nonlocal more
        code = _code(buffer, start, end)
        key = hash(code) << 4 | reason
        if key in places:
            entry = found[places[key]]
            if _code(buffer, entry[0], entry[1]) == code:
                entry[3] += 1
                return
        if len(found) < MAX_CODES:
            places[key] = len(found)
            found.append([start, end, reason, 1])
        else:
            more += 1

    _find_odd_lines(telegram, note)
    for start, end, reason, count in found:
        example = text(buffer[start : min(end, start + _MAX_EXAMPLE)])
        yield [_code(buffer, start, end), REASONS[reason - 1], count, example]
    if more:
        yield ["", "", more, ""]
