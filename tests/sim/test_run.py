"""`make run`: the simulated meter and the firmware together, and how they end."""

import json
import signal
import socket
import subprocess
import sys
import time
import urllib.request

import pytest

from host.tree import REPO
from sim.meter import KINDS
from sim.ports import free_port

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
    end = time.monotonic() + 60
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


@pytest.mark.parametrize("program", [("-m", "sim.run"), ("-c", WITHOUT_MICROPYTHON)])
def test_telegrams_go_out_by_raw_tcp(program):
    port, raw_port = free_port(), free_port()
    ports = ["--http-port", str(port), "--raw-port", str(raw_port)]
    process = start(*ports, "--meter", "s211", program=program)
    metrics(port, process)
    with socket.create_connection(("127.0.0.1", raw_port), timeout=10) as client:
        assert client.recv(5) == b"/FLU5"
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=15)


def test_a_raw_port_in_use_is_one_sentence():
    with socket.create_server(("0.0.0.0", 0)) as taken:
        port = taken.getsockname()[1]
        process = start("--http-port", str(free_port()), "--raw-port", str(port))
        said = process.communicate(timeout=20)[0]
    assert process.returncode == 1
    assert said == (
        f"run: Port {port} is in use; choose another: make run RAW_PORT={port % 60000 + 1}\n"
    )


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


def test_a_board_that_nobody_has_set_up_shows_its_page_and_where_to_go_on():
    port = free_port()
    process = start("--http-port", str(port), "--setup")
    try:
        end = time.monotonic() + 30
        said = ""
        while "Ctrl-C ends it" not in said:
            assert time.monotonic() < end, said
            said += process.stdout.readline()
        page = urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5).read().decode()
        assert "Choose your network" in page and 'value="home"' in page and "neighbour" in page
        assert f"http://localhost:{port}/settings has the same password" in said
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(20)


@pytest.mark.parametrize("kind", KINDS)
def test_each_meter_can_be_shown(kind):
    port = free_port()
    process = start("--http-port", str(port), "--meter", kind)
    found = metrics(port, process)
    assert found["timestamp"] and found["total_power_used"]["unit"] == "Watt"
    process.send_signal(signal.SIGINT)
    assert "Traceback" not in process.communicate(timeout=15)[0]
    assert process.returncode == 0
