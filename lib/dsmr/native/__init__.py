"""The parser's inner loops as machine code, for MicroPython (its viper emitter).

Each module here replaces the plain one of the same name in `dsmr`, has the same functions, and
passes the same tests; `dsmr.backend` decides which of them runs. What gains less than a fifth of a
telegram's time does not belong here.
"""
