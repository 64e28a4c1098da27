"""Writes registers as a meter does and reads them back: argument FILE.

FILE has numbers of Wh, one a line. Prints, for each, what `/metrics` says of it as F9(3,3) kWh and
as Wh, on one line.
"""

import sys

from dsmr import TelegramParser
from dsmr.backend import crc16
from firmware.renderers import Writer, metrics


class Readout:
    """As much of a `firmware.meter.Readout` as the renderer looks at."""


parser = TelegramParser()
writer = Writer()
readout = Readout()


def published(number):
    text = b"/TST5 TEST\r\n\r\n1-0:1.8.0(%06d.%03d*kWh)\r\n1-0:2.8.0(%09d*Wh)\r\n!" % (
        number // 1000,
        number % 1000,
        number,
    )
    parser.receive_data(text + b"%04X\r\n" % crc16(0, text, 0, len(text)))
    writer.clear()
    readout.telegram = parser.next_event()
    json = ""
    for _ in metrics.render(readout, writer):
        json += writer.getvalue().decode()
        writer.clear()
    assert parser.next_event() is None
    found = []
    for name in ("used", "generated"):
        after = json.split('"energy_%s_total":{"value":' % name)[1]
        value, unit = after.split(',"unit":"')[:2]
        assert unit.startswith('KilowattHour"}')
        found.append(value)
    return found


with open(sys.argv[1]) as numbers:
    for line in numbers:
        print(*published(int(line)))
