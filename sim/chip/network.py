"""The ESP32's `network`, simulated: a station's states, errors and reconnects.

As in the ESP32 port the driver tries for ever once it was asked to connect, `connect()` meanwhile
raises, and `status()` may name the last failure while it still tries. The world around it comes
from `chip_world`. Real sockets of the host carry the traffic, whatever the state here.

The ESP32's module takes no heap. So only what is called all the time stays in memory here; the
rest is in `chip_wlan`, which is loaded for each call and dropped again.
"""

import os
import sys
import time

import chip_world
from micropython import const

_ASSOC_LEAVE = const(8)  # the driver's reason after disconnect()
_IDLE = const(1000)
_CONNECTING = const(1001)
_GOT_IP = const(1010)
_NO_AP_FOUND = const(201)
_WRONG_PASSWORD = const(202)
_BEACON_TIMEOUT = const(200)

# What stands where in a world, see chip_world.
_ACCESS_POINT = const(0)
_SSID = const(1)
_PASSWORD = const(2)
_CONNECT_MS = const(3)
_DHCP = const(4)
_ADDRESSES = const(5)
_RSSI = const(9)


def __getattr__(name):
    import chip_wlan

    del sys.modules["chip_wlan"]
    return chip_wlan.of_network(name)


class _Station:
    """The one station. Calling it, as the port's class is called, gives it."""

    def __call__(self, id=0):
        return self if id == 0 else self._other(id)

    def __getattr__(self, name):
        import chip_wlan

        del sys.modules["chip_wlan"]
        return chip_wlan.of_wlan(self, name)

    def isconnected(self):
        self._turn()
        return self._connected

    def status(self, what=None):
        self._turn()
        if what == "rssi" and self._connected:
            return world[_RSSI]
        if what is not None:
            return self._refuse(what)
        if self._connected:
            return _GOT_IP
        if self._trying() and self._reason not in (_NO_AP_FOUND, _WRONG_PASSWORD):
            return _CONNECTING
        return _IDLE if self._reason in (0, _ASSOC_LEAVE) else self._reason

    def ifconfig(self, settings=None):
        self._turn()
        if settings is not None:
            self._static = None if settings == "dhcp" else settings
        elif self._connected:
            return self._static or tuple(world[_ADDRESSES : _ADDRESSES + 4])
        else:
            return ("0.0.0.0",) * 4

    def _trying(self):
        limit = self._settings["reconnects"]
        return not self._connected and 0 <= self._tries and (limit < 0 or self._tries <= limit)

    def _turn(self):
        """Lets happen what has happened since the last call, as the driver's own task does."""
        if look:
            look()
        now = time.ticks_ms()
        failure = 0
        if not world[_ACCESS_POINT] or world[_SSID] not in (None, self._settings["ssid"]):
            failure = _NO_AP_FOUND
        elif world[_PASSWORD] not in (None, self._key):
            failure = _WRONG_PASSWORD
        if self._connected:
            if failure:
                self._connected = False
                # A network that goes, or comes back with another password, falls silent first.
                self._reason = _BEACON_TIMEOUT
                self._since = now
        elif self._trying() and time.ticks_diff(now, self._since) >= world[_CONNECT_MS]:
            self._since = now
            if failure:
                self._reason = failure
                self._tries += 1
            elif world[_DHCP] or self._static:
                self._connected = self._mdns = True
                self._reason = self._tries = 0


# Not in an __init__, which would stay in memory.
WLAN = _Station()
WLAN._settings = {"ssid": "", "reconnects": -1}
WLAN._key = ""
WLAN._on = WLAN._connected = False
# How often connecting has failed; negative while no connection is wanted.
WLAN._tries = -1
WLAN._reason = WLAN._since = 0
WLAN._static = None
# Whether the chip's own mDNS runs: from the first address on.
WLAN._mdns = False

world = chip_world.world
look = None
if os.getenv("SIM_WORLD"):
    look = chip_world.look
del chip_world, sys.modules["chip_world"]
