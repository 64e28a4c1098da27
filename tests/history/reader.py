"""A reader with a history and without a board, under both Pythons: telegrams in, rows out."""

import json

from dsmr import Telegram, TelegramParser
from firmware import load
from firmware.history import calendar
from firmware.meter import Readout

HOUR = 60
DAY = 1440


class Clock:
    """The reader's own clock, in milliseconds since its start."""

    def __init__(self):
        self.time = 0

    def now(self):
        return self.time


class Context:
    """What `firmware.history.start` needs of the program's."""


class Log:
    def __init__(self):
        self.said = []

    def say(self, sentence):
        self.said.append(sentence)


class House:
    """What a meter says: the registers in Wh and dm3, the power in W, and who it is.

    Registers that are None are not sent.
    """

    def __init__(self, **values):
        self.meter = "1SAG3100000001"
        self.time = True
        self.used = self.generated = 0
        self.total_used = self.total_generated = None
        self.used_1 = 1_000_000
        self.used_2 = 2_000_000
        self.used_3 = None
        self.generated_1 = 300_000
        self.generated_2 = 400_000
        self.gas = 5_000_000
        self.water = None
        for name in values:
            setattr(self, name, values[name])

    def telegram(self, stamp):
        """The telegram at a time stamp, as bytes."""
        lines = ["/SIM5\\HISTORY", ""]
        if self.time:
            lines += ["1-3:0.2.8(50)", "0-0:1.0.0(%s)" % stamp]
        if self.meter:
            lines.append("0-0:96.1.1(%s)" % "".join("%02X" % ord(char) for char in self.meter))
        for code, register in (
            ("1.8.0", self.total_used),
            ("2.8.0", self.total_generated),
            ("1.8.1", self.used_1),
            ("1.8.2", self.used_2),
            ("1.8.3", self.used_3),
            ("2.8.1", self.generated_1),
            ("2.8.2", self.generated_2),
        ):
            if register is not None:
                lines.append("1-0:%s(%s*kWh)" % (code, _thousandths(register, 6)))
        for code, power in (("1.7.0", self.used), ("2.7.0", self.generated)):
            if power is not None:
                lines.append("1-0:%s(%s*kW)" % (code, _thousandths(power, 2)))
        for channel, kind, register in ((1, 3, self.gas), (2, 7, self.water)):
            if register is not None:
                lines.append("0-%d:24.1.0(%03d)" % (channel, kind))
                lines.append(
                    "0-%d:24.2.1(%s)(%s*m3)" % (channel, stamp, _thousandths(register, 5))
                )
        return "\r\n".join(lines + ["!", ""]).encode()


def _thousandths(number, digits):
    whole = "%d" % (number // 1000)
    return "0" * (digits - len(whole)) + whole + ".%03d" % (number % 1000)


def minutes(text):
    """Minutes since 1970 of a time stamp YYMMDDhhmm and S or W."""
    year, month, day, hour, minute = (int(text[at : at + 2]) for at in (0, 2, 4, 6, 8))
    ahead = 120 if text[10] == "S" else 60
    return (calendar.day_of(2000 + year, month, day) * 24 + hour) * 60 + minute - ahead


def stamp(time, second=0, ahead=None):
    """The time stamp of minutes since 1970, as meters send it."""
    if ahead is None:
        ahead = calendar.offset(time)
    year, month, day = calendar.date((time + ahead) // DAY)
    minute = (time + ahead) % DAY
    return "%02d%02d%02d%02d%02d%02d%s" % (
        year % 100,
        month,
        day,
        minute // HOUR,
        minute % HOUR,
        second,
        "S" if ahead == 120 else "W",
    )


class Reader:
    """A reader that is running, with its history in a folder."""

    def __init__(self, folder, profile="plain", house=None):
        self.folder = folder
        self.profile = profile
        self.house = house or House()
        #: The meter's clock.
        self.time = 0
        #: Whether the line is silent after a telegram.
        self.silent = True
        self.log = Log()
        self.start()

    def start(self):
        """Start, or start again: what was in memory is lost."""
        self.clock = Clock()
        self.parser = TelegramParser(max_telegram=2048, crc_required=False)
        context = Context()
        context.readout = self.readout = Readout(self.clock, self.parser, self._fail)
        context.log = self.log
        context.settings = {"history_folder": self.folder}
        context.board = Context()
        context.board.profile = self.profile
        context.meter = self
        self.history = load("history.start").start(context, True)

    def state(self):
        """(writes to the flash since the start, what is wrong)"""
        return self.history.writes, self.history.problem

    def idle(self):
        return self.silent

    def _fail(self, name, error):
        raise error

    def send(self, text=None, second=0):
        """Send a telegram: at a time stamp YYMMDDhhmm and S or W, or at the meter's clock."""
        if text:
            self.time = minutes(text)
            written = text[:10] + "%02d" % second + text[10]
        else:
            written = stamp(self.time, second)
        self.parser.receive_data(self.house.telegram(written))
        while True:
            event = self.parser.next_event()
            if event is None:
                break
            assert isinstance(event, Telegram), event.reason
            self.readout.accept(event)
        if self.history.due and self.silent and second < 59:
            # A second later the next one comes.
            self.send(second=second + 1)

    def run(self, length, step=15, used=0, generated=0, gas=0):
        """Let so many minutes pass, with a telegram every `step` and what is used in each."""
        for _ in range(length // step):
            self.time += step
            self.clock.time += step * 60_000
            self.house.used_1 += used
            self.house.generated_1 += generated
            self.house.gas += gas
            self.send()

    def skip(self, length, used=0, gas=0):
        """Let so many minutes pass without a telegram."""
        self.time += length
        self.clock.time += length * 60_000
        self.house.used_1 += used
        self.house.gas += gas

    def text(self, series, resolution, begin=None, end=None, form=None):
        """The answer to a request."""
        asked = {"series": series, "resolution": resolution}
        for name, value in (("from", begin), ("to", end), ("format", form)):
            if value:
                asked[name] = value
        asked = load("history.query").parse(asked)
        series, resolution, begin, end, unit, form, maker = asked
        rows = load(maker).Rows(self.history, series, resolution, begin, end)
        return "".join(getattr(load("history.text"), form)(rows, series, resolution, unit))

    def answer(self, *asked):
        """The answer to a request for JSON, as a dict."""
        return json.loads(self.text(*asked))

    def rows(self, *asked):
        """The rows of the answer."""
        return self.answer(*asked)["rows"]
