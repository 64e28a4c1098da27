"""Writes the world around the simulated chip: the JSON file that SIM_WORLD names.

    world = World(path)             # an access point in reach
    world.set(access_point=False)   # gone
    world.set(access_point=True, password="another")

The keys and their meaning are in `sim/chip/chip_world.py`.
"""

import json
import os
from pathlib import Path


class World:
    """Changes take effect at the chip's next look; half a file is never seen."""

    def __init__(self, path: str | Path, **facts):
        self.path = Path(path)
        self._facts: dict = {}
        self._written = 0
        self.set(access_point=True, **facts)

    def set(self, **facts) -> None:
        self._facts.update(facts)
        draft = self.path.with_name(self.path.name + ".new")
        draft.write_text(json.dumps(self._facts))
        # MicroPython sees times of files in whole seconds: give each version one of its own.
        self._written += 1
        os.utime(draft, (self._written, self._written))
        draft.replace(self.path)
