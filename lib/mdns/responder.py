"""Announces a zone, answers questions about it, and takes leave of it (RFC 6762, clauses 6 to 10).

What goes to the group is collected, so that one message answers several hosts. What a sender wants
for itself alone goes back at once.
"""

from struct import pack_into, unpack_from

from dsmr.const import const
from mdns.message import data, entries, flags_of, name_at

_A = const(1)
_PTR = const(12)
_TXT = const(16)
_SRV = const(33)
_NSEC = const(47)
_ANY = const(255)

# Flags of a message: a response; more known answers follow; nothing for us, as it is another
# operation than a query, or an error.
_RESPONSE = const(0x8000)
_TRUNCATED = const(0x0200)
_FOREIGN = const(0x780F)

# The class, and the bit above it: in a question "answer me alone", in a record "forget what you
# knew of this" (clauses 5.4 and 10.2).
_IN = const(1)
_BIT = const(0x8000)

_PORT = const(5353)

#: Questions of a message that are looked at, of those that one of our names answers.
_QUESTIONS = const(16)

#: Bytes of a message: what everybody takes (RFC 1035, clause 2.3.4). More comes in several ones.
_SIZE = const(512)

# Seconds that a record is kept: PTR and TXT, others, and any of them by a client that is no mDNS
# querier (clauses 10 and 6.7).
_LONG_TTL = const(4500)
_TTL = const(120)
_LEGACY_TTL = const(10)

# When the group last got a block is kept in units of 2**7 ms: these numbers stay small for years.
# It gets it again after a second at the earliest (clause 6), which is no more than 9 units; and
# after a quarter of a host's TTL also where a sender wants it for itself (clause 5.4). For who
# claims one of the names it gets it after 250 ms (clause 6).
_UNIT = const(7)
_GAP = const(9)
_PROBED = const(3)
_QUARTER = const(235)

# Milliseconds: until an answer to the group that other hosts may have too (clause 6), and until
# one whose known answers are still to come (clause 7.2), each with a random part; until a block
# that has to wait is looked at again; between the two announcements (clause 8.3).
_DELAY = const(20)
_KNOWN_DELAY = const(400)
_RANDOM_DELAY = const(101)
_WAIT = const(100)
_REPEAT = const(1250)


