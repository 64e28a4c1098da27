"""The serial console: starts the program, and shows its state to a person who stopped it."""

import asyncio
import sys

from firmware.app import App
from firmware.boards.esp32 import Esp32

_SETTINGS = "config.json"

_NO_WIFI = """\
There is no WiFi name in config.json, so nothing is sent; the meter is read all the same.
On your PC, copy config.example.json to config.json, fill in wifi_name and wifi_password, then:
  .venv/bin/python -m mpremote resume cp config.json :config.json
  make reset"""

_STOPPED = """\
Stopped. The program's state is at hand: status(), telegram(), config(); run() goes on."""

_app = None


def _configuration():
    """The module of the settings, which is not kept in memory: it is needed now and then."""
    from firmware import config

    del sys.modules["firmware.config"]
    del sys.modules["firmware"].config
    return config


def run():
    """Run the program, until Ctrl-C."""
    global _app
    if _app is None:
        settings, problems = _configuration().load(_SETTINGS)
        _app = App(settings, problems, Esp32(settings))
        if not settings["wifi_name"]:
            print(_NO_WIFI)
    try:
        asyncio.run(_app.run())
    except KeyboardInterrupt:
        asyncio.run(_app.stop())
        print(_STOPPED)
    finally:
        asyncio.new_event_loop()


def status():
    """Print the counters and the state of the board."""
    for name, value in sorted(_app.health().items()):
        print("%s: %s" % (name, value))


def telegram():
    """Print the last good telegram."""
    last = _app.readout.telegram
    print("There is none yet." if last is None else bytes(last.raw).decode())


def config():
    """Print the settings in use, without passwords."""
    for name, value in sorted(_configuration().masked(_app.settings).items()):
        print("%s: %r" % (name, value))
    for problem in _app.problems:
        print(problem)
