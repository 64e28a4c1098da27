"""Multicast DNS for a host that announces services (RFC 6762, RFC 6763), without any I/O.

Bytes of datagrams go in and come out. Who has the socket hands them over together with the time:
milliseconds of a clock that never jumps. Randomness comes from a function `random(n)`, which
returns a whole number from 0 to n - 1.

- `gate` says which datagrams are worked on: those of the own network, and up to a rate;
- `zone` holds what is announced, and says which messages concern it;
- `builder` builds a zone of services, and `prober` claims its names;
- `responder` announces the zone, answers questions about it, and takes leave;
- `resolver` finds the addresses of other hosts;
- `message` reads messages.

A board keeps `gate` and `zone` in memory, and loads the others for as long as they are in use.
"""

#: Where messages go: the group and the port of clause 3.
GROUP = ("224.0.0.251", 5353)
