"""Feeds a file to the parser again and again, in chunks of 100: arguments COUNT FILE.

Prints the bytes of heap in use after each quarter; a parser whose memory is fixed prints one
number four times. What is printed first is the account of the bytes.
"""

import gc
import sys

from dsmr import TelegramParser

count = int(sys.argv[1])
with open(sys.argv[2], "rb") as file:
    data = file.read()
parser = TelegramParser(max_telegram=6144)
chunk = bytearray(100)
used = [0] * 4
events = 0
# Twice, as the first time makes what a module makes at its first use.
for _ in range(2):
    for quarter in range(4):
        for _ in range(count // 4):
            at = 0
            while at < len(data):
                size = min(100, len(data) - at)
                chunk[:size] = data[at : at + size]
                parser.receive_data(chunk, size)
                at += size
                while parser.next_event() is not None:
                    events += 1
        gc.collect()
        used[quarter] = gc.mem_alloc()
print(parser.bytes_accepted, parser.bytes_rejected, parser.bytes_skipped, events)
print(*used)
