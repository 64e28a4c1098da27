"""What many runs come to: the middle, and how far they lie apart."""

import statistics
from itertools import islice


def middle(samples):
    """(median, first quartile, third quartile) of one or more numbers."""
    samples = list(samples)
    if len(samples) < 2:
        return samples[0], samples[0], samples[0]
    low, median, high = statistics.quantiles(samples, n=4, method="inclusive")
    return median, low, high


def median(samples):
    return statistics.median(samples)


def ratio(samples, base):
    """Median of what each sample is of the one of `base` that was taken beside it."""
    return statistics.median(one / other for one, other in zip(samples, base))


def measured(key, what, on, often, samples, **more):
    """A table's row: `key` is for programs, `often` says how often that was done."""
    middle_one, low, high = middle(samples)
    return {
        "key": key,
        "what": what,
        "on": on,
        "often": often,
        "median": middle_one,
        "low": low,
        "high": high,
        **more,
    }


def line_through(points):
    """(slope, value at 0, worst distance as a part of the value) of a straight line through them.

    points: pairs (x, y). The line is the one of least squares.
    """
    xs, ys = zip(*points)
    slope, start = statistics.linear_regression(xs, ys)
    worst = max(abs(start + slope * x - y) / y for x, y in points)
    return slope, start, worst


def batches(items, size):
    """Lists of `size` items without end, beginning anew after the last item."""
    items = list(items)
    at = 0
    while True:
        batch = items[at : at + size]
        at += size
        if at >= len(items):
            at -= len(items)
            batch += islice(items, size - len(batch))
        yield batch
