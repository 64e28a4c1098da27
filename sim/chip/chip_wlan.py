"""The station's driver, loaded by `network` for each call, then dropped again.

What must outlast a call is in a variable of the process's environment, as the chip's is in memory
that is no part of the heap.

SIM_WORLD names a JSON file that says what the radio finds around it, and that a test rewrites
while we run; `sim.world` on the host writes it. Without it there is an access point near by that
takes any name and password. Its keys, of which any may be left out:

- access_point: whether it is in reach
- ssid: its name; null answers to any
- password: null takes any
- connect_ms: from the wish to the address: scan, authentication and DHCP
- dhcp: whether an address is given out
- address, netmask, gateway, dns
- rssi, channel
"""

import json
import os
import sys
import time

import network
from micropython import const

# Texts, for a name in a program stays in memory for good.
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

_ASSOC_LEAVE = const(8)  # the driver's reason after disconnect()
_IDLE = const(1000)
_CONNECTING = const(1001)
_GOT_IP = const(1010)
_NO_AP_FOUND = const(201)
_WRONG_PASSWORD = const(202)
_BEACON_TIMEOUT = const(200)

# Where the state is kept, what stands where in it, and how it begins.
_STATE = const("SIM_STATION_STATE")
_ON = const(0)
_CONNECTED = const(1)
_TRIES = const(2)  # how often connecting has failed; negative while no connection is wanted
_REASON = const(3)
_SINCE = const(4)
_STATIC = const(5)
_KEY = const(6)
_SET = const(7)
_MDNS = const(8)  # whether the chip's own mDNS runs: from the first address on
_BEGIN = const('[false, false, -1, 0, 0, null, "", {"ssid": "", "reconnects": -1}, false]')

# The same of a world.
_ACCESS_POINT = const(0)
_SSID = const(1)
_PASSWORD = const(2)
_CONNECT_MS = const(3)
_DHCP = const(4)
_ADDRESS = const(5)
_RSSI = const(9)
_KEYS = const(
    "access_point ssid password connect_ms dhcp address netmask gateway dns rssi channel"
)
_HERE = const("127.0.0.1")


def find(what, name=None):
    """What `network` offers under the name `what`, or the station `what` under this name."""
    if name is None:
        found = _find(what, _OF_NETWORK, "Functions")
    else:
        found = _find(name, _OF_WLAN, "Methods")
    if isinstance(found, int):
        return found
    if isinstance(found, type):
        return found()
    return lambda *args, **named: _call(found, args, named)


def _find(name, numbers, kind):
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


def _call(function, args, named):
    """Calls with the state and the world, and keeps what has become of the state."""
    kept = os.getenv(_STATE) or _BEGIN
    state = json.loads(kept)
    world = [True, None, None, 100, True, _HERE, "255.255.255.0", _HERE, _HERE, -61, 6]
    path = os.getenv("SIM_WORLD")
    if path:
        try:
            with open(path) as file:
                facts = json.load(file)
            world = [facts.get(key, world[n]) for n, key in enumerate(_KEYS.split())]
        except OSError:
            pass
    _turn(state, world)
    try:
        return function(state, world, *args, **named)
    finally:
        # A world may change at any time.
        known = not path and (state[_CONNECTED] or _trying(state))
        network._state = _facts(state, world) if known else None
        now = json.dumps(state)
        if now != kept:
            os.putenv(_STATE, now)


def _facts(state, world):
    since = state[_SINCE]
    if not state[_CONNECTED]:
        since = time.ticks_add(since, world[_CONNECT_MS])
    return tuple(state[_STATIC] or world[_ADDRESS:_RSSI]) + (world[_RSSI], since)


def _trying(state):
    limit = state[_SET]["reconnects"]
    return not state[_CONNECTED] and 0 <= state[_TRIES] and (limit < 0 or state[_TRIES] <= limit)


