"""Renders /metrics for each telegram of many files: arguments BACKEND LIST, see cases.py.

The files are fed at once.
"""

import sys

backend_name, list_name = sys.argv[1:]
if backend_name == "plain":
    # What an import finds here has none of the modules of machine code: ImportError.
    sys.modules["dsmr.native"] = sys

from dsmr import Telegram, TelegramParser, backend  # noqa: E402
from firmware.renderers import Writer, metrics  # noqa: E402

assert (backend.scan.__name__ == "dsmr.scan") == (backend_name == "plain")


class Readout:
    """As much of a `firmware.meter.Readout` as the renderer looks at."""


readout = Readout()
out = Writer()
with open(list_name) as listing:
    for line in listing:
        line = line.strip()
        print("=", line)
        _, crc, path = line.split(" ", 2)
        with open(path, "rb") as file:
            data = file.read()
        parser = TelegramParser(crc_required=crc == "crc")
        for chunk in (data, b""):
            parser.receive_data(chunk)
            event = parser.next_event()
            while event is not None:
                if isinstance(event, Telegram):
                    readout.telegram = event
                    for _ in metrics.render(readout, out):
                        sys.stdout.buffer.write(out.getvalue())
                        out.clear()
                event = parser.next_event()
