"""A digital meter and a chip, simulated, for demonstrations and tests.

The modules here run on the host under CPython with nothing but the standard library: a household
that draws and makes power, the meters that count it, the line that carries their telegrams, and
the faults that happen on the way. `sim/chip` is apart: what stands there runs under MicroPython
in place of an ESP32's own modules.

Nothing here reads a telegram; that is the work of the program under test.
"""
