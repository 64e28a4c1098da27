"""The program's state in one line: loaded once a minute, then dropped again."""

from firmware.readout import RUBBISH


def summary(app):
    readout = app.readout
    parts = ["%d telegrams" % readout.telegrams]
    if readout.rejected:
        parts.append("%d rejected" % sum(readout.rejected.values()))
    if readout.telegram is None:
        parts.append("none good yet")
        if readout.rubbish:
            parts.append(RUBBISH)
    elif not readout.fresh:
        parts.append("the last %d seconds ago" % (readout.age // 1000))
    parts.append("%d HTTP requests" % readout.http_requests)
    network = app.board.network
    if network:
        parts.append("at %s" % network.address if network.address else "no WiFi")
    return ", ".join(parts)
