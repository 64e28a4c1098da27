"""The firmware with a watch on its heap."""

import contextlib
import time

from host.bench import samples
from host.bench.board import SCRIPTS
from sim.broker import Broker
from sim.firmware import Firmware, FirmwareError
from sim.line import Line
from sim.meter import Meter
from sim.ports import free_port

#: Everything that can be asked for, in turn.
PATHS = (
    "/metrics",
    "/metrics?format=prometheus",
    "/telegram",
    "/healthz",
    "/",
    "/api",
    "/api/v1/data",
)


def all_on(broker):
    """Settings with which every output is on; broker: a `sim.broker.Broker`."""
    return {
        "http_port": free_port(),
        "raw_port": free_port(),
        "mqtt_host": "127.0.0.1",
        "mqtt_port": broker.port,
        "mqtt_interval": 0,
    }


#: Seconds after which a line about the heap has long been due.
_PATIENCE = 30


class Probe:
    """The firmware with a watch on its heap, `on_micropython/probe.py`; for `with`.

    It begins without a telegram; `line.resume()` lets the meter speak. interpreter: see
    `sim.interpreter`; more: settings.
    """

    def __init__(self, bench, name, heap, stage, interpreter, interval=100, names=False, **more):
        self._stack = contextlib.ExitStack()
        self.line = Line(Meter("t211", samples.START), listen=("127.0.0.1", 0), speed=4)
        self.line.pause()
        folder = bench.folder / name
        settings = {**all_on(self._stack.enter_context(Broker())), **more}
        # In a heap that is larger than a board's, which the chip's model knows nothing of.
        ample = {"SIM_CHIP_HEAP": ""}
        self.firmware = Firmware(folder, self.line.port, settings, heap, ample, interpreter)
        self.port = settings["http_port"]
        self._report = folder / "report.txt"
        for link in ("app", "main.py"):
            (folder / link).unlink()
            (folder / link).symlink_to(stage.folder / link)
        arguments = ("main.py", "report.txt", str(interval), str(int(names)))
        self.firmware.run_instead(SCRIPTS / "probe.py", *arguments)

    def __enter__(self):
        self._stack.enter_context(self.line)
        self._stack.enter_context(self.firmware)
        self.firmware.wait_until_up()
        return self

    def __exit__(self, *exception):
        return self._stack.__exit__(*exception)

    def lines(self, kind, since=0):
        """Lines of that kind in the report from there on, each as a list of words."""
        text = self._report.read_text()[since:]
        whole = text[: text.rfind("\n") + 1].splitlines()
        return [line.split(" ")[1:] for line in whole if line.startswith(kind + " ")]

    def heap(self, seconds, work=lambda: None):
        """(bytes in use, the most with garbage) while `work()` is done, over and over."""
        since = len(self._report.read_text())
        begin = time.monotonic()
        while time.monotonic() < begin + seconds or not self.lines("heap", since):
            if time.monotonic() > begin + seconds + _PATIENCE:
                raise FirmwareError(f"Nothing watches the heap:\n{self.firmware.printed}")
            work()
            time.sleep(0.01)
        found = self.lines("heap", since)
        used = max(int(used) for used, _ in found)
        # They were looked for in turns, so that the one may have missed what the other saw.
        return used, max(used, *(int(most) for _, most in found))
