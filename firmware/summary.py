"""The program's state in words: loaded when it is said, then dropped again."""

#: What is wrong, and what to do, while `is_rubbish`.
RUBBISH = (
    "bytes come that begin no telegram: check uart_invert (on a PC: the cable), uart_baudrate and "
    "uart_format"
)


#: The same while all that comes is encrypted: without a key, and with a wrong one.
NO_KEY = "the meter encrypts its telegrams: set decryption_key"
WRONG_KEY = "its telegrams cannot be decrypted: check decryption_key and authentication_key"


def not_decrypted(readout):
    """Which of the two it is; None if it is neither."""
    if readout.telegram is None:
        if readout.rejected.get("encrypted"):
            return NO_KEY
        if readout.rejected.get("tag"):
            return WRONG_KEY
    return None


def is_rubbish(readout):
    """Whether bytes come that are no meter's: at a wrong speed, or turned round.

    A "/" may be among them, so that something is truncated by the next; but hardly ever a line
    that begins with "!". What damages whole telegrams costs fewer bytes for each.
    """
    if readout.telegram is not None:
        return False
    others = sum(readout.rejected.values()) - readout.rejected.get("truncated", 0)
    return readout.parser.bytes_in > max(2048, others * 16384)


def summary(app):
    """The state in one line."""
    readout = app.readout
    parts = ["%d telegrams" % readout.telegrams]
    if readout.rejected:
        parts.append("%d rejected" % sum(readout.rejected.values()))
    frames = readout.parser.frames
    if frames and frames.replayed:
        parts.append("%d with a frame counter that had been used before" % frames.replayed)
    if readout.telegram is None:
        parts.append("none good yet")
        if is_rubbish(readout):
            parts.append(RUBBISH)
        elif not_decrypted(readout):
            parts.append(not_decrypted(readout))
    elif not readout.fresh:
        parts.append("the last %d seconds ago" % (readout.age // 1000))
    if app.guard:
        parts.append("%d HTTP requests" % app.guard.requests)
    heap = app.memory.heap()
    if heap:
        parts.append("%d of %d KB of memory in use" % (heap[0] // 1000, heap[1] // 1000))
    network = app.board.network
    if network:
        parts.append("at %s" % network.address if network.address else "no WiFi")
    return ", ".join(parts)


def missing(readout):
    """Why there is no telegram that counts, as a sentence."""
    if readout.port_problem:
        return "The meter's port cannot be opened: %s" % readout.port_problem
    if readout.telegram is not None:
        return "The last telegram is %d seconds old; has the cable come out?" % (
            readout.age // 1000
        )
    if is_rubbish(readout):
        return "No telegram has come yet, but %s." % RUBBISH
    if not_decrypted(readout):
        return "No good telegram has come yet: %s." % not_decrypted(readout)
    if readout.rejected:
        return "No good telegram has come yet, only damaged ones; /healthz counts them."
    return "No telegram has come yet; is the meter's port open and the cable in?"
