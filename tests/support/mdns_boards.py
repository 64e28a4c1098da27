"""`mdns_board.py` under MicroPython, in a process of its own."""

import asyncio
import json
import os
import subprocess

from under_micropython import ROOT, SCRIPTS, command

#: Seconds for a line.
_PATIENCE = 20


class Board:
    """Runs for as long as the block. prefix: of its command, such as that of a namespace."""

    def __init__(self, name, address="127.0.0.1", netmask="255.0.0.0", prefix=()):
        self.name = name
        self._command = [*prefix, command(), "-X", "heapsize=192k", str(SCRIPTS / "mdns_board.py")]
        self._command += [address, netmask, name, "8080"]

    async def __aenter__(self):
        paths = [SCRIPTS / "mdns_chip", ROOT, ROOT / "lib", SCRIPTS.parent]
        self._process = await asyncio.create_subprocess_exec(
            *self._command,
            cwd=ROOT,
            env={**os.environ, "MICROPYPATH": ":".join([*map(str, paths), ".frozen"])},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        return self

    async def __aexit__(self, *_):
        if self._process.returncode is None:
            self._process.kill()
        await self._process.wait()

    async def line(self):
        """The next line that it prints."""
        line = await asyncio.wait_for(self._process.stdout.readline(), _PATIENCE)
        return line.decode().rstrip()

    async def until_up(self):
        """Wait until it has its names; returns what it has said."""
        said = [await self.line()]
        while not said[-1].startswith("mDNS: this is "):
            assert said[-1], said
            said.append(await self.line())
        return said

    async def tell(self, text):
        self._process.stdin.write(text.encode() + b"\n")
        return await self.line()

    async def counters(self):
        return json.loads(await self.tell("counters"))

    async def stop(self):
        assert await self.tell("stop") == "stopped"
        assert await self._process.wait() == 0
