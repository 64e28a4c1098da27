"""The serial console of a running board: Ctrl-C, the state at hand, and on again."""

import json
import os
import socket
import subprocess

import pytest
from consoles import console_of, started, stop
from power import change
from under_micropython import ROOT, SCRIPTS, command

from sim.broker import Broker
from sim.firmware import Firmware
from sim.ports import free_port


@pytest.fixture
def console(tmp_path, meter_line):
    """The firmware with its console on a pseudo-terminal, and what serves it."""
    with console_of(tmp_path, meter_line("t211", speed=20)) as board:
        yield board


def test_ctrl_c_gives_the_prompt_with_the_state_at_hand_and_run_goes_on(console):
    stop(console)
    console.wait_for(b">>> ")

    console.type("status()\r")
    console.wait_for(b"telegrams: ")
    console.wait_for(b"reset_cause: power on")

    console.type("telegram()\r")
    console.wait_for(b"/FLU5")

    console.type("config()\r")
    console.wait_for(b"wifi_password: '********'")
    assert b"simulated" not in console.output

    console.type("run()\r")
    console.firmware.wait_until(
        lambda: console.firmware.json("/healthz")["telegrams"] > 1, "going on"
    )


def test_nothing_is_printed_for_each_telegram(console):
    console.firmware.wait_until(
        lambda: console.firmware.json("/healthz")["telegrams"] > 40, "reading"
    )
    assert console.output.count(b"\n") <= 2


def test_the_console_can_be_stopped_and_started_again_and_again(console):
    for _ in range(3):
        seen = len(console.output)
        stop(console)
        console.type("run()\r")
        console.firmware.wait_until_ready()
        assert len(console.output) > seen
        console.output = b""
    assert json.loads(console.firmware.get("/healthz")[2])["free_heap"] > 0


def test_raw_tcp_and_the_web_server_go_on_too(tmp_path, meter_line):
    # Seldom enough that Ctrl-C comes while all wait.
    with console_of(tmp_path, meter_line("t211", speed=2), raw_port=free_port()) as console:
        firmware = console.firmware

        def connect(port):
            return socket.create_connection(("127.0.0.1", firmware.settings[port]), 10)

        # One has asked for nothing as yet, and one reads telegrams.
        with connect("http_port"), connect("raw_port") as reader:
            assert reader.recv(1) == b"/"
            stop(console)
        console.type("run()\r")
        firmware.wait_until_ready()
        with connect("raw_port") as reader:
            assert reader.recv(1) == b"/"


def test_mqtt_goes_on_too(tmp_path, meter_line):
    with Broker() as broker:
        on = {"raw_port": 0, "mqtt_host": "127.0.0.1", "mqtt_port": broker.port}
        with console_of(tmp_path, meter_line("t211", speed=2), **on) as console:
            firmware = console.firmware

            def is_connected():
                return firmware.json("/healthz")["mqtt"]["connected"]

            firmware.wait_until(is_connected, "with the broker")
            stop(console)
            connections = len(broker.connections)
            console.type("run()\r")
            firmware.wait_until_ready()
            firmware.wait_until(is_connected, "with the broker")
            assert len(broker.connections) == connections + 1


def test_after_ctrl_c_amid_a_chunk_the_meter_is_read_on(tmp_path, meter_line):
    """It comes where the task is at work with what it has read, and not where it waits."""
    code = """
from firmware.meter import Readout
accept, calls = Readout.accept, [0]
def interrupted(self, telegram):
    calls[0] += 1
    if calls[0] == 3:
        raise KeyboardInterrupt
    accept(self, telegram)
Readout.accept = interrupted
"""
    line = meter_line("t211", speed=20)
    flash = tmp_path / "flash"
    firmware = Firmware(flash, line.port, {"http_port": free_port()})
    change(flash, code)
    with started(firmware, flash, line) as console:
        console.wait_for(b"run() goes on")
        console.type("run()\r")
        firmware.wait_until(lambda: firmware.json("/healthz")["telegrams"] > 10, "reading")
        assert firmware.json("/healthz")["errors"] == []


def test_a_task_that_ctrl_c_has_ended_is_not_waited_for():
    done = subprocess.run(
        [command(), str(SCRIPTS / "stopping.py")],
        env={**os.environ, "MICROPYPATH": f"{ROOT}:{ROOT / 'lib'}:.frozen"},
        capture_output=True,
        timeout=60,
    )
    assert int(done.stdout) >= 0, done.stderr.decode()
