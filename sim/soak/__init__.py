"""`make soak`: a day of telegrams through the running firmware, and its memory meanwhile.

The meter's 86,400 telegrams come as fast as the firmware reads them, struck by every fault of
`sim.faults`, while clients ask for every page, one reads the telegrams over TCP, and a broker
takes what is published. The firmware runs under MicroPython with its heap capped. Its own clock
is the real one: what depends on weeks of it is tested on a clock of the tests' own.
"""
