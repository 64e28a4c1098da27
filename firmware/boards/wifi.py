"""WiFi that always comes back."""

import asyncio

import network

#: Milliseconds between looks at the connection.
_LOOK = 1000

#: Seconds that the driver is left to reconnect by itself, which it does for ever, before the
#: connection is begun anew. Doubles up to the second number while that does not help.
_PATIENCE = 30
_MOST_PATIENCE = 480

_REASONS = {
    "STAT_NO_AP_FOUND": "no network of that name is in reach: check wifi_name (2.4 GHz only)",
    "STAT_WRONG_PASSWORD": "the password is wrong: check wifi_password",
    "STAT_BEACON_TIMEOUT": "the access point fell silent",
    "STAT_ASSOC_FAIL": "the access point refuses",
    "STAT_HANDSHAKE_TIMEOUT": "the access point does not answer: check wifi_password",
}


class Wifi:
    """Keeps the station connected, for ever."""

    def __init__(self, settings, clock, log):
        self._settings = settings
        self._clock = clock
        self._log = log
        self._wlan = network.WLAN(network.STA_IF)
        self._reconnects = 0
        self._was_connected = False

    @property
    def address(self):
        """The address as text, or None while there is none."""
        return self._wlan.ifconfig()[0] if self._wlan.isconnected() else None

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
        serial = self._wlan.config("mac").hex()
        return serial, self._settings["wifi_name"], self.state().get("rssi")

    async def run(self):
        """Never returns."""
        self._begin()
        patience = _PATIENCE
        since = self._clock.now()
        self._was_connected = False
        while True:
            await asyncio.sleep_ms(_LOOK)
            now = self._clock.now()
            if self._wlan.isconnected():
                if not self._was_connected:
                    self._was_connected = True
                    self._say_where()
                patience = _PATIENCE
                since = now
                continue
            if self._was_connected:
                self._was_connected = False
                self._reconnects += 1
                self._log.say("WiFi is gone: %s." % self._reason())
            elif now - since >= patience * 1000:
                self._log.say("No WiFi yet: %s." % self._reason())
                self._begin()
                since = now
                patience = min(2 * patience, _MOST_PATIENCE)

    def _begin(self):
        """Connect anew, whatever state the driver is in; it may survive a soft reset."""
        settings = self._settings
        wlan = self._wlan
        try:
            # The name is taken over when the interface comes up.
            network.hostname(settings["hostname"])
            wlan.active(True)
            # Without power saving a ping takes 5 ms, with it 250.
            wlan.config(pm=wlan.PM_NONE)
            if settings["wifi_txpower"] is not None:
                wlan.config(txpower=settings["wifi_txpower"])
            if wlan.isconnected() and wlan.config("ssid") == settings["wifi_name"]:
                return
            # connect() raises an error while the driver is connecting.
            wlan.disconnect()
            wlan.connect(settings["wifi_name"], settings["wifi_password"])
        except OSError as error:
            self._log.say("WiFi: %s; trying again." % error)

    def _say_where(self):
        port = self._settings["http_port"]
        self._log.say(
            "WiFi is connected: http://%s%s/ or http://%s.local%s/"
            % (
                self.address,
                "" if port == 80 else ":%d" % port,
                self._settings["hostname"],
                "" if port == 80 else ":%d" % port,
            )
        )

    def _reason(self):
        status = self._wlan.status()
        for name, words in _REASONS.items():
            if status == getattr(network, name, None):
                return words
        return "status %d" % status
