"""What a client would rather have, by its `Accept` header; loaded where it names text/plain."""


def prefers_text(accept):
    """Whether `text/plain` ranks above `application/json` (RFC 9110, clause 12.5.1).

    accept: the header, or None.
    """
    return accept is not None and _quality(accept, "text/plain") > _quality(
        accept, "application/json"
    )


def _quality(accept, wanted):
    """The quality of a media type in thousandths, which is all it may have; 0 is unacceptable."""
    # The most specific range decides, and of several of the same kind the best: Prometheus names
    # each version of the text.
    best = (0, 0)
    ranges = ("", "*/*", wanted.split("/")[0] + "/*", wanted)
    for item in accept.lower().replace(" ", "").split(","):
        words = item.split(";")
        quality = 1000
        for word in words[1:]:
            if word.startswith("q="):
                whole, _, part = word[2:].partition(".")
                digits = (whole or "0") + (part + "000")[:3]
                quality = 0
                if not digits.strip("0123456789"):
                    quality = int(digits)
        if words[0] in ranges:
            best = max(best, (ranges.index(words[0]), quality))
    return best[1]
