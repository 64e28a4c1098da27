"""What the simulated radio finds around it: a JSON file that a test rewrites while we run.

SIM_WORLD names the file; `sim.world` on the host writes it. Without it this is not loaded, and
there is an access point near by that takes any name and password. Its keys, of which any may be
left out:

- access_point: whether it is in reach
- ssid: its name; null answers to any
- password: null takes any
- connect_ms: from the wish to the address: scan, authentication and DHCP
- dhcp: whether an address is given out
- address, netmask, gateway, dns
- rssi, channel
"""

import json
import os

from micropython import const

# In one text, for each name by itself would take more memory.
_KEYS = const(
    "access_point ssid password connect_ms dhcp address netmask gateway dns rssi channel"
)

_HERE = const("127.0.0.1")

#: The values of these keys, as they are without the file.
world = [True, None, None, 100, True, _HERE, "255.255.255.0", _HERE, _HERE, -61, 6]

_seen = None


def look():
    """Brings the world up to date; the file is read again when it has changed."""
    global _seen
    path = os.getenv("SIM_WORLD")
    try:
        stat = os.stat(path)
        mark = (stat[1], stat[6], stat[8])  # file, size, time of writing
        if mark != _seen:
            with open(path) as file:
                facts = json.load(file)
            _seen = mark
            for place, key in enumerate(_KEYS.split()):
                world[place] = facts.get(key, world[place])
    except OSError:
        pass
