"""What a host announces, and what of it is to be sent when."""

from dsmr.const import const

#: The bit of a message's third byte that says that it is a response.
_RESPONSE = const(0x80)

#: A time before all others, in the unit of `sent`.
_LONG_AGO = const(-1000)


class Zone:
    """What `mdns.builder` puts together and `mdns.responder` speaks for.

    It says which messages concern it, so that a board needs the responder for these only.

    host: the host's name, as text.
    blocks: responses that are ready to be sent, one for each service and one for each host.
    owned, shared: the first labels, in small letters, of the names that only this host has, and
    of those that others may have too.

    A set of blocks is a number, with bit n for block n.

    wanted: the set of blocks that the group of all hosts is to get; due: when that is, in
    milliseconds, or None. sent: by block, when the group got it last, in units of 128 ms.
    repeats: whether everything is announced once more.
    asker: the address of who said that more of the answers that it knows follow, or None.
    conflict: whether another host uses one of the names, so that they have to be claimed anew.
    """

    def __init__(self, host, blocks, owned, shared):
        self.host = host
        self.blocks = blocks
        self.owned = owned
        self.shared = shared
        self.sent = [_LONG_AGO] * len(blocks)
        self.wanted = 0
        self.due = self.asker = None
        self.repeats = self.conflict = False

    def concerns(self, message):
        """Whether a message may ask for one of the names, or tell of one that is owned.

        A quick look for labels: most messages in a network have none of them.
        """
        if len(message) < 12:
            return False
        small = message.lower()
        labels = self.owned if message[2] & _RESPONSE else self.owned + self.shared
        return any(label in small for label in labels)
