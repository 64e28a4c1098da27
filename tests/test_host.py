"""The program on a PC, under CPython: a serial device, a TCP server, and what goes wrong."""

import json
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request

import pytest
from conftest import free_port

from host.tree import REPO


class Program:
    """`python main.py` with some arguments."""

    def __init__(self, *arguments):
        self.port = free_port()
        self.process = subprocess.Popen(
            [sys.executable, "main.py", "--http-port", str(self.port), *arguments],
            cwd=REPO,
            stderr=subprocess.PIPE,
            text=True,
        )

    def get(self, path):
        try:
            with urllib.request.urlopen(
                f"http://127.0.0.1:{self.port}{path}", timeout=5
            ) as answer:
                return answer.status, json.loads(answer.read())
        except urllib.error.HTTPError as error:
            return error.code, json.loads(error.read())

    def wait_for(self, path, status=200, seconds=15):
        end = time.monotonic() + seconds
        while True:
            try:
                found, answer = self.get(path)
                if found == status:
                    return answer
            except OSError:
                pass
            assert self.process.poll() is None, self.process.stderr.read()
            assert time.monotonic() < end, f"{path} did not answer {status}"
            time.sleep(0.05)

    def end(self, number=signal.SIGTERM):
        """End it with a signal; returns the exit code and what it said."""
        self.process.send_signal(number)
        said = self.process.communicate(timeout=10)[1]
        return self.process.returncode, said


@pytest.fixture
def program():
    started = []

    def start(*arguments):
        started.append(Program(*arguments))
        return started[-1]

    yield start
    for one in started:
        if one.process.poll() is None:
            one.process.kill()
        one.process.communicate()


def test_a_serial_device_is_read_and_served(program, meter_line):
    line = meter_line("t211", pty=True, listen=None, speed=10)
    running = program("--source", line.path)
    running.wait_for("/readyz")
    assert running.get("/metrics")[1]["device_name"]["value"] == "FLU"
    health = running.get("/healthz")[1]
    assert health["board"] == "host"
    assert health["source"] == line.path


def test_a_tcp_server_is_read_and_served(program, meter_line):
    line = meter_line("dsmr5", speed=10)
    running = program("--source", f"tcp://127.0.0.1:{line.port}")
    running.wait_for("/readyz")
    line.drop()
    telegrams = running.get("/healthz")[1]["telegrams"]
    end = time.monotonic() + 10
    while running.get("/healthz")[1]["telegrams"] <= telegrams:
        assert time.monotonic() < end, "it did not come back"
        time.sleep(0.05)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_cleanly(program, meter_line, number):
    line = meter_line("t211", speed=10)
    running = program("--source", f"tcp://127.0.0.1:{line.port}")
    running.wait_for("/livez")
    code, said = running.end(number)
    assert code == 0
    assert "Traceback" not in said
    assert "Ended." in said


def test_a_device_that_is_not_there_is_named_and_waited_for(program, tmp_path):
    running = program("--source", str(tmp_path / "ttyNone"))
    running.wait_for("/metrics", status=503)
    _, said = running.end()
    assert "ttyNone" in said
    assert "Traceback" not in said


def test_a_port_in_use_is_one_sentence(program, meter_line):
    first = program("--source", "tcp://127.0.0.1:1")
    first.wait_for("/livez")
    done = subprocess.run(
        [sys.executable, "main.py", "--http-port", str(first.port)],
        cwd=REPO,
        capture_output=True,
        text=True,
        timeout=20,
    )
    assert done.returncode == 1
    assert str(first.port) in done.stderr
    assert "--http-port" in done.stderr
    assert "Traceback" not in done.stderr


def test_help_and_version():
    for option, word in (("--help", "--source"), ("--version", "power-readout")):
        done = subprocess.run(
            [sys.executable, "main.py", option], cwd=REPO, capture_output=True, text=True
        )
        assert done.returncode == 0
        assert word in done.stdout
