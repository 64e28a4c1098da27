"""From which addresses one may connect: the setting `allow_from`. Needed only if it is set."""


def parse(text):
    """The networks of a text such as "192.168.1.0/24, 10.0.0.7": [(number, bits to leave out)].

    Raises ValueError if it is something else. Only IPv4, as we listen only there.
    """
    networks = []
    for item in text.split(","):
        address, slash, size = item.strip().partition("/")
        left_out = 32 - (_number(size, 32) if slash else 32)
        networks.append((_address(address) >> left_out, left_out))
    return networks


def _address(text):
    """An address as one number."""
    parts = text.split(".")
    if len(parts) != 4:
        raise ValueError
    number = 0
    for part in parts:
        number = number << 8 | _number(part, 255)
    return number


def _number(text, most):
    # int() also takes signs and blanks.
    if not text.isdigit() or len(text) > 3 or int(text) > most:
        raise ValueError
    return int(text)


class Access:
    """Who may connect, to whatever it is. text: of the setting, which has been checked."""

    def __init__(self, text):
        self._networks = parse(text)

    def allows(self, address):
        """Whether whoever has this address, a text, may connect."""
        try:
            number = _address(address)
        except ValueError:
            return False
        return any(number >> left_out == network for network, left_out in self._networks)
