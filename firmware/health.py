"""The program's counters: loaded when somebody asks for them, then dropped again."""

from firmware import VERSION, load

_NOT_LISTED = "no memory to look for all of them; /telegram has them"


def health(app):
    """A dict for `/healthz`."""
    readout = app.readout
    parser = app.parser
    heap = app.memory.heap()
    counters = {
        "version": VERSION,
        "profile": app.board.profile,
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
        "http_requests": app.guard.requests,
        "settings_problems": app.problems,
        "errors": app.supervisor.errors,
    }
    if heap:
        used, limit = heap
        counters["heap"] = {"used": used, "size": limit}
        counters["free_heap"] = limit - used
    if readout.telegram is not None:
        counters["age"] = readout.age // 1000
        counters["problems"] = _problems(readout)
    if app.settings["decryption_key"]:
        counters["frames"] = {
            "decrypted": parser.frames.good,
            "replayed": parser.frames.replayed,
        }
    if readout.port_problem:
        counters["port_problem"] = readout.port_problem
    history = app.history
    if history:
        counters["history"] = {"writes": history.writes}
        if history.problem:
            counters["history"]["problem"] = history.problem
    for name, output in app.outputs.items():
        try:
            counters[name] = output.counters()
        except Exception as error:
            app.supervisor.fail(name, error)
    counters.update(app.board.facts())
    if app.takes_updates:
        updates = load("update.trees").counters()
        if updates:
            counters["update"] = updates
    return counters


def _problems(readout):
    """Yield what was not used of the last telegram; found out when the first one is asked for."""
    telegram = readout.telegram
    if telegram.odd_lines:
        try:
            for obis, reason, lines, example in load("problems", "dsmr").by_code(telegram):
                yield {"obis": obis, "reason": reason, "lines": lines, "example": example}
        except MemoryError:
            # All else is still to be said.
            yield {"obis": "", "reason": _NOT_LISTED, "lines": telegram.odd_lines, "example": ""}
