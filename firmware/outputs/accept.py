"""What a client would rather have, by its `Accept` header (RFC 9110, clause 12.5.1)."""


def prefers_text(accept):
    """Whether `text/plain` ranks above `application/json`; accept: the header, or None."""
    return accept is not None and _quality(accept, "text/plain") > _quality(
        accept, "application/json"
    )


def _quality(accept, wanted):
    """The quality of a media type, 0 to 1; 0 is not acceptable."""
    # The most specific range decides, and of several of the same kind the best: Prometheus names
    # each version of the text.
    best = (0, 0.0)
    ranges = ("", "*/*", wanted.split("/")[0] + "/*", wanted)
    for item in accept.lower().replace(" ", "").split(","):
        words = item.split(";")
        quality = 1.0
        for word in words[1:]:
            if word.startswith("q="):
                try:
                    quality = float(word[2:])
                except ValueError:
                    quality = 0.0
        if words[0] in ranges:
            best = max(best, (ranges.index(words[0]), quality))
    return best[1]
