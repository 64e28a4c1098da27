"""What hardly a program uses of `network`: scanning, `ipconfig`, and the access point.

A station's methods are here functions that take it.
"""

import chip_world


def scan(station):
    world = station._turn()
    if not station._on:
        raise OSError("STA must be active")
    found = list(world["others"])
    if world["access_point"]:
        found.append((world["ssid"] or "simulated", world["rssi"], 3))
    address = b"\x02\x00\x00\x00\x00\x01"
    return [
        (name.encode(), address, world["channel"], rssi, security, False)
        for name, rssi, security in found
    ]


def ipconfig(station, *query, **settings):
    world = station._turn()
    if settings:
        if "addr4" in settings:
            address, mask = settings["addr4"]
            gateway = settings.get("gw4", "0.0.0.0")
            station._static = (address, mask, gateway, world["dns"])
        elif settings.get("dhcp4"):
            station._static = None
        return None
    connected, static = station._connected, station._static
    address, mask, gateway, _ = station.ifconfig()
    answers = {
        "addr4": (address, mask if connected else "0.0.0.0"),
        "gw4": gateway,
        "dhcp4": static is None,
        "has_dhcp4": connected and static is None,
        "addr6": [],
    }
    if query[0] not in answers:
        raise ValueError("unexpected key")
    return answers[query[0]]


def ipconfig_of_all(*query, **settings):
    """`network.ipconfig`."""
    if query == ("dns",):
        return chip_world.look()["dns"]
    if query:
        raise ValueError("unexpected key")


class _AccessPoint:
    """Can be set up and switched on. Whoever is on the host's loopback has joined it."""

    def __init__(self):
        self._on = False
        self._address = None
        self._settings = {"mac": b"\x24\xa1\x60\xc0\xff\xef", "channel": 0}
        for name in ("essid", "ssid", "key", "password", "security", "hidden", "max_clients"):
            self._settings[name] = None

    def active(self, on=None):
        if on is not None:
            self._on = bool(on)
        return self._on

    def config(self, *query, **settings):
        for name in query or settings:
            if name not in self._settings:
                raise ValueError("unknown config param")
        if query:
            return self._settings[query[0]]
        self._settings.update(settings)

    def isconnected(self):
        return False

    def status(self, what=None):
        if what == "stations":
            return []
        if what is not None:
            raise ValueError("unknown status param")

    def ifconfig(self, settings=None):
        if settings is not None:
            self._address = settings[0]
        else:
            address = self._address or chip_world.look()["hotspot"]
            return (address, "255.255.255.0", address, "0.0.0.0")


access_point = _AccessPoint()
