"""The parser on CPython, bytes to values with the CRC checked, beside its peers."""

import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

from dsmr import TelegramParser
from host.bench import peers, samples
from host.bench.figures import batches, measured, ratio
from host.bench.tables import MEASURED, Table

NAME = "parser-pc"
TITLE = "Parser on CPython"

_KINDS = {"t211": "T211", "dsmr5": "DSMR 5, three phases"}
_CHUNKS = (1, 64, 1024)

#: Telegrams of each kind. The parser keeps what some thousand lines said: with this many, a line
#: that comes again after the last has been forgotten, as it would be in a real house.
_TELEGRAMS = 2000

_WARM_UP = 4


class _Ours:
    def __init__(self):
        self._parser = TelegramParser()

    def whole(self, telegram):
        self._parser.receive_data(telegram)
        return self._parser.next_event()

    def fields(self, telegram):
        self._parser.receive_data(telegram)
        return self._parser.next_event().fields

    def chunked(self, telegram, size):
        parser = self._parser
        found = None
        for at in range(0, len(telegram), size):
            parser.receive_data(telegram[at : at + size])
            event = parser.next_event()
            if event is not None:
                found = event
        return found


def run(bench):
    found, notes = peers.installed()
    notes.append(
        "Parsed: every value is an integer with its decimals and unit, or the place of its text. "
        "As dict: all of them are texts and dicts too, as the peers make objects of theirs. "
        "Times are the processor's."
    )
    return [_table(bench, kind, found, notes) for kind in _KINDS]


def _table(bench, kind, found, notes):
    telegrams = samples.telegrams(kind, 400 if bench.quick else _TELEGRAMS)
    subjects, values = _subjects(kind, found, telegrams[0])
    runs, rounds, size = (1, 3, 10) if bench.quick else (4, 9, 20)
    times = {key: [] for key in subjects}
    for _ in range(runs):
        for key, more in _in_new_process(kind, telegrams, rounds, size).items():
            times[key] += more
    length = sum(map(len, telegrams)) // len(telegrams)
    rows = []
    for key, (what, how, _) in subjects.items():
        chunk = key.rpartition(".")[2]
        row = measured(
            f"{NAME}.{kind}.{key}",
            what,
            how,
            f"{runs * rounds} x {size}",
            times[key],
            values=values.get(what),
        )
        row["ours"] = ratio(times[key], times[f"ours.{chunk}"])
        row["fields"] = ratio(times[key], times["fields.whole"])
        rows.append(row)
    columns = {
        **MEASURED,
        "median": "µs a telegram",
        "spread": "quartiles",
        "ours": "x ours, parsed",
        "fields": "x ours, as dict",
        "values": "values",
    }
    title = f"{TITLE}: {_KINDS[kind]}, {length:,} bytes"
    return Table(f"{NAME}-{kind}", title, columns, rows, notes)


def _in_new_process(*arguments):
    """What `take_turns` returns in a process of its own.

    Where objects lie in memory makes a difference of some percent for as long as a process lives;
    the median of several is one of the program.
    """
    with ProcessPoolExecutor(1, get_context("spawn")) as pool:
        return pool.submit(take_turns, *arguments).result()


def _subjects(kind, found, telegram):
    """{key: (what, how it is fed, function of a telegram)}, and the number of values of each."""
    ours = _Ours()
    what = "ours, parsed"
    subjects = {
        "ours.whole": (what, "whole", ours.whole),
        "fields.whole": ("ours, as dict of fields", "whole", ours.fields),
    }
    values = {what: len(ours.fields(telegram)), "ours, as dict of fields": None}
    for make in found:
        peer = make(kind)
        subjects[f"{peer.name}.whole"] = (peer.name, "whole", peer.whole)
        values[peer.name] = peer.values(telegram)
    for size in _CHUNKS:
        subjects[f"ours.{size}"] = (what, f"chunks of {size}", _chunks(ours, size))
        for make in found:
            if hasattr(make, "chunked"):
                peer = make(kind)
                subject = (peer.name, f"chunks of {size}", _chunks(peer, size))
                subjects[f"{peer.name}.{size}"] = subject
    return subjects, values


def _chunks(reader, size):
    return lambda telegram: reader.chunked(telegram, size)


def take_turns(kind, telegrams, rounds, size):
    """{key: [µs of a telegram, one for each round]}, after some rounds that do not count."""
    subjects, _ = _subjects(kind, peers.installed()[0], telegrams[0])
    source = batches(telegrams, size)
    times = {key: [] for key in subjects}
    for number in range(_WARM_UP + rounds):
        for key, (_, _, parse) in subjects.items():
            batch = next(source)
            begin = time.process_time_ns()
            for telegram in batch:
                found = parse(telegram)
            spent = time.process_time_ns() - begin
            assert found is not None
            if number >= _WARM_UP:
                times[key].append(spent / size / 1000)
    return times
