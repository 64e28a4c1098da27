"""Answers to requests that are refused: loaded for each, then dropped again."""

import json

from firmware.outputs.message import Answer

_TABLE = __file__.rpartition("/")[0] + "/errors.tsv"


def refusal(status, sentence=None):
    """An error as JSON with a sentence that says what to do, by default that of errors.tsv."""
    with open(_TABLE) as table:
        for line in table:
            if line.startswith(str(status)):
                break
    _, phrase, default, *more = line.strip().split("\t")
    return Answer(
        json.dumps({"error": sentence or default}) + "\n",
        status="%d %s" % (status, phrase),
        more="".join(header + "\r\n" for header in more),
    )
