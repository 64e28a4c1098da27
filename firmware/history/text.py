"""The text of an answer, as JSON or as CSV, in small pieces."""

from dsmr.const import const

#: Gaps that are listed at the end of JSON; each row has a mark of its own as well.
_GAPS = const(32)


def json(rows, series, resolution, unit):
    """Yield the pieces of a JSON object. rows: see `firmware.history.rows.Rows`."""
    yield '{"series": "%s", "resolution": "%s", "unit": "%s",' % (series, resolution, unit)
    if rows.simulated:
        yield ' "simulated": true,'
    yield '\n"columns": ["time", '
    for name in rows.columns:
        yield '"%s", ' % name
    yield '"gap"],\n"rows": ['
    before = "\n"
    gaps: list = []
    for begin, end, ahead, values, gap in rows.rows():
        time = rows.iso(begin, ahead)
        yield '%s["%s", %s, %s]' % (
            before,
            time,
            ", ".join([_json(value) for value in values]),
            "true" if gap else "false",
        )
        before = ",\n"
        if gap:
            if gaps and gaps[-1][1] == begin:
                gaps[-1][1] = end
            elif len(gaps) < _GAPS:
                gaps.append([time, end, ahead])
    yield '],\n"gaps": ['
    before = ""
    for time, end, ahead in gaps:
        yield '%s["%s", "%s"]' % (before, time, rows.iso(end, ahead))
        before = ", "
    yield "]}\n"


def _json(value):
    if value is None:
        return "null"
    return '"%s"' % value if isinstance(value, str) else "%d" % value


def csv(rows, series, resolution, unit):
    """Yield the lines of a table (RFC 4180), of which the first has the names of the columns."""
    yield "time,%s,gap\n" % ",".join(rows.columns)
    for begin, _, ahead, values, gap in rows.rows():
        yield "%s,%s,%s\n" % (
            rows.iso(begin, ahead),
            ",".join(["" if value is None else "%s" % value for value in values]),
            "true" if gap else "false",
        )
