"""The ESP32's `network`, simulated: a station's states, errors and reconnects.

As in the ESP32 port the driver tries for ever once it was asked to connect, `connect()` meanwhile
raises, and `status()` may name the last failure while it still tries. The world around it comes
from `chip_world`. Real sockets of the host carry the traffic, whatever the state here.
"""

import time

import chip_world

STA_IF = 0
AP_IF = 1

STAT_IDLE = 1000
STAT_CONNECTING = 1001
STAT_GOT_IP = 1010
STAT_BEACON_TIMEOUT = 200
STAT_NO_AP_FOUND = 201
STAT_WRONG_PASSWORD = 202
STAT_ASSOC_FAIL = 203
STAT_HANDSHAKE_TIMEOUT = 204

_ASSOC_LEAVE = 8  # the driver's reason after disconnect()
_NOWHERE = "0.0.0.0"
_MAC = b"\x24\xa1\x60\xc0\xff\xee"
_HOSTNAME_MAX = 32

_hostname = "mpy-esp32"
_country = "XX"


def hostname(name=None):
    global _hostname
    if name is None:
        return _hostname
    if len(name) > _HOSTNAME_MAX:
        raise ValueError
    _hostname = name


def country(code=None):
    global _country
    if code is None:
        return _country
    if len(code) != 2:
        raise ValueError
    _country = code


def ipconfig(*query, **settings):
    if query == ("dns",):
        return chip_world.look()["dns"]
    if query:
        raise ValueError("unexpected key")


class _Interface:
    """What station and access point have in common."""

    IF_STA = STA_IF
    IF_AP = AP_IF
    PM_NONE = 0
    PM_PERFORMANCE = 1
    PM_POWERSAVE = 2
    SEC_OPEN = 0
    SEC_WPA2 = 3
    SEC_WPA_WPA2 = 4
    SEC_WPA3 = 6
    SEC_WPA2_WPA3 = 7

    _own_settings = ()

    def __init__(self, mac):
        self._on = False
        self._settings = {
            "mac": mac,
            "pm": self.PM_PERFORMANCE,
            "txpower": 20,
            "channel": 0,
            "protocol": 7,
        }

    def active(self, on=None):
        if on is not None:
            self._on = bool(on)
            if not on:
                self._switched_off()
        return self._on

    def _switched_off(self):
        pass

    def config(self, *query, **settings):
        if query and settings:
            raise TypeError("either pos or kw args are allowed")
        if len(query) > 1:
            raise TypeError("can query only one param")
        if query:
            return self._setting(query[0])
        for name in settings:
            if name == "txpower" and not self._on:
                raise OSError("Wifi Not Started")
            if name == "hostname":
                hostname(settings[name])
            elif name in self._settings or name in self._own_settings:
                self._settings[name] = settings[name]
            else:
                raise ValueError("unknown config param")

    def _setting(self, name):
        if name == "hostname":
            return hostname()
        if name not in self._settings:
            raise ValueError("unknown config param")
        return self._settings[name]


class _Station(_Interface):
    def __init__(self):
        super().__init__(_MAC)
        self._settings["reconnects"] = -1
        self._settings["ssid"] = ""
        self._key = ""
        self._wanted = False
        self._connected = False
        self._reason = 0
        self._tries = 0
        self._since = 0
        self._static = None

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
        self._wanted = True
        self._connected = False
        self._tries = 0
        self._since = time.ticks_ms()

    def disconnect(self):
        if not self._on:
            raise OSError("Wifi Not Started")
        self._wanted = False
        if self._connected:
            self._reason = _ASSOC_LEAVE
        self._connected = False

    def isconnected(self):
        self._turn()
        return self._connected

    def status(self, what=None):
        world = self._turn()
        if what == "rssi":
            if not self._connected:
                raise OSError("Wifi Unknown Error 0x300f")
            return world["rssi"]
        if what is not None:
            raise ValueError("unknown status param")
        if self._connected:
            return STAT_GOT_IP
        if self._reason in (STAT_NO_AP_FOUND, STAT_WRONG_PASSWORD):
            return self._reason
        if self._trying():
            return STAT_CONNECTING
        if self._reason in (0, _ASSOC_LEAVE):
            return STAT_IDLE
        return self._reason

    def ifconfig(self, settings=None):
        world = self._turn()
        if settings is not None:
            self._static = None if settings == "dhcp" else settings
            return None
        if not self._connected:
            return (_NOWHERE, _NOWHERE, _NOWHERE, _NOWHERE)
        return self._static or (world["address"], world["netmask"], world["gateway"], world["dns"])

    def ipconfig(self, *query, **settings):
        if settings:
            if "addr4" in settings:
                address, mask = settings["addr4"]
                gateway = settings.get("gw4", _NOWHERE)
                self._static = (address, mask, gateway, chip_world.look()["dns"])
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
        world = self._turn()
        if not world["access_point"]:
            return []
        name = (world["ssid"] or "simulated").encode()
        return [(name, b"\x02\x00\x00\x00\x00\x01", world["channel"], world["rssi"], 3, False)]

    def _switched_off(self):
        self._wanted = False
        self._connected = False

    def _trying(self):
        limit = self._settings["reconnects"]
        return self._wanted and not self._connected and (limit < 0 or self._tries <= limit)

    def _turn(self):
        """Lets happen what has happened since the last call, as the driver's own task does."""
        world = chip_world.look()
        now = time.ticks_ms()
        failure = self._failure(world)
        if self._connected:
            if failure:
                self._connected = False
                # A network that goes, or comes back with another password, falls silent first.
                self._reason = STAT_BEACON_TIMEOUT
                self._since = now
        elif self._trying() and time.ticks_diff(now, self._since) >= world["connect_ms"]:
            self._since = now
            if failure:
                self._reason = failure
                self._tries += 1
            elif world["dhcp"] or self._static:
                self._connected = True
                chip_world.had_address = True
                self._reason = 0
                self._tries = 0
        return world

    def _failure(self, world):
        """Why this network cannot be joined; 0 if it can."""
        if not world["access_point"]:
            return STAT_NO_AP_FOUND
        if world["ssid"] is not None and world["ssid"] != self._settings["ssid"]:
            return STAT_NO_AP_FOUND
        if world["password"] is not None and world["password"] != self._key:
            return STAT_WRONG_PASSWORD
        return 0


class _AccessPoint(_Interface):
    """Can be set up and switched on; nobody joins it."""

    _own_settings = (
        "essid",
        "ssid",
        "key",
        "password",
        "security",
        "authmode",
        "hidden",
        "max_clients",
    )

    def isconnected(self):
        return False

    def status(self, what=None):
        if what == "stations":
            return []
        if what is not None:
            raise ValueError("unknown status param")

    def ifconfig(self, settings=None):
        if settings is None:
            return ("192.168.4.1", "255.255.255.0", "192.168.4.1", _NOWHERE)


# One radio: every WLAN object is the same interface.
_interfaces = (_Station(), _AccessPoint(_MAC[:5] + b"\xef"))


class _WLAN(_Interface):
    """Calling it gives the interface; it has the constants, as the port's class has."""

    def __init__(self):
        pass

    def __call__(self, interface=STA_IF):
        if interface not in (STA_IF, AP_IF):
            raise ValueError("invalid WLAN interface identifier")
        return _interfaces[interface]


WLAN = _WLAN()
