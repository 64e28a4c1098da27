"""What a person at the prompt can ask for: loaded when it is asked for, then dropped again."""

from firmware import load

NO_WIFI = """\
There is no WiFi name in config.json, so nothing is sent; the meter is read all the same.
On your PC, copy config.example.json to config.json, fill in wifi_name and wifi_password, then:
  .venv/bin/python -m mpremote resume cp config.json :config.json
  make reset"""

STOPPED = """\
Stopped. The program's state is at hand: status(), log(), telegram(), config(); run() goes on."""


def status(program):
    """Print the counters and the state of the board."""
    for name, value in sorted(program.health().items()):
        print("%s: %s" % (name, list(value) if name == "problems" else value))


def log(program):
    """Print the last messages."""
    print(program.log.last().decode(), end="")


def telegram(program):
    """Print the last good telegram."""
    last = program.readout.telegram
    print("There is none yet." if last is None else bytes(last.raw).decode())


def config(program):
    """Print the settings in use, without passwords."""
    for name, value in sorted(load("settings").masked(program.settings).items()):
        print("%s: %r" % (name, value))
    for problem in program.problems:
        print(problem)
