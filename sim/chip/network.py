"""The ESP32's `network`, simulated: a station's states, errors and reconnects.

As in the ESP32 port the driver tries for ever once it was asked to connect, `connect()` meanwhile
raises, and so does `config(pm=…)`, which writes the station's settings. `status()` may name the
last failure while the driver still tries; of failures it knows only that there is no access point
of that name, and that the password is wrong, which a driver need not notice. Real sockets of the
host carry the traffic, whatever the state here.

`chip_world` has what the radio finds around it.
"""

import time

import chip_idf
import chip_world
from micropython import const

STA_IF = 0
AP_IF = 1

_IDLE = const(1000)
_CONNECTING = const(1001)
_GOT_IP = const(1010)
_BEACON_TIMEOUT = const(200)
_NO_AP_FOUND = const(201)
_WRONG_PASSWORD = const(202)

# The module's constants, and the class's: a text, as names would be in the heap, and the chip's
# are not.
_STATES = const(
    " STAT_IDLE=1000 STAT_CONNECTING=1001 STAT_GOT_IP=1010 STAT_BEACON_TIMEOUT=200"
    " STAT_NO_AP_FOUND=201 STAT_WRONG_PASSWORD=202 STAT_ASSOC_FAIL=203 STAT_HANDSHAKE_TIMEOUT=204 "
)
_KINDS = const(
    " IF_STA=0 IF_AP=1 PM_NONE=0 PM_PERFORMANCE=1 PM_POWERSAVE=2 SEC_OPEN=0 SEC_WPA2=3"
    " SEC_WPA_WPA2=4 SEC_WPA3=6 SEC_WPA2_WPA3=7 "
)

# The driver's own reasons: it was asked to disconnect; the handshake came to no end, which is what
# a wrong password looks like to WPA2.
_ASSOC_LEAVE = const(8)
_HANDSHAKE = const(15)

_MAC = const(b"\x24\xa1\x60\xc0\xff\xee")


class _Station:
    """The one station."""

    def __init__(self):
        self._on = self._connected = self._joined = self._wanted = False
        # How often connecting has failed since it was asked for, why it did last, and when the
        # present try began.
        self._tries = self._reason = self._since = 0
        self._static = None
        self._key = ""
        self._settings = {
            "ssid": "",
            "hostname": "mpy-esp32",
            "mac": _MAC,
            "reconnects": -1,
            "pm": 1,
            "txpower": 20,
            "channel": 0,
            "protocol": 7,
        }
        #: Who has the port of mDNS: 0 nobody, 1 the chip's own responder, which takes it with the
        #: first address, 2 a program that was there before.
        self.mdns = 0

    def __call__(self, interface=STA_IF):
        """`WLAN(interface)`: there is one of each."""
        if interface == AP_IF:
            from chip_radio import access_point

            return access_point
        if interface != STA_IF:
            raise ValueError("invalid WLAN interface identifier")
        return self

    def _trying(self):
        limit = self._settings["reconnects"]
        return self._wanted and not self._connected and (limit < 0 or self._tries <= limit)

    def _turn(self):
        """Let happen what has happened since the last call, as the driver's own task does."""
        world = chip_world.look()
        now = time.ticks_ms()
        failure = 0
        if not world["access_point"] or world["ssid"] not in (None, self._settings["ssid"]):
            failure = _NO_AP_FOUND
        elif world["password"] not in (None, self._key):
            failure = _HANDSHAKE if world["password_unnoticed"] else _WRONG_PASSWORD
        if self._connected:
            if failure:
                # A network that goes, or comes back with another password, falls silent first.
                self._connected = self._joined = False
                self._reason = _BEACON_TIMEOUT
                self._since = now
        elif self._trying() and time.ticks_diff(now, self._since) >= world["connect_ms"]:
            self._since = now
            if failure:
                self._reason = failure
                self._tries += 1
            elif world["dhcp"] or self._static:
                self._connected = True
                self.mdns = self.mdns or 1
                self._reason = self._tries = 0
            # Without an address the chip has joined, and the reason stays that of before.
            self._joined = not failure
        return world

    def isconnected(self):
        self._turn()
        return self._connected

    def status(self, what=None):
        world = self._turn()
        if what == "rssi":
            if self._joined:
                return world["rssi"]
            raise OSError("Wifi Unknown Error 0x300f")
        if what is not None:
            raise ValueError("unknown status param")
        if self._connected:
            return _GOT_IP
        if self._reason in (_NO_AP_FOUND, _WRONG_PASSWORD):
            return self._reason
        return _CONNECTING if self._trying() else _IDLE

    def ifconfig(self, settings=None):
        world = self._turn()
        if settings is not None:
            self._static = None if settings == "dhcp" else settings
        elif self._connected:
            return self._static or tuple(
                world[key] for key in ("address", "netmask", "gateway", "dns")
            )
        else:
            return ("0.0.0.0",) * 4

    def active(self, on=None):
        if on is not None:
            if self._on != bool(on):
                self._on = bool(on)
                chip_idf.wifi(on)
            if not on:
                self._wanted = self._connected = self._joined = False
        return self._on

    def config(self, *query, **settings):
        self._turn()
        if query and settings:
            raise TypeError("either pos or kw args are allowed")
        if len(query) > 1:
            raise TypeError("can query only one param")
        for name in query or settings:
            if name not in self._settings:
                raise ValueError("unknown config param")
        if query:
            return self._settings[query[0]]
        for name, value in settings.items():
            if name in ("txpower", "pm") and not self._on:
                raise OSError("Wifi Not Started")
            if name == "pm" and self._trying():
                raise OSError("Wifi Internal State Error")
            if name == "hostname" and len(value) > 32:
                raise ValueError
            self._settings[name] = value

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
        self._connected = self._joined = False
        self._wanted = True
        self._tries = 0
        self._since = time.ticks_ms()

    def disconnect(self):
        self._turn()
        if not self._on:
            raise OSError("Wifi Not Started")
        if self._connected:
            self._reason = _ASSOC_LEAVE
        self._wanted = self._connected = self._joined = False

    def __getattr__(self, name):
        number = chip_idf.constant(_KINDS, name)
        if number is not None:
            return number
        import chip_radio

        function = getattr(chip_radio, name, None)
        if function is None or name[0] == "_":
            raise AttributeError("no attribute '%s'" % name)
        return lambda *args, **named: function(self, *args, **named)


WLAN = _Station()


def hostname(name=None):
    if name is None:
        return WLAN.config("hostname")
    WLAN.config(hostname=name)


def country(code=None):
    if code is None:
        return WLAN._settings.get("country", "XX")
    if len(code) != 2:
        raise ValueError
    WLAN._settings["country"] = code


def __getattr__(name):
    if name == "ipconfig":
        from chip_radio import ipconfig_of_all

        return ipconfig_of_all
    number = chip_idf.constant(_STATES, name)
    if number is None:
        raise AttributeError(name)
    return number
