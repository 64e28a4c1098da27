"""Answers to requests that are refused: loaded for each, then dropped again."""

import json

from microdot import Response

_TABLE = __file__.rpartition("/")[0] + "/errors.tsv"


def refusal(status, sentence=None):
    """An error as JSON with a sentence that says what to do, by default that of errors.tsv."""
    with open(_TABLE) as table:
        for line in table:
            if line.startswith(str(status)):
                break
    _, phrase, default, *more = line.strip().split("\t")
    headers = {"Content-Type": "application/json", "Cache-Control": "no-store"}
    for header in more:
        name, _, value = header.partition(": ")
        headers[name] = value
    return Response(json.dumps({"error": sentence or default}) + "\n", status, headers, phrase)
