"""WiFi that always comes back."""

import asyncio

import network

from dsmr.const import const
from firmware import load

#: Milliseconds between looks at the connection.
_LOOK = const(1000)

#: Looks at the connection between two at its address, each of which makes some texts.
_SELDOM = const(10)

#: Seconds that the driver is left to reconnect by itself, which it does for ever, before the
#: connection is begun anew. Doubles up to the second number while that does not help.
_PATIENCE = const(30)
_MOST_PATIENCE = const(480)


class Wifi:
    """Keeps the station connected, for ever."""

    deadline = 60

    def __init__(self, settings, clock, log):
        self._settings = settings
        self._clock = clock
        self._log = log
        self._wlan = network.WLAN(network.STA_IF)
        self._reconnects = 0
        self._address = None
        self._serial = None
        #: Whether the gateway has ever answered, see `firmware.supervisor.deafness`.
        self.gateway_answers = False
        #: Looks at the connection.
        self.turns = 0

    @property
    def address(self):
        """The address as text, or None while there is none."""
        return self._wlan.ifconfig()[0] if self._wlan.isconnected() else None

    @property
    def gateway(self):
        """The router's address as text."""
        return self._wlan.ifconfig()[2]

    def restart(self):
        """Switch WiFi off and on, and connect anew."""
        self._wlan.active(False)
        self._begin()

    def state(self):
        """What `/healthz` says of the connection."""
        state = {"connected": self._wlan.isconnected(), "reconnects": self._reconnects}
        if state["connected"]:
            state["address"] = self.address
            try:
                state["rssi"] = self._wlan.status("rssi")
            except OSError:
                pass  # it went away just now
        return state

    def station(self):
        """See `firmware.boards`."""
        if self._serial is None:
            self._serial = self._wlan.config("mac").hex()
        return self._serial, self._settings["wifi_name"], self.state().get("rssi")

    def _begin(self):
        load("boards.joining").begin(self._wlan, self._settings, self._log)

    async def run(self):
        """Never returns."""
        log, wlan = self._log, self._wlan
        self._begin()
        patience = _PATIENCE
        since = self._clock.now()
        self._address = None
        while True:
            await asyncio.sleep_ms(_LOOK)
            self.turns += 1
            now = self._clock.now()
            if wlan.isconnected():
                patience = _PATIENCE
                since = now
                if self._address and self.turns % _SELDOM:
                    continue
                # The router may give another one while the connection stays.
                address = self.address
                if address and address != self._address:
                    self._address = address
                    load("boards.joining").say_where(address, self._settings, log)
            elif self._address:
                self._address = None
                self._reconnects += 1
                log.say("WiFi is gone: %s." % load("boards.joining").reason(wlan))
            elif now - since >= patience * 1000:
                log.say("No WiFi yet: %s." % load("boards.joining").reason(wlan))
                self._begin()
                since = now
                patience = min(2 * patience, _MOST_PATIENCE)
