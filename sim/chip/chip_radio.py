"""What hardly a program uses of `network`: loaded for each use, then dropped again."""

import network
from micropython import const

# See chip_world.
_DNS = const(8)
_RSSI = const(9)


class Functions:
    def country(code=None):
        if code is None:
            return network.WLAN._settings.get("_country", "XX")
        if len(code) != 2:
            raise ValueError
        network.WLAN._settings["_country"] = code

    def ipconfig(*query, **settings):
        if query == ("dns",):
            network.WLAN._turn()
            return network.world[_DNS]
        if query:
            raise ValueError("unexpected key")


class Methods:
    def ipconfig(self, *query, **settings):
        if settings:
            if "addr4" in settings:
                address, mask = settings["addr4"]
                gateway = settings.get("gw4", "0.0.0.0")
                self._static = (address, mask, gateway, network.world[_DNS])
            elif settings.get("dhcp4"):
                self._static = None
            return None
        address, mask, gateway, _ = self.ifconfig()
        answers = {
            "addr4": (address, mask),
            "gw4": gateway,
            "dhcp4": self._static is None,
            "has_dhcp4": self._connected and self._static is None,
            "addr6": [],
        }
        if query[0] not in answers:
            raise ValueError("unexpected key")
        return answers[query[0]]

    def scan(self):
        if not self._on:
            raise OSError("STA must be active")
        self._turn()
        there, ssid = network.world[:2]
        if not there:
            return []
        address = b"\x02\x00\x00\x00\x00\x01"
        rssi, channel = network.world[_RSSI:]
        return [((ssid or "simulated").encode(), address, channel, rssi, 3, False)]

    def _other(self, interface):
        if interface != 1:
            raise ValueError("invalid WLAN interface identifier")
        if "_access_point" not in self._settings:
            self._settings["_access_point"] = _AccessPoint()
        return self._settings["_access_point"]


class _AccessPoint:
    """Can be set up and switched on; nobody joins it."""

    def __init__(self):
        self._on = False
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
        if settings is None:
            return ("192.168.4.1", "255.255.255.0", "192.168.4.1", "0.0.0.0")
