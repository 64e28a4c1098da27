"""What hardly a program uses of `network`: `chip_wlan` loads this for each use, and drops it.

The state and the world are as there.
"""

import network
from micropython import const

_ON = const(0)
_CONNECTED = const(1)
_STATIC = const(5)
_SET = const(7)

_ADDRESS = const(5)
_DNS = const(8)
_RSSI = const(9)


class Functions:
    def country(state, world, code=None):
        if code is None:
            return state[_SET].get("_country", "XX")
        if len(code) != 2:
            raise ValueError
        state[_SET]["_country"] = code

    def ipconfig(state, world, *query, **settings):
        if query == ("dns",):
            return world[_DNS]
        if query:
            raise ValueError("unexpected key")


class Methods:
    def ipconfig(state, world, *query, **settings):
        if settings:
            if "addr4" in settings:
                address, mask = settings["addr4"]
                gateway = settings.get("gw4", "0.0.0.0")
                state[_STATIC] = (address, mask, gateway, world[_DNS])
            elif settings.get("dhcp4"):
                state[_STATIC] = None
            return None
        connected, static = state[_CONNECTED], state[_STATIC]
        address = mask = gateway = "0.0.0.0"
        if connected:
            address, mask, gateway = (static or world[_ADDRESS:])[:3]
        answers = {
            "addr4": (address, mask),
            "gw4": gateway,
            "dhcp4": static is None,
            "has_dhcp4": connected and static is None,
            "addr6": [],
        }
        if query[0] not in answers:
            raise ValueError("unexpected key")
        return answers[query[0]]

    def scan(state, world):
        if not state[_ON]:
            raise OSError("STA must be active")
        there, ssid = world[:2]
        if not there:
            return []
        address = b"\x02\x00\x00\x00\x00\x01"
        rssi, channel = world[_RSSI:]
        return [((ssid or "simulated").encode(), address, channel, rssi, 3, False)]

    def _other(state, world, interface):
        if interface != 1:
            raise ValueError("invalid WLAN interface identifier")
        if not hasattr(network._wlan, "access_point"):
            network._wlan.access_point = _AccessPoint()
        return network._wlan.access_point


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
