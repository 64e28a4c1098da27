"""What is left to be done when a telegram's last byte has come: until /metrics has its new body.

Job: {"file": name, "rounds": n}. Result: by step, µs of a telegram, one number for each round:

- "last byte": the LF after the CRC is given to the parser, which has all the rest;
- "underived": the same, with `dsmr.derived` doing nothing: the difference is what it takes;
- "last chunk": the last 64 bytes are given at once, as a UART may;
- "accept": the readout takes the telegram over;
- "body": the body is rendered, once.
"""

import gc

from bench import JOB, allocated, clock, crc_loop, feed, python, telegrams

from dsmr import TelegramParser
from dsmr import parser as parsing
from firmware.boards import Clock
from firmware.meter import Readout
from firmware.renderers import Writer, metrics

_CHUNK = 64


def main():
    parser = TelegramParser()
    readout = Readout(Clock(lambda: 0, lambda later, earlier: 0), parser, None)
    out = Writer(4096)
    steps = ("last byte", "underived", "last chunk", "accept", "body")
    result = {step: [] for step in steps}
    result["crc"] = []
    batch = [(telegram[:-1], telegram[-1:], telegram) for telegram in telegrams(JOB["file"])]
    derive = parsing.derive
    for number in range(JOB["rounds"] + 1):
        gc.collect()
        gc.disable()
        spent = dict.fromkeys(steps, 0)
        crc = crc_loop(5)
        for head, last, telegram in batch:
            parsing.derive = nothing
            feed(parser, (head,))
            begin = clock()
            feed(parser, (last,))
            spent["underived"] += clock() - begin
            parsing.derive = derive
            feed(parser, (telegram[:-_CHUNK],))
            last_chunk = telegram[-_CHUNK:]
            begin = clock()
            feed(parser, (last_chunk,))
            spent["last chunk"] += clock() - begin
            feed(parser, (head,))
            begin = clock()
            found = feed(parser, (last,))
            parsed = clock()
            readout.accept(found)
            accepted = clock()
            render(readout, out)
            rendered = clock()
            spent["body"] += rendered - accepted
            spent["accept"] += accepted - parsed
            spent["last byte"] += parsed - begin
        gc.enable()
        if number:
            result["crc"].append(crc)
            for step in steps:
                result[step].append(spent[step] / len(batch))
    result["garbage"] = garbage(parser, readout, out, batch)
    result["python"] = python()
    return result


def nothing(*_):
    pass


def render(readout, out):
    for _ in metrics.render(readout, out):
        out.clear()


def garbage(parser, readout, out, batch):
    """Bytes that a telegram and its body leave: (parsing, accepting and rendering) of the last."""
    found = ()
    for _, _, telegram in batch[:3]:
        gc.collect()
        gc.disable()
        before = allocated()
        event = feed(parser, (telegram,))
        parsed = allocated()
        readout.accept(event)
        render(readout, out)
        found = (parsed - before, allocated() - parsed)
        gc.enable()
    return found
