"""WiFi's faults on a clock that is as fast as one likes: an hour passes in a moment.

The driver is the simulated chip's, with its states and errors; `firmware.boards.wifi` is the real
one. Its clock counts ticks that wrap as the ESP32's do, and begins just before they do.
Prints a line of JSON a story: what was said, the state at the end, whether power saving is off,
what was left of the plan. The last line has what is said of each status of the driver.
"""

import json
import sys

PERIOD = 1 << 30  # of the ESP32's ticks


class Time:
    """Stands in for the module `time`."""

    ms = 0

    def ticks_ms(self):
        return self.ms % PERIOD

    def ticks_diff(self, later, earlier):
        return (later - earlier + PERIOD // 2) % PERIOD - PERIOD // 2


time = sys.modules["time"] = Time()

import chip_world  # noqa: E402
import network  # noqa: E402

from firmware.boards import Clock, joining  # noqa: E402
from firmware.boards.wifi import Wifi  # noqa: E402


class Log:
    def __init__(self):
        self.lines = []

    def say(self, message):
        if not self.lines or self.lines[-1] != message:
            self.lines.append(message)


SETTINGS = {
    "wifi_name": "home",
    "wifi_password": "a password",
    "hostname": "p1",
    "wifi_txpower": None,
    "http_port": 80,
    "ip": "",
    "netmask": "255.255.255.0",
    "gateway": "",
    "dns": "",
}


def world(**facts):
    """What the chip's radio finds around it from now on."""
    chip_world.look().update(facts)


def story(name, plan, seconds, before=None, **settings):
    """plan: {second: what is done then}; runs for so many seconds.

    before: what is done with the driver before the program begins.
    """
    begin = time.ms = PERIOD - 20_000
    world(
        access_point=True,
        ssid="home",
        password=None,
        password_unnoticed=False,
        dhcp=True,
        address="192.168.1.42",
    )
    wlan = network.WLAN(0)
    # As after the power was off.
    wlan.active(False)
    wlan.__init__()
    if before:
        before(wlan)
    log = Log()
    clock = Clock(time.ticks_ms, time.ticks_diff)
    wifi = Wifi(dict(SETTINGS, **settings), clock, log)
    wifi.begin()
    while time.ms < begin + seconds * 1000:
        time.ms += 1000
        second = (time.ms - begin) // 1000
        if second in plan:
            plan.pop(second)()
        wifi.turn(clock.now())
    found = {"story": name, "said": log.lines, "state": wifi.state(), "left": len(plan)}
    found["power_saving"] = wlan.config("pm") != wlan.PM_NONE
    print(json.dumps(found))


def there(is_there):
    return lambda: world(access_point=is_there)


def connect_fails(wlan):
    """The driver's own error, for as long as `refusals` lasts, each time it is to connect."""
    refusals = [3]
    connect = wlan.connect

    def refuse(*details):
        if refusals[0]:
            refusals[0] -= 1
            raise OSError("Wifi Internal Error")
        connect(*details)

    wlan.connect = refuse


def connecting(wlan):
    """As it is after a soft reset, which the driver does not notice."""
    world(access_point=False)
    wlan.active(True)
    wlan.connect("home", "a password")


story(
    "gone for a minute",
    {20: lambda: world(access_point=False), 80: lambda: world(access_point=True)},
    200,
)
story(
    "gone for an hour",
    {20: lambda: world(access_point=False), 3620: lambda: world(access_point=True)},
    4200,
)
story(
    "wrong password that becomes right",
    {600: lambda: world(password="a password")},
    1200,
    before=lambda wlan: world(password="another"),
)
story(
    "wrong password that the driver does not notice",
    {600: lambda: world(password="a password")},
    1200,
    before=lambda wlan: world(password="another", password_unnoticed=True),
)
story(
    "the driver is connecting already",
    {50: lambda: world(access_point=True)},
    120,
    before=connecting,
)
story("a new address", {60: lambda: world(address="192.168.1.77")}, 120)
story("no address", {90: lambda: world(dhcp=True)}, 200, before=lambda wlan: world(dhcp=False))
story(
    "accepts and drops",
    {20 + second: there(second % 4 == 3) for second in range(100)},
    200,
)
story("connect() fails", {}, 700, before=connect_fails)
del network.WLAN(0).connect
story(
    "a fixed address",
    {},
    60,
    before=lambda wlan: world(dhcp=False),
    ip="192.168.1.5",
    gateway="192.168.1.1",
)


class Status:
    """A driver with this status."""

    def __init__(self, number):
        self._number = number

    def status(self, what=None):
        if what:
            raise OSError("Wifi Unknown Error 0x300f")
        return self._number


numbers = list(range(200, 215)) + [network.STAT_CONNECTING]
print(json.dumps({str(number): joining.reason(Status(number)) for number in numbers}))
