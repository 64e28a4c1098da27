"""Two machines with a cable between them: network namespaces of Linux. It needs root."""

import os
import shutil
import subprocess

import pytest

OURS, THEIRS = "10.77.0.1", "10.77.0.2"
NETMASK = "255.255.255.0"


def _ip(*arguments):
    subprocess.run(["ip", *arguments], check=True, capture_output=True, text=True)


class Cable:
    """The two namespaces, as prefixes of commands: `ours` has OURS, `theirs` has THEIRS."""

    def __init__(self):
        if os.geteuid():
            pytest.skip("network namespaces can only be made by root")
        if not shutil.which("ip"):
            pytest.fail("ip is missing; on Debian and Ubuntu: sudo apt install iproute2")
        number = os.getpid()
        self._names = f"mdns-a-{number}", f"mdns-b-{number}"
        self.ours, self.theirs = [("ip", "netns", "exec", name) for name in self._names]
        self.interface = "cable"

    def __enter__(self):
        try:
            for name in self._names:
                _ip("netns", "add", name)
            first, second = self._names
            peer = ("peer", "name", self.interface, "netns", second)
            _ip("-n", first, "link", "add", self.interface, "type", "veth", *peer)
            for name, address in ((first, OURS), (second, THEIRS)):
                _ip("-n", name, "address", "add", f"{address}/24", "dev", self.interface)
                for interface in ("lo", self.interface):
                    _ip("-n", name, "link", "set", interface, "up")
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for name in self._names:
            subprocess.run(["ip", "netns", "delete", name], capture_output=True)
