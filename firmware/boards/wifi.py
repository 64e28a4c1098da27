"""WiFi that always comes back."""

import network

from dsmr.const import const
from firmware import load

#: Looks at the connection between two at its address, each of which makes some texts.
_SELDOM = const(10)

#: Seconds that the driver is left to reconnect by itself, which it does for ever, before the
#: connection is begun anew. Doubles up to the second number while that does not help.
_PATIENCE = const(30)
_MOST_PATIENCE = const(480)


class Wifi:
    """Keeps the station connected, for ever."""

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
        # Looks at the connection, since when it is as it is, and the seconds that it may be.
        self._turns = 0
        self._since = clock.now()
        self._patience = _PATIENCE

    @property
    def address(self):
        """The address as text, or None while there is none."""
        return self._wlan.ifconfig()[0] if self._wlan.isconnected() else None

    def networks(self):
        """See `firmware.boards`."""
        return [self._wlan.ifconfig()[:2]] if self._wlan.isconnected() else []

    @property
    def gateway(self):
        """The router's address as text."""
        return self._wlan.ifconfig()[2]

    def restart(self):
        """Switch WiFi off and on, and connect anew."""
        self._wlan.active(False)
        self.begin()

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

    def begin(self):
        """Connect, whatever state the driver is in."""
        self._address = None
        load("boards.joining").begin(self._wlan, self._settings, self._log)

    def turn(self, now):
        """To be called every second."""
        log, wlan = self._log, self._wlan
        self._turns += 1
        if wlan.isconnected():
            self._patience = _PATIENCE
            self._since = now
            if self._address and self._turns % _SELDOM:
                return
            # The router may give another one while the connection stays.
            address = self.address
            if address and address != self._address:
                self._address = address
                load("boards.joining").say_where(address, self._settings, log)
        elif self._address:
            self._address = None
            self._reconnects += 1
            log.say("WiFi is gone: %s." % load("boards.joining").reason(wlan))
        elif now - self._since >= self._patience * 1000:
            log.say("No WiFi yet: %s." % load("boards.joining").reason(wlan))
            self.begin()
            self._since = now
            self._patience = min(2 * self._patience, _MOST_PATIENCE)
