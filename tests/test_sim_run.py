"""`make run`: the simulated meter and the firmware together, and how they end."""

import json
import signal
import subprocess
import sys
import time
import urllib.request

import pytest
from conftest import free_port

from host.tree import REPO

#: As on a machine that PyPI has no MicroPython for.
WITHOUT_MICROPYTHON = """
import sys
import sim.run
sim.run.micropython = lambda: None
sys.exit(sim.run.main(sys.argv[1:]))
"""


def start(*arguments, program=("-m", "sim.run")):
    return subprocess.Popen(
        [sys.executable, *program, "--raw-port", str(free_port()), *arguments],
        cwd=REPO,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def metrics(port, process):
    end = time.monotonic() + 30
    while True:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=2) as answer:
                return json.loads(answer.read())
        except OSError:
            assert process.poll() is None, process.stdout.read()
            assert time.monotonic() < end
            time.sleep(0.1)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_serves_and_ends_cleanly(number):
    port = free_port()
    process = start("--http-port", str(port), "--meter", "dsmr5")
    assert metrics(port, process)["protocol_version"]["value"] == "50"
    process.send_signal(number)
    said = process.communicate(timeout=15)[0]
    assert process.returncode == 0
    assert f"http://localhost:{port}/" in said
    assert "Traceback" not in said
    # Nothing is left behind that holds the port.
    assert free_port() and start("--http-port", str(port), "--telegram", "/none").wait(20) == 1


def test_without_micropython_the_same_runs_under_cpython_and_says_so():
    port = free_port()
    process = start("--http-port", str(port), program=("-c", WITHOUT_MICROPYTHON))
    assert metrics(port, process)["device_name"]["value"] == "FLU"
    process.send_signal(signal.SIGINT)
    said = process.communicate(timeout=15)[0]
    assert process.returncode == 0
    assert "runs under CPython" in said


def test_a_port_in_use_is_one_sentence():
    first = start("--http-port", str(port := free_port()))
    metrics(port, first)
    second = start("--http-port", str(port))
    said = second.communicate(timeout=20)[0]
    assert second.returncode == 1
    assert said == (
        f"run: Port {port} is in use; choose another: make run HTTP_PORT={port % 60000 + 1}\n"
    )
    first.send_signal(signal.SIGINT)
    first.communicate(timeout=15)
