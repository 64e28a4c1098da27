"""The byte loops of the parser, in the form that the interpreter runs fastest.

Two modules offer the same functions: `kernel_viper` (machine code, MicroPython) and
`kernel_plain` (any Python), two of them also `kernel_pc` (CPython). All pass the same tests. The
functions:

- `readable(chunk)`: the chunk in a form that `take_line` and `find_byte` can read.
- `Index()`: finds the numbers of OBIS codes; `build(pairs)` takes (code as `str`, number).
- `unit_key(text)`: what `scan_value` finds where the unit is `text`.
- `copy(source, start, end, target, at)`: copies source[start:end] to target[at:].
- `new_scan()`: room for what a scan finds; the indexes are below.
- `crc16(crc, buffer, start, end)`: CRC-16/ARC carried on over buffer[start:end].
- `take_line(source, start, end, target, at, limit)`: copies source[start:end] to target[at:], up
  to and including an LF, or up to a "/" which is left, or until target[limit]; returns where in
  `source` it stopped.
- `take_lines(source, start, end, target, at, limit)`: the same, but over LFs, up to a "!" at the
  beginning of a line, which is left. target[at - 1] is the byte before.
- `find_byte(source, byte, start, end)`: where the first such byte is, else `end`.
- `same(a, b, start, end)`: whether both hold the same bytes there.
- `scan_code(buffer, start, end, scan, index)`: the number that the OBIS code at which a data line
  begins has in the index, or -1; scan[AT] is where its "(" is, or `end` if the line has none.
- `scan_value(buffer, start, end, scan)`: reads "(number*unit)" where buffer[start] is "(".
  Returns where it ended (after the ")"), or 0 if that is no group in parentheses.
- `scan_time(buffer, start, end)`: the length of the TST there (13, or 12 where DSMR 2.2 left out
  S or W), or 0 if it is none: digits, and a day and a time that exist.
"""

# Indexes into a scan.
AT = 0  #: scan_code: the "("; scan_value: the ")"
NUMBER = 1  #: the digits as an integer, with its sign, without the decimal point
DECIMALS = 2  #: digits after the decimal point
DIGITS = 3  #: 0: not a number (or one of more than 20 digits, which none is)
#: Above MAX_DIGITS significant digits, NUMBER may not have fitted and is not to be used.
MAX_DIGITS = 9
UNIT = 4  #: the key of what follows the number

try:
    from dsmr.kernel_viper import (
        Index,
        copy,
        crc16,
        find_byte,
        new_scan,
        readable,
        same,
        scan_code,
        scan_time,
        scan_value,
        take_line,
        take_lines,
        unit_key,
    )
except (ImportError, SyntaxError, ValueError):
    # CPython; a MicroPython without a native emitter; an .mpy for another architecture.
    from dsmr.kernel_plain import (  # type: ignore[assignment]  # the other's Index
        Index,
        copy,
        crc16,
        find_byte,
        new_scan,
        readable,
        same,
        scan_code,
        scan_time,
        scan_value,
        take_line,
        take_lines,
        unit_key,
    )

    if hasattr(memoryview, "cast"):
        from dsmr.kernel_pc import Index, crc16  # type: ignore[assignment]
