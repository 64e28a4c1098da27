"""Claims the names of a host before anything is said of them (RFC 6762, clauses 8.1, 8.2, 9)."""

from dsmr.const import const
from mdns.message import data, entries, flags_of

_NSEC = const(47)

# The flags of a response, and those of another operation than a query or of an error.
_RESPONSE = const(0x8000)
_FOREIGN = const(0x780F)

# The class, and the bit above it.
_IN = const(1)
_BIT = const(0x8000)

#: The section in which a probe says what it claims.
_AUTHORITY = const(2)

#: How often a name is asked for.
_PROBES = const(3)

# Milliseconds: between probes, and at most before the first one; until it begins anew after
# another host that claims the same name went before; the same after a conflict, when there were
# many of them.
_INTERVAL = const(250)
_LATER = const(1000)
_MUCH_LATER = const(5000)
_MANY = const(15)

#: The last number that a name gets; the next one is 1.
_LAST = const(99)


class Prober:
    """Asks whether names are in use, and changes those that are.

    build: a function that makes (zone, claims) of numbers, as `mdns.builder.build` does.
    numbers: by name that another host has too, this host's number; more are added here.

    done: whether the names of `zone` are this host's.
    renamed: by first label that another host has, the label that is in its place; both are texts.
    """

    def __init__(self, build, numbers, random, now):
        self._build = build
        self._numbers = numbers
        self._random = random
        self._conflicts = self._left = self._due = 0
        self.zone, self._claims = build(numbers)
        self.done = False
        self.renamed = {}
        self._begin(now)

    def receive(self, message, now):
        """Take in a message, as bytes. Nobody gets a reply: the names are not this host's yet."""
        if self._left == _PROBES:
            # It is no answer to a probe; if it is about one of the names, there will be one.
            return
        try:
            flags = flags_of(message)
            if flags & _RESPONSE and not flags & _FOREIGN:
                self._hear(message, now)
            elif not flags & _FOREIGN:
                self._compare(message, now)
        except ValueError:
            pass  # it is no message

    def messages(self, now):
        """The probes that are due: a message for each name."""
        if now < self._due:
            return ()
        if not self._left:
            self.done = True
            return ()
        self._left -= 1
        self._due = now + _INTERVAL
        probes = []
        for name, (_, _, message) in self._claims.items():
            if self._left < _PROBES - 1:
                # The first probe asks for an answer to this host alone. On a PC that may go to
                # another program at the same port, so the others ask for one to all.
                at = 12 + len(name) + 3
                message = message[:at] + b"\0" + message[at + 1 :]
            probes.append(message)
        return probes

    def _begin(self, due):
        self._left = _PROBES
        self._due = due + self._random(_INTERVAL)

    def _hear(self, message, now):
        """Give up a name that somebody uses."""
        for section, name, kind, _, ttl, start, end in entries(message):
            if section and ttl and kind != _NSEC and name in self._claims:
                wanted, records, _ = self._claims[name]
                # The same record may be this host's own, which comes back in a roundabout way.
                if (kind, data(message, kind, start, end)) not in records:
                    self._rename(wanted)
                    self._conflicts += 1
                    self._begin(now + (_MUCH_LATER if self._conflicts > _MANY else 0))
                    # The others of the names will be given up after further probes.
                    return

    def _rename(self, wanted):
        number = self._numbers.get(wanted, 1) % _LAST + 1
        self._numbers[wanted] = number
        self.zone, self._claims = self._build(self._numbers)
        label = wanted[1 : 1 + wanted[0]].decode()
        self.renamed[label] = "%s-%d" % (label, number)

    def _compare(self, message, now):
        """Give way to another host that claims the same name, if it goes before (clause 8.2).

        That host goes before whose records, sorted by type and data, are the greater ones.
        """
        theirs = {}
        for section, name, kind, rrclass, _, start, end in entries(message):
            if section == _AUTHORITY and name in self._claims:
                record = rrclass & ~_BIT, kind, data(message, kind, start, end)
                theirs.setdefault(name, []).append(record)
        for name, records in theirs.items():
            ours = [(_IN, kind, octets) for kind, octets in self._claims[name][1]]
            if sorted(records) > sorted(ours):
                self._begin(now + _LATER)
