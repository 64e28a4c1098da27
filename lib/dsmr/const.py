"""`const`: MicroPython puts such a number into the code as it compiles, where a name that begins
with "_" takes no memory and no time. A global of its own takes 40 bytes, and the parser would have
a hundred of them. Elsewhere it is the number itself.

A number that several modules need stands in each of them, under a line that says whose it is; a
test proves that they agree.
"""


def const(value):
    return value
