"""Time and garbage of a telegram, by the size of its chunks.

Job: {"subjects": {name: [file, size of the chunks]}, "rounds": n, "garbage": telegrams of which
the garbage is counted}. Result: for each subject its times in µs, one for each round, and its
garbage in bytes; and the times of the two loops, which take their turns with the subjects.
"""

import gc

from bench import JOB, allocated, clock, crc_loop, feed, loop, python, split, telegrams

from dsmr import TelegramParser


def main():
    parser = TelegramParser()
    subjects = {
        name: [split(telegram, size) for telegram in telegrams(file)]
        for name, (file, size) in JOB["subjects"].items()
    }
    result = {
        "python": python(),
        "loop": [],
        "crc": [],
        "times": {name: [] for name in subjects},
        "garbage": {name: garbage(parser, subjects[name]) for name in subjects},
    }
    for number in range(JOB["rounds"] + 1):
        # Collections are left out: what they cost a telegram is seen from the garbage.
        gc.collect()
        gc.disable()
        turn = [loop(20), crc_loop(20)]
        times = []
        for name in subjects:
            times.append((name, time_of(parser, subjects[name])))
        gc.enable()
        if number:
            result["loop"].append(turn[0])
            result["crc"].append(turn[1])
            for name, spent in times:
                result["times"][name].append(spent)
    return result


def time_of(parser, batch):
    begin = clock()
    for chunks in batch:
        event = feed(parser, chunks)
    spent = clock() - begin
    assert event is parser.telegram
    return spent / len(batch)


def garbage(parser, batch):
    """Bytes that each of some telegrams leaves, after two that make what is made once."""
    found = []
    for chunks in batch[: JOB["garbage"] + 2]:
        gc.collect()
        gc.disable()
        before = allocated()
        feed(parser, chunks)
        found.append(allocated() - before)
        gc.enable()
    return found[2:]
