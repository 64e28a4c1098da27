"""What the simulated radio finds around it.

SIM_WORLD names a JSON file that says it, and that a test rewrites while we run; `sim.world` on the
host writes it. Without it there is an access point near by that takes any name and password. Its
keys, of which any may be left out:

- access_point: whether it is in reach
- ssid: its name; null answers to any
- password: null takes any
- password_unnoticed: whether a wrong one looks to the driver like an access point that is silent
- connect_ms: from the wish to the address: scan, authentication and DHCP
- dhcp: whether an address is given out
- address, netmask, gateway, dns
- rssi, channel
- others: more networks that a scan finds: [name, rssi, security] of each
- hotspot: the address of the chip's own access point
- pressed: pins that are held low, as by a button
"""

import json
import os

_HERE = "127.0.0.1"

_world = {
    "access_point": True,
    "ssid": None,
    "password": None,
    "password_unnoticed": False,
    "connect_ms": 100,
    "dhcp": True,
    "address": _HERE,
    "netmask": "255.255.255.0",
    "gateway": _HERE,
    "dns": _HERE,
    "rssi": -61,
    "channel": 6,
    "others": [],
    "hotspot": _HERE,
    "pressed": [],
}
_path = os.getenv("SIM_WORLD")
_written = None


def look():
    """The world as a dict, as it is now."""
    global _written
    if _path:
        try:
            written = os.stat(_path)[8]
            if written != _written:
                with open(_path) as file:
                    _world.update(json.load(file))
                _written = written
        except OSError:
            pass
    return _world
