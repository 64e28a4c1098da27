"""`/metrics` as JSON."""

from dsmr.metrics import MetricsSink

CONTENT_TYPE = "application/json"


def render(readout, out):
    """Write the last telegram's fields as one JSON object; a generator."""
    out.write(b"{")
    MetricsSink(out).render(readout.telegram)
    out.write(b"}\n")
    yield True
