"""Tries WiFi settings before they are kept. Loaded for each attempt, and dropped at its end."""

import asyncio

import network

from dsmr.const import const
from firmware import load

#: Seconds in which there must be an address, and between two looks whether there is.
_PATIENCE = const(30)
_LOOK = const(1)


async def attempt(changes, settings, clock):
    """Join a network with changed settings; keep them if the board gets an address.

    changes: of the settings; settings: those in use. Returns (address, None), or (None, why not as
    a sentence).
    """
    wanted, problems = load("settings").check(dict(settings, **changes))
    for problem in problems:
        if problem.split(":")[0] in changes:
            return None, problem
    wlan = network.WLAN(network.STA_IF)
    try:
        wlan.active(True)
        wlan.disconnect()
        wlan.connect(wanted["wifi_name"], wanted["wifi_password"])
    except OSError as error:
        return None, "WiFi cannot be switched on: %s." % error
    end = clock.now() + _PATIENCE * 1000
    while not wlan.isconnected():
        if clock.now() > end:
            why = load("boards.joining").reason(wlan)
            # Else the driver goes on trying, and moves the access point from channel to channel.
            wlan.disconnect()
            return None, "It did not work: %s." % why
        await asyncio.sleep(_LOOK)
    keep(changes)
    return wlan.ifconfig()[0], None


def keep(changes):
    """Put changed settings into config.json, in one step, and note that WiFi has worked."""
    file = load("config_file")
    given = file.given()
    given.update(changes)
    file.write(given)
    load("setup.worked").note(given.get("wifi_name", ""), given.get("wifi_password", ""))