def _turn(state, world):
    """Lets happen what has happened since the last call, as the driver's own task does."""
    now = time.ticks_ms()
    failure = 0
    if not world[_ACCESS_POINT] or world[_SSID] not in (None, state[_SET]["ssid"]):
        failure = _NO_AP_FOUND
    elif world[_PASSWORD] not in (None, state[_KEY]):
        failure = _WRONG_PASSWORD
    if state[_CONNECTED]:
        if failure:
            state[_CONNECTED] = False
            # A network that goes, or comes back with another password, falls silent first.
            state[_REASON] = _BEACON_TIMEOUT
            state[_SINCE] = now
    elif _trying(state) and time.ticks_diff(now, state[_SINCE]) >= world[_CONNECT_MS]:
        state[_SINCE] = now
        if failure:
            state[_REASON] = failure
            state[_TRIES] += 1
        elif world[_DHCP] or state[_STATIC]:
            state[_CONNECTED] = state[_MDNS] = True
            state[_REASON] = state[_TRIES] = 0


def _setting(state, name):
    if name in state[_SET]:
        value = state[_SET][name]
        return bytes(value) if isinstance(value, list) else value
    if name == "hostname":
        return "mpy-esp32"
    if name == "mac":
        return b"\x24\xa1\x60\xc0\xff\xee"
    number = _number(_SETTINGS, name)
    if number is None:
        raise ValueError("unknown config param")
    return number


class Functions:
    class WLAN:
        """In the place of the port's class: calling it gives the one station."""

        def __call__(self, id=0):
            return network._wlan if id == 0 else find(self, "_other")(id)

        def __getattr__(self, name):
            return find(self, name)

    def hostname(state, world, name=None):
        if name is None:
            return _setting(state, "hostname")
        Methods.config(state, world, hostname=name)


class Methods:
    def mdns(state, world):
        """For `chip_socket`."""
        return state[_MDNS]

    def isconnected(state, world):
        return state[_CONNECTED]

    def status(state, world, what=None):
        connected = state[_CONNECTED]
        if what == "rssi":
            if connected:
                return world[_RSSI]
            raise OSError("Wifi Unknown Error 0x300f")
        if what is not None:
            raise ValueError("unknown status param")
        if connected:
            return _GOT_IP
        reason = state[_REASON]
        if _trying(state) and reason not in (_NO_AP_FOUND, _WRONG_PASSWORD):
            return _CONNECTING
        return _IDLE if reason in (0, _ASSOC_LEAVE) else reason

    def ifconfig(state, world, settings=None):
        if settings is not None:
            state[_STATIC] = None if settings == "dhcp" else settings
        elif state[_CONNECTED]:
            return _facts(state, world)[:4]
        else:
            return ("0.0.0.0",) * 4

    def active(state, world, on=None):
        if on is not None:
            state[_ON] = bool(on)
            if not on:
                state[_TRIES] = -1
                state[_CONNECTED] = False
        return state[_ON]

    def config(state, world, *query, **settings):
        if query and settings:
            raise TypeError("either pos or kw args are allowed")
        if len(query) > 1:
            raise TypeError("can query only one param")
        for name in query:
            return _setting(state, name)
        for name, value in settings.items():
            if name == "txpower" and not state[_ON]:
                raise OSError("Wifi Not Started")
            if name == "hostname" and len(value) > 32:
                raise ValueError
            _setting(state, name)
            state[_SET][name] = list(value) if isinstance(value, bytes) else value

    def connect(state, world, ssid=None, key=None, *, bssid=None):
        if not state[_ON]:
            raise OSError("Wifi Not Started")
        if _trying(state):
            raise OSError("Wifi Internal Error")
        if ssid is not None:
            state[_SET]["ssid"] = ssid
            state[_KEY] = key or ""
        if not state[_SET]["ssid"]:
            raise OSError("Wifi SSID Invalid")
        state[_CONNECTED] = False
        state[_TRIES] = 0
        state[_SINCE] = time.ticks_ms()

    def disconnect(state, world):
        if not state[_ON]:
            raise OSError("Wifi Not Started")
        state[_TRIES] = -1
        if state[_CONNECTED]:
            state[_REASON] = _ASSOC_LEAVE
        state[_CONNECTED] = False
