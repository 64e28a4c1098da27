"""Reads the files of the history. docs/history.md has their format; `store` writes them.

No file stays open while others may run, so that one may be appended to or removed meanwhile. Each
module that needs this one loads it, so that it goes with it.
"""

import json
import os
import struct

from dsmr.backend import crc16
from dsmr.const import const

#: In the place of a value that is not known. A register has nine digits (Companion Standard 5.0.2,
#: clause 6.12), so that none is as large.
NONE = 0x3FFFFFFF

#: Bits of a record's flags: the meter's clock shows summer time; the values are not what the meter
#: said at that time, but lie between an earlier and a later reading.
SUMMER = 1
ESTIMATED = 2

# Bytes of the longest header, and of its end, which is its sum.
_LONGEST = const(512)
_TAIL = const(17)

# Records that are read at once, and sentences that are not said again.
_BATCH = const(8)
_SAID = const(4)


class Record:
    """What was known at a time, in minutes since 1970-01-01 UTC.

    meter: its identifier; columns: the names of the values; flags: see above.
    """

    def __init__(self, meter, columns, time, flags, values):
        self.meter = meter
        self.columns = columns
        self.time = time
        self.flags = flags
        self.values = values

    def value(self, name):
        """The value of a column; None if it is not known."""
        if name not in self.columns:
            return None
        found = self.values[self.columns.index(name)]
        return None if found == NONE else found


class File:
    """A file of records; what its header says, and what is in it.

    meter: the identifier of the meter; columns: the names of the values; simulated: whether they
    were made up; form: of a record, as for `struct`; count: how many records there are; begin and
    end: the times of the outermost ones that are not damaged; whole: whether another one can be
    appended. Raises EOFError if there are none, and ValueError if all is damaged.
    """

    def __init__(self, path):
        self.path = path
        with open(path, "rb") as opened:
            line = opened.readline(_LONGEST)
            if not line:
                raise EOFError
            if line != sealed(line[:-_TAIL]):
                raise ValueError("its header is damaged")
            says = json.loads(line.decode())
            self.meter = says["meter"]
            self.columns = says["columns"]
            self.simulated = says["simulated"]
            self.form = says["record"]
            self.size = struct.calcsize(self.form)
            self._start = len(line)
            size = opened.seek(0, 2) - self._start
            self.count = size // self.size
            first = self._any(opened, range(self.count))
            if not first:
                raise ValueError("all its records are damaged")
            self.begin = first.time
            self.end = self._any(opened, self._backwards()).time
            last = self._any(opened, (self.count - 1,))
            self.whole = last is not None and size == self.count * self.size

    def _backwards(self):
        return range(self.count - 1, -1, -1)

    def last(self):
        """The last record that is not damaged."""
        with open(self.path, "rb") as opened:
            return self._any(opened, self._backwards())

    def _any(self, opened, indices):
        """The first record of those with these numbers that is not damaged."""
        for index in indices:
            opened.seek(self._start + index * self.size)
            data = opened.read(self.size)
            for record in self._records(data, len(data)):
                return record
        return None

    def _records(self, data, length):
        """Yield the records in so many bytes of the file that are not damaged."""
        size = self.size
        for end in range(size, length + 1, size):
            fields = struct.unpack_from(self.form, data, end - size)
            if crc16(0, data, end - size, end - 2) == fields[-1]:
                yield Record(self.meter, self.columns, fields[0], fields[-2], fields[1:-2])

    def after(self, time):
        """The number of the first record that is later than a time."""
        low, high = 0, self.count
        with open(self.path, "rb") as opened:
            while low < high:
                middle = (low + high) // 2
                record = self._any(opened, range(middle, high))
                if record is None or record.time > time:
                    high = middle
                else:
                    low = middle + 1
        return low

    def records(self, index):
        """Yield the records from that number on that are not damaged."""
        data = bytearray(_BATCH * self.size)
        while index < self.count:
            try:
                with open(self.path, "rb") as opened:
                    opened.seek(self._start + index * self.size)
                    length = opened.readinto(data)
            except OSError:
                return  # it has become too old, and was removed
            yield from self._records(data, length)
            index += _BATCH


def sealed(line):
    """A header's line with its end: the sum of all that is before it."""
    return line + b', "crc": "%04X"}\n' % crc16(0, line, 0, len(line))


def path(history, rows, number):
    """Where the file with such rows, "quarter" or "day", and with a number is."""
    return "%s/%s.%04d" % (history.folder, rows, number)


def numbers(history, rows):
    """The numbers of the files with such rows: the later one was begun, the higher it is."""
    names = [name.split(".") for name in os.listdir(history.folder)]
    return sorted(
        int(name[1]) for name in names if name[0] == rows and len(name) == 2 and name[1].isdigit()
    )


def file(history, rows, number):
    """A file; None if there is nothing in it that can be used, which is said once."""
    name = path(history, rows, number)
    try:
        return File(name)
    except EOFError:
        pass  # the power went as it was begun
    except (OSError, ValueError) as error:
        say(history, "%s cannot be used: %s. The rest can." % (name, error))
    return None


def say(history, sentence):
    """Say what is wrong, once."""
    history.problem = sentence
    if sentence not in history.said:
        # What is another sentence each time must not fill the memory.
        history.said = history.said[1 - _SAID :] + [sentence]
        history.log.say("History: " + sentence)


def spans(history, rows, begin, until):
    """[(first time, last time, file)] in order of time: which file tells of which time.

    It begins with that of the last record that is no later than `begin`, and nothing counts that
    is later than `until`. Of files that tell of the same time it is the one that was begun last:
    when the meter's clock is set back, its hours come again.
    """
    found: list = []
    for number in reversed(numbers(history, rows)):
        one = file(history, rows, number)
        if not one:
            continue
        parts = [(one.begin, min(one.end, until))]
        for first, last, other in found:
            parts = [
                part
                for start, end in parts
                for part in ((start, min(end, first - 1)), (max(start, last + 1), end))
                if part[0] <= part[1]
            ]
            if one.columns == other.columns:
                # Less memory for one of them.
                one.columns = other.columns
        for start, end in parts:
            # It begins with a record, so that there is one in each.
            for record in one.records(one.after(start - 1)):
                if record.time <= end:
                    found.append((record.time, end, one))
                break
    found.sort(key=lambda span: span[0])
    while len(found) > 1 and found[1][0] <= begin:
        del found[0]
    return found


def walk(found, begin):
    """Yield the records of spans in order of time, from the last that is no later than `begin`."""
    for first, last, one in found:
        # Only the first span can begin before.
        index = one.after(min(begin, last)) - 1 if first <= begin else one.after(first - 1)
        for record in one.records(index):
            if record.time > last:
                break
            yield record
