"""What python-homewizard-energy, Home Assistant's library, reads from a host: one line of JSON.

Run as a program, with the version to use first on the path: two of them do not fit in one process.
"""

import asyncio
import dataclasses
import importlib.metadata
import json
import sys


def plain(value):
    """A dataclass of the library as a dict, without what is None."""
    if value is None:
        return None
    return {
        name: found if isinstance(found, (int, float, str, dict)) else str(found)
        for name, found in dataclasses.asdict(value).items()
        if found is not None
    }


async def read(host):
    """Version 10 and on: each, and all at once as Home Assistant's coordinator asks."""
    from homewizard_energy import HomeWizardEnergyV1

    async with HomeWizardEnergyV1(host) as client:
        device = await client.device()
        measurement = await client.measurement()
        telegram = await client.telegram()
        combined = await client.combined()
    return {
        "device": plain(device),
        "data": plain(measurement),
        "telegram": telegram,
        "combined": {
            name: plain(getattr(combined, name))
            for name in ("device", "measurement", "system", "state", "batteries")
        },
    }


async def read_6(host):
    """Version 6, which knows no telegram and no `combined()`: the same requests at once."""
    from homewizard_energy import HomeWizardEnergy, UnsupportedError

    async def unless_unsupported(request):
        try:
            return await request
        except UnsupportedError:
            return None

    async with HomeWizardEnergy(host) as client:
        device, data, state, system, telegram = await asyncio.gather(
            client.device(),
            client.data(),
            unless_unsupported(client.state()),
            unless_unsupported(client.system()),
            client.request("api/v1/telegram"),
        )
    return {
        "device": plain(device),
        "data": plain(data),
        "telegram": telegram,
        "combined": {"state": plain(state), "system": plain(system)},
    }


if __name__ == "__main__":
    version = importlib.metadata.version("python-homewizard-energy")
    found = asyncio.run((read_6 if version.startswith("6.") else read)(sys.argv[1]))
    print(json.dumps({"version": version, **found}, default=str))
