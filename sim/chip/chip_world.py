"""What the simulated radio finds around it: a JSON file that a test rewrites while we run.

SIM_WORLD names the file; `sim.world` on the host writes it. Without it there is an access point
near by that takes any name and password.
"""

import json
import os

world = {
    "access_point": True,  # whether it is in reach
    "ssid": None,  # its name; None answers to any
    "password": None,  # None takes any
    "connect_ms": 100,  # from the wish to the address: scan, authentication and DHCP
    "dhcp": True,  # whether an address is given out
    "address": "127.0.0.1",
    "netmask": "255.255.255.0",
    "gateway": "127.0.0.1",
    "dns": "127.0.0.1",
    "rssi": -61,
    "channel": 6,
}

#: Whether the station ever had an address; from then on the chip's own mDNS runs.
had_address = False

_seen = None


def look():
    """The world as it is now; the file is read again when it has changed."""
    global _seen
    path = os.getenv("SIM_WORLD")
    if path:
        try:
            stat = os.stat(path)
            mark = (stat[1], stat[6], stat[8])  # file, size, time of writing
            if mark != _seen:
                with open(path) as file:
                    world.update(json.load(file))
                _seen = mark
        except OSError:
            pass
    return world
