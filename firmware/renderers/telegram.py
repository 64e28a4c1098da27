"""`/telegram`: the last good telegram, byte for byte."""

CONTENT_TYPE = "text/plain"


def render(readout, out):
    """Write the telegram's bytes."""
    out.write(readout.telegram.raw)
