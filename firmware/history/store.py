"""Appends to the history's files: each record is one small write to the flash.

On LittleFS a file changes when it is closed, so that a power cut leaves it as it was before, or
with the record. Elsewhere a part of a record may be left; the next one then begins a new file.
"""

import os
import struct

from dsmr.backend import crc16
from firmware import load

records = load("history.records")
readings = load("history.readings")

#: By what a row is of: records of a file; records that are kept at least; and minutes between two
#: records from which on the later one begins a new file, as a clock that was wrong for so long
#: must not hide what other files tell of the time between.
_LIMITS = {"quarter": (960, 40 * 96, 1440), "day": (366, 3 * 366, 40 * 1440)}

#: Files that are kept at most, whatever they hold.
_FILES = 12


def append(history, rows, meter, time, flags, known):
    """Append a record, and return whether it began a new file.

    known: {column: value}. A register that the meter does not send this time stays as it was. A
    quarter-hour that was recorded already is not recorded again: then the answer is None.
    """
    most, kept, apart = _LIMITS[rows]
    numbers = records.numbers(history, rows)
    last = None
    for number in reversed(numbers):
        last = records.file(history, rows, number)
        if last:
            break
    before = last.last() if last and last.meter == meter else None
    if before and before.time == time and rows == "quarter":
        return None
    columns = [
        name for name in readings.COLUMNS if name in known or (before and name in last.columns)
    ]
    values = [
        known[name] if name in known else before.values[last.columns.index(name)]
        for name in columns
    ]
    data = record(time, flags, values)
    if (
        before
        and number == numbers[-1]
        and last.whole
        and last.columns == columns
        and not last.simulated
        and last.count < most
        and before.time < time <= before.time + apart
    ):
        _write(history, last.path, "ab", data)
        return False
    number = numbers[-1] + 1 if numbers else 1
    data = header(rows, meter, columns) + data
    _write(history, records.path(history, rows, number), "wb", data)
    _remove(history, rows, kept)
    return True


def header(rows, meter, columns, simulated=False):
    """The first line of a file, as bytes."""
    return records.sealed(
        (
            '{"format": "power-readout history 1", "rows": "%s", "meter": "%s", '
            '"simulated": %s, "record": "%s", "columns": ["%s"]'
            % (
                rows,
                meter,
                "true" if simulated else "false",
                _form(columns),
                '", "'.join(columns),
            )
        ).encode()
    )


def record(time, flags, values):
    """A record's bytes."""
    data = bytearray(struct.pack(_form(values), time, *values, flags, 0))
    end = len(data) - 2
    struct.pack_into("<H", data, end, crc16(0, data, 0, end))
    return data


def _form(values):
    """The form of a record, as for `struct`: the time, the values, the flags, the sum."""
    return "<%dIHH" % (len(values) + 1)


def _write(history, path, mode, data):
    with open(path, mode) as file:
        file.write(data)
    history.writes += 1


def _remove(history, rows, kept):
    """Remove the oldest files, as far as the others have enough records."""
    count = files = 0
    for number in reversed(records.numbers(history, rows)):
        if count >= kept or files >= _FILES:
            os.remove(records.path(history, rows, number))
        else:
            file = records.file(history, rows, number)
            count += file.count if file else 0
            files += 1
