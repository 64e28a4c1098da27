"""A board with an access point of its own, which starts again after each reset.

Who is on this machine's loopback has joined it.
"""

import http.client
import json
import threading
from urllib.parse import urlencode

from sim.firmware import Firmware
from sim.ports import free_port
from sim.world import World

#: The password of the network home.
PASSWORD = "the right password"

#: What phones and browsers ask for to find out whether a page is in the way.
PROBES = {
    "iOS": ("captive.apple.com", "/hotspot-detect.html"),
    "Android": ("connectivitycheck.gstatic.com", "/generate_204"),
    "Windows": ("www.msftconnecttest.com", "/connecttest.txt"),
    "macOS": ("www.apple.com", "/library/test/success.html"),
    "Firefox": ("detectportal.firefox.com", "/canonical.html"),
}


class HotspotBoard:
    """See above; settings: what differs from a board that nobody has set up."""

    def __init__(self, folder, **settings):
        self.world = World(
            folder / "world.json", ssid="home", password=PASSWORD, address="192.168.1.77"
        )
        self.port = free_port()
        self.dns = free_port()
        self.flash = folder / "flash"
        self.firmware = Firmware(
            self.flash,
            0,
            {
                **{"http_port": self.port, "wifi_name": "", "wifi_password": ""},
                **{"hotspot_password": "of-the-hotspot", **settings},
            },
            environment={
                "SIM_WORLD": str(folder / "world.json"),
                f"SIM_PORT_{53}": str(self.dns),
            },
        )
        self._console = open(self.flash / "console.txt", "ab")  # noqa: SIM115 (closed by end)
        self._board = self.firmware.board(stdout=self._console, stderr=self._console)
        self._thread = threading.Thread(target=self._board.run, daemon=True)
        self._thread.start()

    def end(self):
        self._board.switch_off()
        self._thread.join(10)
        self._console.close()

    def ask(self, path="/", host=None, form=None, origin=None, port=None):
        """(status, headers, text) of an answer."""
        connection = http.client.HTTPConnection("127.0.0.1", port or self.port, timeout=5)
        headers = {"Host": host or f"127.0.0.1:{self.port}"}
        if origin:
            headers["Origin"] = origin
        body = urlencode(form) if form else None
        if form:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        connection.request("POST" if form else "GET", path, body, headers)
        response = connection.getresponse()
        text = response.read().decode()
        connection.close()
        return response.status, response.headers, text

    def page(self):
        """The page with the form, which is waited for."""
        return self.firmware.wait_until(
            lambda: "Choose your network" in self.ask()[2] and self.ask()[2], "open"
        )

    def result(self, seconds=60):
        """What came of the settings."""

        def done():
            text = self.ask("/result")[2]
            return None if "Trying" in text else text

        return self.firmware.wait_until(done, "tried", seconds)

    def settings(self):
        return json.loads((self.flash / "config.json").read_text())
