"""What the two programs of a PC have in common on the command line."""

import argparse
import json
import os

from firmware import VERSION
from host import settings as pc
from host import sources

#: The exit codes. 130 and the like, which a signal leaves behind, do not occur: it is an end
#: like any other.
ENDED, CANNOT_START, USAGE = 0, 1, 2

_EPILOG = f"""\
A setting on the command line wins over the environment ({pc.PREFIX}HTTP_PORT=8080 and so on), and
that over the file. Exit codes: 0 ended by a signal, or done; 1 it cannot start; 2 wrong usage.
docs/host.md says it all.
"""

#: What a setting is for; its default is added.
_HELP = {
    "source": "where the meter's line comes in: a serial device, tcp://HOST:PORT for a serial "
    "server, http://HOST/telegram for a power-readout or a file on a web server, or another URL "
    "that pyserial knows",
    "interval": "seconds between two questions to an http source",
    "log_level": "what is said: error, warning, info or debug",
    "mdns": "whether to announce itself, so that programs on the network find it",
    "history": "whether to keep the history that /history answers from",
    "history_folder": "folder of the history's files; empty: only the last day's power is kept, "
    "in memory",
    "http_port": "where to answer",
    "http_clients": "connections at once",
    "http_timeout": "seconds that a client has to send its request, and to take each piece of the "
    "answer",
    "http_password": "asked for by everything but /livez; better given in the environment",
    "allow_from": "addresses that may connect, such as 192.168.1.0/24,127.0.0.1; empty: all",
    "allowed_hosts": "names by which browsers may ask for it; *: any",
    "raw_port": "where every telegram goes to whoever is connected, byte for byte; 0: nowhere",
    "raw_clients": "how many may be connected there at once",
    "homewizard": "whether to answer as a HomeWizard P1 meter does, at /api and below",
    "shelly": "whether to answer as a Shelly Pro 3EM does, for batteries",
    "shelly_port": "the UDP port at which a Marstek asks; 0: none",
    "shelly_port_2": "a second one, at which newer ones ask; 0: none",
    "modbus_port": "where to answer as a Modbus TCP meter, such as 502; 0: nowhere",
    "modbus_clients": "how many may be connected there at once",
    "uart_format": "8N1, or 7E1 for DSMR 2.2 and 3.0",
    "uart_baudrate": "115200, or 9600 for DSMR 2.2 and 3.0",
    "crc": "required, or none to accept telegrams without a CRC; one that is there is checked",
    "decryption_key": "key of an encrypted meter, 32 hexadecimal digits; better given in the "
    "environment",
    "authentication_key": "its other key, or none; the default is that of Luxembourg's meters",
    "max_telegram": "bytes of the longest telegram",
    "stale_after": "seconds without a telegram after which values no longer count; 0: 10, or 30 "
    "for meters that send every ten",
    "demand_floor": "watts that a month's peak is billed as at least",
    "log_interval": "seconds between lines about the state; 0: none",
    "mqtt_host": "name or address of an MQTT broker to publish to; left out: none",
    "mqtt_port": "where the broker listens; null: 1883, or 8883 with TLS",
    "mqtt_user": "user name for the broker",
    "mqtt_password": "password for the broker; every user of the machine can read a command line, "
    "so better give it in the environment or the file",
    "mqtt_tls": "true to encrypt",
    "mqtt_ca": "file with the certificate that the broker's is signed with; left out: those that "
    "the system trusts",
    "mqtt_prefix": "what topics begin with; left out: power-readout",
    "mqtt_fields": "fields that get a topic of their own, with commas between them, or all",
    "mqtt_interval": "seconds between two publications; 0: every telegram",
    "mqtt_qos": "0, or 1 to have everything acknowledged",
    "mqtt_discovery": "Home Assistant's prefix for discovery; empty: it is told nothing",
}


def parser(program, description, without=()):
    """A parser with a flag for every setting, but for those `without`."""
    made = argparse.ArgumentParser(
        prog=program,
        description=description,
        epilog=_EPILOG,
        # What is short for one flag today may be short for two tomorrow.
        allow_abbrev=False,
    )
    made.add_argument("--version", action="version", version=f"power-readout {VERSION}")
    made.add_argument("--config", metavar="FILE", help="settings as JSON, the same as on a board")
    for name, default in pc.defaults().items():
        if name not in without:
            made.add_argument(
                "--" + name.replace("_", "-"),
                metavar=_metavar(name, default),
                help=f"{_HELP.get(name, 'see Settings in the README')} "
                f"(default: {default if isinstance(default, str) else json.dumps(default)})",
            )
    made.add_argument("--no-crc", action="store_true", help="the same as --crc none")
    made.add_argument("-v", "--verbose", action="store_true", help="the same as --log-level debug")
    return made


def _metavar(name, default):
    if name == "source":
        return "SOURCE"
    if isinstance(default, bool):
        return "true|false"
    return "NUMBER" if isinstance(default, int) else "WORD"


def exit_code(error):
    """That of a program whose settings raise this SettingsError."""
    return CANNOT_START if isinstance(error, pc.ConfigError) else USAGE


def load(options, environment=None):
    """The settings of parsed options, as `host.settings.load` gives them.

    Raises SettingsError, also where the source is none that can be read.
    """
    environment = os.environ if environment is None else environment
    path = options.config or environment.get(pc.PREFIX + "CONFIG")
    given = {name: getattr(options, name, None) for name in pc.names()}
    if options.no_crc:
        given["crc"] = "none"
    if options.verbose:
        given["log_level"] = "debug"
    settings, problems = pc.load(path, environment, given)
    wrong = sources.check(settings["source"])
    if wrong:
        raise pc.SettingsError(wrong)
    return settings, problems
