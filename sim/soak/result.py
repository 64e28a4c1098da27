"""What a soak has seen."""

from collections import Counter
from dataclasses import dataclass, field


class SoakError(Exception):
    """The soak cannot be run, or not to its end; the text is for the person."""


@dataclass
class Sample:
    """What was seen after so many telegrams of the meter."""

    sent: int
    accepted: int
    rejected: int
    requests: int
    free_heap: int


@dataclass
class Result:
    """What a run came to."""

    heap: str
    telegrams: int
    seconds: float = 0
    samples: list = field(default_factory=list)
    #: What the line carried: whole telegrams, bytes, how often each fault struck.
    whole: int = 0
    bytes: int = 0
    faults: dict = field(default_factory=dict)
    #: /healthz at the end.
    health: dict = field(default_factory=dict)
    #: Answers of each kind, such as "200 /metrics"; what a client did not understand.
    answers: Counter = field(default_factory=Counter)
    bad: list = field(default_factory=list)
    #: The outputs that are on.
    outputs: tuple = ()
    #: Telegrams that a TCP client has read, and answers that each battery got.
    raw: int = 0
    batteries: Counter = field(default_factory=Counter)
    printed: str = ""
