"""What the numbers were measured on, in general terms."""

import os
import platform
import subprocess

from host.bench.peers import version
from sim.firmware import micropython

#: Packages whose versions matter, beside the two Pythons.
_PACKAGES = ("microdot", "dsmr-parser", "smeterd")

_CODE = "import sys; print(*sys.implementation.version)"


def machine():
    """A dict of what to say about this machine: no names of it and no paths."""
    found = {
        "processors": os.cpu_count(),
        "architecture": platform.machine(),
        "system": platform.system(),
        "CPython": platform.python_version(),
    }
    command = micropython()
    if command:
        said = subprocess.run([command, "-c", _CODE], capture_output=True, text=True, check=True)
        major, minor, patch, *stage = said.stdout.split()
        found["MicroPython"] = "-".join([f"{major}.{minor}.{patch}", *stage])
    for package in _PACKAGES:
        if version(package):
            found[package] = version(package)
    return found


def sentence(facts):
    """The same as a sentence."""
    tools = [f"{name} {facts[name]}" for name in ("CPython", "MicroPython") if name in facts]
    tools += [f"{name} {facts[name]}" for name in _PACKAGES if name in facts]
    return (
        f"{facts['processors']} processors ({facts['architecture']}, {facts['system']}), "
        f"{', '.join(tools)}."
    )
