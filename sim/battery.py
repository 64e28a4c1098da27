"""A simulated battery that closes the loop: it asks for the house's power, and changes it.

    python -m sim.battery --seconds 60

runs, for each of some asking rates, a meter, the program on this machine that reads it, and a
battery that asks the program by UDP, all in real time. It prints how long the values had been on
their way from the meter's line to the battery, and how near to 0 W the battery held the house.
"""

import argparse
import itertools
import json
import math
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path

from host.tree import REPO
from sim.firmware import Firmware
from sim.line import Line
from sim.meter import Meter
from sim.ports import free_port

#: What a Marstek sends, byte for byte.
REQUEST = b'{"id":1,"method":"EM.GetStatus","params":{"id":0}}'

#: Seconds between two questions: as fast as anybody asks, a Venus, a usual battery, a Jupiter; all
#: a little more than it is, so that questions come at every moment between two telegrams.
RATES = (0.21, 0.43, 1.03, 2.57)

_BAUD = 115200
_UP_AFTER = 20  # seconds in which the program must have a telegram


class Battery:
    """A battery that wants 0 W at the meter.

    `power` is what it draws from the house in W, less than 0 while it gives. Each value that it
    hears moves its aim by a part of that value, `gain`; what it really does follows its aim with a
    lag in seconds, as an inverter does. Within the deadband it stays as it is.
    """

    def __init__(self, most=2500, gain=0.8, lag=0.5, deadband=20):
        self.power = 0.0
        self._aim = 0.0
        self._most = most
        self._gain = gain
        self._lag = lag
        self._deadband = deadband

    def hear(self, watts):
        """Take a value of the meter: W drawn from the grid."""
        if abs(watts) > self._deadband:
            aim = self._aim - self._gain * watts
            self._aim = max(-self._most, min(self._most, aim))

    def pass_time(self, seconds):
        """Let its inverter come nearer to its aim."""
        self.power += (self._aim - self.power) * (1 - math.exp(-seconds / self._lag))


class House:
    """A household with a battery on L1, in the place of the household of a `sim.meter.Meter`."""

    def __init__(self, household, battery):
        self._household = household
        self._battery = battery

    def __getattr__(self, name):
        return getattr(self._household, name)

    def net_power(self, utc, local):
        power = self._household.net_power(utc, local)
        return [power[0] + round(self._battery.power), *power[1:]]


class Loop:
    """One battery at one rate, with a meter and a reader of its own."""

    def __init__(self, every, kind, on_board):
        self.every = every
        self.battery = Battery()
        self._meter = Meter(kind)
        household = House(self._meter.household, self.battery)
        self._meter.household = household  # type: ignore[assignment]  # as good
        self._on_board = on_board
        #: Of each answer, the seconds that its values had been on their way.
        self.delays: list[float] = []
        #: W at the meter, second by second.
        self.power: list[int] = []
        self.asked = 0
        self.error: BaseException | None = None
        # Of the last telegrams: W, and when the last byte was on the line.
        self._sent: list[tuple[int, float]] = []

    def telegrams(self):
        """For `sim.line.Line`, which sends each telegram as soon as it has it."""
        for reading in self._meter.readings():
            telegram = self._meter.spell(reading)
            watts = reading.power_used_w - reading.power_generated_w
            self.power.append(watts)
            # Line sends at the pace of a real line.
            self._sent = [*self._sent[-3:], (watts, time.monotonic() + len(telegram) * 10 / _BAUD)]
            yield telegram

    def run(self, seconds):
        """Run for so many seconds; an error is kept."""
        try:
            with Line(self, listen=("127.0.0.1", 0)) as line, self._reader(line.port) as port:
                self._ask(port, seconds)
        except BaseException as error:
            self.error = error

    def _reader(self, meter_port):
        return (_Board if self._on_board else _Pc)(meter_port)

    def _ask(self, port, seconds):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
            udp.connect(("127.0.0.1", port))
            end = time.monotonic() + seconds
            at = due = time.monotonic()
            while due < end:
                due += self.every
                udp.send(REQUEST)
                self.asked += 1
                # What comes late is heard all the same.
                while (left := due - time.monotonic()) > 0:
                    udp.settimeout(min(left, 0.05))
                    try:
                        answer = udp.recv(2048)
                    except TimeoutError:
                        answer = None
                    now = time.monotonic()
                    self.battery.pass_time(now - at)
                    at = now
                    if answer:
                        self._hear(json.loads(answer)["result"]["total_act_power"], now)

    def _hear(self, watts, now):
        for sent, moment in reversed(self._sent):
            if sent == watts and moment <= now:
                self.delays.append(now - moment)
                break
        self.battery.hear(watts)


