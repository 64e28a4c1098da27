"""The password of the setting `http_password`, and who may try it. Needed only if it is set.

After ten wrong passwords, whoever they came from, one more is heard every six seconds: at that
rate a random one of eight letters takes longer than anybody lives. Counting by address instead
would help against nobody who can take another one. That the owner is not locked out by somebody
who never stops trying, addresses from which the right password has come are heard all the same,
until a wrong one comes from there.
"""

import binascii

from dsmr.const import const

# Milliseconds that a wrong password costs, and how much may be owed.
_COST = const(6_000)
_LIMIT = const(60_000)

# Addresses that are remembered.
_KNOWN = const(4)


class Password:
    """secret: a text, or None where the setting is wrong: then no password is right."""

    def __init__(self, secret, clock):
        self._secret = None if secret is None else secret.encode()
        self._clock = clock
        self._until = 0
        self._known = []

    def check(self, authorization, address):
        """0, or the status of the error for a request from this address with this header."""
        if not authorization:
            return 401
        now = self._clock.now()
        self._until = max(self._until, now)
        if self._until - now >= _LIMIT and address not in self._known:
            return 429
        right = self._is_right(authorization)
        if right == (address in self._known):
            pass
        elif right:
            self._known = self._known[1 - _KNOWN :] + [address]
        else:
            self._known.remove(address)
        if not right:
            self._until += _COST
        return 0 if right else 401

    def _is_right(self, authorization):
        """Whether it is our password; that takes as long for a wrong one as for the right one."""
        scheme, _, credentials = authorization.partition(" ")
        try:
            given = binascii.a2b_base64(credentials.strip()).partition(b":")[2]
        except ValueError:
            given = b""
        secret = self._secret
        if secret is None or scheme.lower() != "basic":
            return False
        differs = len(given) ^ len(secret)
        for i in range(len(given)):
            differs |= given[i] ^ secret[i % len(secret)]
        return differs == 0