class Responder:
    """Speaks for a `mdns.zone.Zone` whose names have been claimed.

    What has to last is in the zone, so that a responder may be made for each message.
    """

    def __init__(self, zone, random):
        self._zone = zone
        self._random = random
        self._buffer = bytearray(_SIZE)
        # By name that only this host has, and by name that others may have too: the set of the
        # blocks with its records. By name and type of the former: the record's data.
        self._owned = {}
        self._shared = {}
        self._data = {}
        # By block: where its pointers are, and the name of the service's host.
        self._pointers = []
        self._targets = []
        for number, block in enumerate(zone.blocks):
            self._read(block, 1 << number)

    def _read(self, block, own_set):
        """Note what names and pointers there are in a block."""
        target = None
        ends = []
        for _, name, kind, _, _, start, end in entries(block):
            ends.append(start - 10)
            if kind == _PTR:
                self._shared[name] = self._shared.get(name, 0) | own_set
            else:
                self._owned[name] = own_set
                if kind != _NSEC:
                    self._data[name, kind] = data(block, kind, start, end)
            if kind == _SRV:
                target, end = name_at(block, start + 6)
                ends.append(end)
            elif kind == _PTR or kind == _NSEC:
                ends.append(name_at(block, start)[1])
        # A name that is written out ends in "local" and a zero byte.
        self._pointers.append([end - 2 for end in ends if block[end - 2] >= 0xC0])
        self._targets.append(target)

    def announce(self, now):
        """Tell the group everything, twice."""
        self._want(self._everything(), now)
        self._zone.repeats = True

    def goodbye(self):
        """The messages that tell the group to forget everything (clause 10.1)."""
        return self._write(self._everything(), most_ttl=0)

    def receive(self, message, sender, port, now):
        """Take in a message, as bytes, from a port of a sender; returns the replies to it.

        A reply lasts until the next one is asked for.
        """
        try:
            flags = flags_of(message)
            if not flags & _FOREIGN:
                if not flags & _RESPONSE:
                    return self._answer(message, flags, sender, port != _PORT, now)
                self._hear(message, now)
        except ValueError:
            pass  # it is no message
        return ()

    def messages(self, now):
        """The messages to the group that are due; each lasts until the next one is asked for."""
        zone = self._zone
        if zone.due is None or now < zone.due:
            return ()
        blocks = self._older(zone.wanted, _GAP, now)
        zone.wanted &= ~blocks
        zone.due = None
        if zone.wanted:
            self._want(0, now + _WAIT)
        if zone.repeats:
            zone.repeats = False
            self._want(self._everything(), now + _REPEAT)
        blocks |= self._older(self._hosts(blocks), _GAP, now)
        self._note_sent(blocks, now >> _UNIT)
        return self._write(blocks)

    def _everything(self):
        return (1 << len(self._zone.blocks)) - 1

    def _want(self, blocks, due):
        zone = self._zone
        zone.wanted |= blocks
        if zone.due is None or due < zone.due:
            zone.due = due

    def _older(self, blocks, units, now):
        """Those of the blocks that the group has not got for so many units of time."""
        for number, sent in enumerate(self._zone.sent):
            if (now >> _UNIT) - sent < units:
                blocks &= ~(1 << number)
        return blocks

    def _note_sent(self, blocks, time):
        """Note that the group got these blocks at that time, in units."""
        sent = self._zone.sent
        for number in range(len(sent)):
            if blocks >> number & 1:
                sent[number] = time

    def _hosts(self, blocks):
        """The blocks of the hosts that the services in these blocks are at."""
        hosts = 0
        for number, target in enumerate(self._targets):
            if target and blocks >> number & 1:
                hosts |= self._owned[target]
        return hosts

    def _holding(self, message, name, kind, start, end):
        """The set of blocks that hold a record of a message."""
        owned = self._owned
        shared = self._shared
        if kind == _PTR:
            target = name_at(message, start)[0]
            return shared.get(name, 0) & (owned.get(target) or shared.get(target, 0))
        blocks = owned.get(name, 0)
        if blocks and self._data.get((name, kind)) == data(message, kind, start, end):
            return blocks
        return 0

    def _hear(self, message, now):
        """Compare what another host says with what is ours (clauses 6.6 and 9)."""
        for section, name, kind, _, ttl, start, end in entries(message):
            if section:
                blocks = self._holding(message, name, kind, start, end)
                if blocks and ttl * 2 < _ttl(kind):
                    # Others are about to forget it.
                    self._want(blocks, now)
                if ttl and not blocks and name in self._owned and kind in (_A, _TXT, _SRV):
                    self._zone.conflict = True
                    return

    def _answer(self, message, flags, sender, legacy, now):
        """Note what the group is asked for; returns the replies to the sender."""
        zone = self._zone
        asked, questions, probed = self._read_query(message, sender, legacy)
        alone = group = delay = 0
        for name, _, blocks, is_alone in asked:
            if is_alone:
                alone |= blocks
            else:
                group |= blocks
            if name in self._shared:
                delay = _DELAY + self._random(_RANDOM_DELAY)
        if not legacy:
            group |= self._older(alone, _QUARTER, now)
            alone &= ~group
        if group:
            zone.asker = None
            if flags & _TRUNCATED:
                delay = _KNOWN_DELAY + self._random(_RANDOM_DELAY)
                if not zone.wanted:
                    zone.asker = sender
            self._want(group, now + delay)
        if probed:
            # Who claims a name must have the answer before the group's turn.
            alone |= group
            # The group need not wait for a second either.
            self._note_sent(self._older(group, _PROBED, now), (now >> _UNIT) - _GAP)
        alone |= self._hosts(alone)
        if not legacy:
            return self._write(alone, message[:2])
        # Such a client wants its questions back.
        return self._write(alone, message[:2], message[4:6], message[12:questions], _LEGACY_TTL)

    def _read_query(self, message, sender, legacy):
        """Read a query; returns (what is asked, where the questions end, whether it is a probe).

        What is asked is a list of [name, type, the set of blocks that answer, whether the sender
        wants the answer for itself alone].
        """
        asked = []
        questions = 12
        probed = False
        for section, name, kind, rrclass, ttl, start, end in entries(message):
            if section == 0:
                questions = end
                blocks = self._owned.get(name, 0)
                if kind == _PTR or kind == _ANY:
                    blocks |= self._shared.get(name, 0)
                is_class = rrclass & ~_BIT in (_IN, _ANY)
                if blocks and is_class and len(asked) < _QUESTIONS:
                    asked.append([name, kind, blocks, legacy or rrclass & _BIT])
            elif section == 2:
                probed = True
            elif section == 1 and ttl * 2 >= _ttl(kind):
                # What the sender knows it does not want to hear (clause 7.1).
                known = self._holding(message, name, kind, start, end)
                if not asked and sender == self._zone.asker:
                    self._zone.wanted &= ~known
                for question in asked:
                    if question[0] == name and question[1] == kind:
                        question[2] &= ~known
        return asked, questions, probed

    def _write(self, blocks, id=b"\0\0", count=b"\0\0", questions=b"", most_ttl=_LONG_TTL):
        """Messages with these blocks, as many as it takes.

        id, questions, and their count: copied from a query. most_ttl: of each record; 10 for a
        client that is no mDNS querier, 0 for a goodbye.
        """
        buffer = self._buffer
        start = 12 + len(questions)
        while blocks:
            at = start
            records = 0
            for number, block in enumerate(self._zone.blocks):
                end = at + len(block) - 12
                if blocks >> number & 1 and end <= _SIZE:
                    buffer[at:end] = block[12:]
                    for place in self._pointers[number]:
                        (pointer,) = unpack_from(">H", block, place)
                        pack_into(">H", buffer, at + place - 12, pointer + at - 12)
                    blocks &= ~(1 << number)
                    records += block[7]
                    at = end
            if not records:
                # The questions leave no room.
                return
            buffer[:12] = id + b"\x84\0" + count + bytes((0, records, 0, 0, 0, 0))
            buffer[12:start] = questions
            message = memoryview(buffer)[:at]
            if most_ttl < _LONG_TTL:
                self._shorten(message, most_ttl)
            yield message

    def _shorten(self, message, most_ttl):
        """Set the records' TTL to no more than this, and take away the bit above their class."""
        owned = self._owned
        for section, name, _, _, ttl, start, _ in entries(message):
            # That there are services of a type is not for us to take back.
            if section and (most_ttl or name in owned or name_at(message, start)[0] in owned):
                pack_into(">HI", message, start - 8, _IN, min(ttl, most_ttl))


def _ttl(kind):
    return _LONG_TTL if kind == _PTR or kind == _TXT else _TTL
