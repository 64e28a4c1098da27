"""What the live page begins with: the power of the last five minutes."""

from dsmr.const import const
from firmware import load

calendar = load("history.calendar")

# Those of `firmware.history`.
_STEP = const(5_000)
_STEPS = const(60)
_GAP = const(-0x80000000)
_TIME = const(0)

_MINUTE = const(60)
_SECOND = const(1_000)


def json(history):
    """Yield the pieces of a JSON object, which are of one moment."""
    readout = history.readout
    yield '{"step":%d,"end":%s,"power":' % (_STEP // _SECOND, _end(history, readout.telegram))
    now = readout.clock.now() // _STEP
    before = "["
    for number in range(max(now - _STEPS + 1, 0), now + 1):
        net = history.steps[number % _STEPS] if number <= history.step else _GAP
        yield before + ("null" if net == _GAP else "%d" % net)
        before = ","
    yield "]}"


def _end(history, telegram):
    """Which time it is by the meter's clock, as JSON; null if the meter does not say it."""
    slot = history.slots[_TIME]
    if telegram is None or not telegram.unit[slot]:
        return "null"
    start = telegram.start[slot]
    time, ahead = calendar.read(telegram.buffer, start, telegram.number[slot])
    seconds = int(bytes(telegram.buffer[start + 10 : start + 12]))
    seconds += history.readout.age // _SECOND
    text = calendar.iso(time + seconds // _MINUTE, ahead)
    return '"%s%02d%s"' % (text[:17], seconds % _MINUTE, text[19:])
