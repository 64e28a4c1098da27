"""What the reader costs: measured against the wire, against its peers, and against itself.

`python -m host.bench` prints the tables; docs/benchmarks.md has the last ones and says more. Each
section is a module with `NAME`, `TITLE` and `run(bench)`, which returns its tables:

    parser_pc     the parser on CPython, beside dsmr-parser and smeterd
    parser_board  the parser on MicroPython: time and garbage, on words of 64 and of 32 bits
    last_byte     from a telegram's last byte to a fresh body of /metrics
    web           HTTP requests, beside a bare microdot
    memory        the heap and the flash: by module, after the start, at most
    growth        what a telegram costs when it is longer, or the ten thousandth

What is compared is measured in one run, taking turns: a machine that is busy with something else
for a while is busy for all of them.
"""

import sys

from host.tree import REPO

# The parser, as a program that uses it as a library has it.
sys.path.insert(1, str(REPO / "lib"))
