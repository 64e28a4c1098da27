"""What a telegram costs when it is longer: parsing it, and rendering its body.

Job: {"series": {name: [file, size of the chunks]}, "rounds": n, "before": n}. Result: {name:
{"parse": µs of a telegram, one for each round, "body": the same}}. All series take turns. So many
telegrams of a batch come before the watch runs: what a meter begins to send may need modules that
are dropped again, and costs more than what it goes on with.
"""

import gc

from bench import JOB, clock, feed, split, telegrams

from dsmr import TelegramParser
from firmware.renderers import Writer, metrics


class Readout:
    """As much of a readout as a renderer looks at."""

    telegram = None


def main():
    readout = Readout()
    out = Writer(4096)
    series = {
        name: [split(telegram, size) for telegram in telegrams(file)]
        for name, (file, size) in JOB["series"].items()
    }
    result = {name: {"parse": [], "body": []} for name in series}
    parser = TelegramParser()
    for number in range(JOB["rounds"] + 1):
        for name, batch in series.items():
            gc.collect()
            gc.disable()
            parsing = rendering = 0
            for chunks in batch[: JOB["before"]]:
                feed(parser, chunks)
            timed = batch[JOB["before"] :]
            for chunks in timed:
                begin = clock()
                readout.telegram = feed(parser, chunks)
                parsed = clock()
                out.clear()
                for _ in metrics.render(readout, out):
                    out.clear()
                rendering += clock() - parsed
                parsing += parsed - begin
            gc.enable()
            if number:
                result[name]["parse"].append(parsing / len(timed))
                result[name]["body"].append(rendering / len(timed))
    return result
