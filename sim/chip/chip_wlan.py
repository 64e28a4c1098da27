"""The parts of `network` that are called now and then: loaded for each use, then dropped again.

What must outlast a call is kept with `network`.
"""

import sys
import time

import network
from micropython import const

_ASSOC_LEAVE = const(8)  # the driver's reason after disconnect()

# As text, for a name in a program stays in memory for good.
_OF_NETWORK = const("""
STA_IF=0
AP_IF=1
STAT_IDLE=1000
STAT_CONNECTING=1001
STAT_GOT_IP=1010
STAT_BEACON_TIMEOUT=200
STAT_NO_AP_FOUND=201
STAT_WRONG_PASSWORD=202
STAT_ASSOC_FAIL=203
STAT_HANDSHAKE_TIMEOUT=204
""")

_OF_WLAN = const("""
IF_STA=0
IF_AP=1
PM_NONE=0
PM_PERFORMANCE=1
PM_POWERSAVE=2
SEC_OPEN=0
SEC_WPA2=3
SEC_WPA_WPA2=4
SEC_WPA3=6
SEC_WPA2_WPA3=7
""")

_SETTINGS = const("""
pm=1
txpower=20
channel=0
protocol=7
""")


def of_network(name):
    """What `network` offers under this name."""
    return _find(name, _OF_NETWORK, "Functions")


def of_wlan(self, name):
    """What the station offers under this name."""
    found = _find(name, _OF_WLAN, "Methods")
    if isinstance(found, int):
        return found
    return lambda *args, **named: found(self, *args, **named)


def _find(name, *where):
    numbers, kind = where
    number = _number(numbers, name)
    if number is not None:
        return number
    place = globals()[kind]
    if not hasattr(place, name):
        import chip_radio

        del sys.modules["chip_radio"]
        place = getattr(chip_radio, kind)
    if not hasattr(place, name):
        raise AttributeError("no attribute '%s'" % name)
    return getattr(place, name)


def _number(numbers, name):
    _, found, rest = numbers.partition("\n%s=" % name)
    return int(rest.partition("\n")[0]) if found else None


def _setting(self, name):
    if name in self._settings:
        return self._settings[name]
    if name == "hostname":
        return "mpy-esp32"
    if name == "mac":
        return b"\x24\xa1\x60\xc0\xff\xee"
    number = _number(_SETTINGS, name)
    if number is None:
        raise ValueError("unknown config param")
    return number


class Functions:
    def hostname(name=None):
        if name is None:
            return _setting(network.WLAN, "hostname")
        Methods.config(network.WLAN, hostname=name)


class Methods:
    def active(self, on=None):
        if on is not None:
            self._on = bool(on)
            if not on:
                self._tries = -1
                self._connected = False
        return self._on

    def config(self, *query, **settings):
        if query and settings:
            raise TypeError("either pos or kw args are allowed")
        if len(query) > 1:
            raise TypeError("can query only one param")
        for name in query:
            return _setting(self, name)
        for name in settings:
            if name == "txpower" and not self._on:
                raise OSError("Wifi Not Started")
            if name == "hostname" and len(settings[name]) > 32:
                raise ValueError
            _setting(self, name)
            self._settings[name] = settings[name]

    def connect(self, ssid=None, key=None, *, bssid=None):
        self._turn()
        if not self._on:
            raise OSError("Wifi Not Started")
        if self._trying():
            raise OSError("Wifi Internal Error")
        if ssid is not None:
            self._settings["ssid"] = ssid
            self._key = key or ""
        if not self._settings["ssid"]:
            raise OSError("Wifi SSID Invalid")
        self._connected = False
        self._tries = 0
        self._since = time.ticks_ms()

    def disconnect(self):
        if not self._on:
            raise OSError("Wifi Not Started")
        self._tries = -1
        if self._connected:
            self._reason = _ASSOC_LEAVE
        self._connected = False

    def _refuse(self, what):
        """The answer of status() to what it cannot tell."""
        if what == "rssi":
            raise OSError("Wifi Unknown Error 0x300f")
        raise ValueError("unknown status param")