class _Pc:
    """The program on this machine; as a context it gives its UDP port, when it has a telegram."""

    def __init__(self, meter_port):
        self._udp, self._http = free_port(), free_port()
        settings = {
            "--source": f"tcp://127.0.0.1:{meter_port}",
            "--http-port": self._http,
            "--shelly": "true",
            "--shelly-port": self._udp,
            "--shelly-port-2": 0,
            "--raw-port": 0,
            "--mdns": "false",
        }
        flags = [f"{name}={value}" for name, value in settings.items()]
        self._command = [sys.executable, "main.py", *flags]

    def __enter__(self):
        self._process = subprocess.Popen(self._command, cwd=REPO, stderr=subprocess.DEVNULL)
        end = time.monotonic() + _UP_AFTER
        while time.monotonic() < end:
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{self._http}/readyz", timeout=1).close()
                return self._udp
            except (OSError, urllib.error.HTTPError):
                time.sleep(0.1)
        raise SystemExit("The program has no telegram; does `python main.py` run here?")

    def __exit__(self, *_):
        self._process.terminate()
        self._process.wait(10)


class _Board:
    """The same for the firmware on a simulated board."""

    def __init__(self, meter_port):
        self._udp = free_port()
        self._folder = tempfile.TemporaryDirectory()
        settings = {"http_port": free_port(), "shelly": True, "shelly_port": self._udp}
        self._firmware = Firmware(
            Path(self._folder.name), meter_port, {**settings, "shelly_port_2": 0}
        )

    def __enter__(self):
        self._firmware.start()
        self._firmware.wait_until_ready()
        return self._udp

    def __exit__(self, *_):
        self._firmware.stop()
        self._folder.cleanup()


def percentile(numbers, percent):
    """The smallest of them that so many percent do not exceed."""
    ordered = sorted(numbers)
    return ordered[max(0, math.ceil(len(ordered) * percent / 100) - 1)]


def row(loop):
    """A line of the table."""
    if loop.error:
        return f"{loop.every:6.2f}  {loop.error!r}"
    delays = [round(1000 * percentile(loop.delays, percent)) for percent in (50, 95, 100)]
    held = list(itertools.islice(loop.power, len(loop.power) // 2, None))
    mean = sum(map(abs, held)) / len(held)
    return (
        f"{loop.every:6.2f} {loop.asked:6} {len(loop.delays):8} "
        f"{delays[0]:7} {delays[1]:7} {delays[2]:7} {mean:14.0f}"
    )


def main(argv=None):
    parser = argparse.ArgumentParser(prog="python -m sim.battery", description=__doc__)
    parser.add_argument("--seconds", type=int, default=60, help="how long each battery asks")
    parser.add_argument("--meter", default="t211", help="s211, t211 or dsmr5")
    parser.add_argument(
        "--board", action="store_true", help="the firmware on a simulated board, not the program"
    )
    options = parser.parse_args(argv)
    loops = [Loop(every, options.meter, options.board) for every in RATES]
    threads = [threading.Thread(target=loop.run, args=(options.seconds,)) for loop in loops]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(" every  asked answered  median    95 %   worst  mean |W| at the meter,")
    print("     s                      ms      ms      ms     second half")
    for loop in loops:
        print(row(loop))
    return 1 if any(loop.error for loop in loops) else 0


if __name__ == "__main__":
    sys.exit(main())
