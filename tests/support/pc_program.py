"""The programs that run on a PC, started as a person or systemd starts them."""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request

from host.tree import REPO
from sim.ports import free_port


def environment(**more):
    """The environment without settings of power-readout, but for those that are given."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("POWER_READOUT_")}
    return {**kept, **more}


def run(*arguments, program="main.py", **more):
    """Run a program that ends by itself."""
    return subprocess.run(
        [sys.executable, program, *arguments],
        cwd=REPO,
        env=environment(**more),
        capture_output=True,
        text=True,
        timeout=30,
    )


class Program:
    """`python main.py` with some arguments."""

    def __init__(self, *arguments, **more):
        self.port = free_port()
        self.raw_port = free_port()
        ports = ["--http-port", str(self.port), "--raw-port", str(self.raw_port)]
        self.process = subprocess.Popen(
            # The network is left alone, and so is the checkout.
            [
                *(sys.executable, "main.py", *ports),
                *("--mdns", "false", "--history-folder", "", *arguments),
            ],
            cwd=REPO,
            env=environment(**more),
            stderr=subprocess.PIPE,
            text=True,
        )

    def get(self, path):
        """The status and the JSON at a path."""
        try:
            with urllib.request.urlopen(
                f"http://127.0.0.1:{self.port}{path}", timeout=5
            ) as answer:
                return answer.status, json.loads(answer.read())
        except urllib.error.HTTPError as error:
            return error.code, json.loads(error.read())

    def wait_for(self, path, status=200, seconds=15):
        """Wait until a path answers so; returns its JSON."""
        return self.wait_until(
            lambda: (answer := self.get(path))[0] == status and answer[1],
            f"{path} did not answer {status}",
            seconds,
        )

    def wait_until(self, done, what, seconds=15):
        """Wait until done() is true; returns what it returned."""
        end = time.monotonic() + seconds
        while True:
            try:
                result = done()
                if result:
                    return result
            except OSError:
                pass
            assert self.process.poll() is None, self.process.stderr.read()
            assert time.monotonic() < end, what
            time.sleep(0.05)

    def telegrams(self):
        return self.get("/healthz")[1]["telegrams"]

    def failures(self):
        return self.get("/healthz")[1]["source_failures"]

    def wait_for_more(self, seconds=15):
        """Wait until a telegram has come that was not there."""
        before = self.telegrams()
        self.wait_until(lambda: self.telegrams() > before, "no more telegrams", seconds)

    def end(self, number=signal.SIGTERM):
        """End it with a signal; returns the exit code and what it said."""
        self.process.send_signal(number)
        said = self.process.communicate(timeout=10)[1]
        return self.process.returncode, said
