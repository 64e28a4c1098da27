"""The program's counters: loaded when somebody asks for them, then dropped again."""

from firmware import VERSION


def health(app):
    """A dict for `/healthz`."""
    readout = app.readout
    parser = app.parser
    counters = {
        "version": VERSION,
        "fresh": readout.fresh,
        "telegrams": readout.telegrams,
        "rejected": readout.rejected,
        "odd_lines": readout.odd_lines,
        "bytes": {
            "in": parser.bytes_in,
            "accepted": parser.bytes_accepted,
            "rejected": parser.bytes_rejected,
            "skipped": parser.bytes_skipped,
            "pending": parser.bytes_pending,
        },
        "uptime": app.board.clock.now() // 1000,
        "http_requests": readout.http_requests,
        "settings_problems": app.problems,
        "errors": app.errors,
    }
    if readout.telegram is not None:
        counters["age"] = readout.age // 1000
        counters["problems"] = [
            {"obis": obis, "reason": reason} for obis, reason in readout.telegram.problems
        ]
    if app.raw_tcp:
        counters["raw_tcp"] = app.raw_tcp.counts
    if app.mqtt:
        counters["mqtt"] = app.mqtt.state()
    counters.update(app.board.facts())
    return counters
