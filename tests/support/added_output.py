"""A copy of the repository with one more output, running on a simulated board or on a PC."""

import json
import shutil
import subprocess
import sys
import time
import urllib.request

from changed import copy_repo
from pc_program import environment

from host import build, tree
from sim.firmware import Firmware
from sim.ports import free_port

SETTINGS = "firmware/settings.py"


def copy_with_page(repo):
    """Copy what a board's tree is made from, and the live page, to this folder."""
    copy_repo(repo)
    shutil.copytree(tree.REPO / tree.PAGE_FOLDER, repo / tree.PAGE_FOLDER, dirs_exist_ok=True)
    return repo


def add(repo, name, text, row):
    """Add an output to a copy of the repository: a module, and a row of the table of settings."""
    (repo / "firmware" / "outputs" / f"{name}.py").write_text(text)
    path = repo / SETTINGS
    table = path.read_text(encoding="utf-8")
    last = 'mqtt_discovery topic 0 64 "homeassistant"\n'
    assert table.count(last) == 1
    path.write_text(table.replace(last, last + row + "\n"), encoding="utf-8")


class OnBoard:
    """A copy of the repository on a simulated board."""

    def __init__(self, repo, folder, line, interpreter, settings):
        arch = build.arch_of(interpreter.command)
        self.settings = {"http_port": free_port(), "raw_port": free_port(), **settings}
        self._firmware = Firmware(
            folder / "flash", line.port, self.settings, "2m", {"SIM_PSRAM": "1"}, interpreter
        )
        build.packed(repo, folder / "tree", arch)
        (folder / "flash" / "app").unlink()
        shutil.copytree(folder / "tree" / "app", folder / "flash" / "app")

    def __enter__(self):
        self._firmware.start()
        return self

    def __exit__(self, *_):
        #: Whether it ran till now: a reset ends it.
        self.ran = self._firmware.process.poll() is None
        self._firmware.stop()

    def printed(self):
        return self._firmware.printed


class OnPc:
    """A copy of the repository on a PC."""

    def __init__(self, repo, folder, line, interpreter, settings):
        for name in ("host", "lib"):
            shutil.copytree(tree.REPO / name, repo / name, dirs_exist_ok=True)
        self.settings = {"http_port": free_port(), "raw_port": free_port(), **settings}
        self._said = folder / "said.txt"
        self._command = [sys.executable, "main.py", "--source", f"tcp://127.0.0.1:{line.port}"]
        for name, value in self.settings.items():
            self._command += ["--" + name.replace("_", "-"), json.dumps(value)]
        self._repo = repo

    def __enter__(self):
        with open(self._said, "wb") as said:
            self._process = subprocess.Popen(
                [*self._command, "--mdns", "false"],
                cwd=self._repo,
                env=environment(),
                stderr=said,
            )
        return self

    def __exit__(self, *_):
        self.ran = self._process.poll() is None
        self._process.terminate()
        self._process.wait(10)

    def printed(self):
        return self._said.read_text()


def ask(running, path):
    """(status, what the JSON there says)."""
    url = f"http://127.0.0.1:{running.settings['http_port']}{path}"
    try:
        with urllib.request.urlopen(url, timeout=5) as response:
            return response.status, json.loads(response.read())
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read())


def wait_until(running, done, seconds=30):
    """Wait until `done()` is true; returns what it returned."""
    end = time.monotonic() + seconds
    while True:
        try:
            found = done()
            if found:
                return found
        except OSError:
            pass
        assert time.monotonic() < end, running.printed()
        time.sleep(0.05)
