"""The watchdog of a running board: what it restarts, what it leaves alone, and what is kept."""

import time

import pytest
from consoles import started, stop
from power import change, quick

from sim import board as sim_board
from sim.firmware import Firmware
from sim.ports import free_port
from sim.world import World

#: Makes a task hang after the power came, and not after the restart that follows.
HUNG = """
import asyncio, machine
from firmware.{module} import {name}
async def hang(self):
    while True:
        await asyncio.sleep(3600)
if machine.reset_cause() == machine.PWRON_RESET:
    {name}.run = hang
"""

#: A task of each kind: its name in the errors, module, class and deadline with `quick` numbers.
TASKS = [
    ("web", "http.guard", "Guard", 3),
    ("MQTT", "outputs.mqtt", "Mqtt", 3),
]


def test_the_watchdog_lets_a_board_live_that_has_neither_meter_nor_wifi_nor_visitors(
    power, tmp_path
):
    world = World(tmp_path / "world.json")
    world.set(access_point=False)
    board = power(
        numbers=quick(_GOOD=6), environment={"SIM_WORLD": str(world.path)}, log_interval=0
    )
    # A start has lasted when the copy of the settings is there: twice each deadline.
    copy = board.flash / "config.json.bak"
    board.wait_until(copy.exists, "settled")
    time.sleep(2)
    assert board.resets == []
    health = board.health()
    assert health["errors"] == []
    assert health["boots"] == 1
    assert not health["wifi"]["connected"]


@pytest.mark.parametrize("name, module, task, deadline", TASKS, ids=[row[0] for row in TASKS])
def test_a_task_that_hangs_is_named_and_the_watchdog_restarts_the_board(
    power, name, module, task, deadline
):
    board = power(
        numbers=quick(), code=HUNG.format(module=module, name=task), mqtt_host="127.0.0.1"
    )
    board.wait_until(lambda: board.resets, "bitten")
    assert board.resets == [sim_board.WATCHDOG]
    board.wait_until(lambda: board.health()["reset_cause"] == "watchdog", "back")
    health = board.health()
    assert health["boots"] == 2
    assert [(error["task"], error["error"], error["boot"]) for error in health["errors"]] == [
        (name, "has hung for %d seconds" % deadline, 1)
    ]
    assert board.errors() == health["errors"]


def test_a_meter_task_that_leaves_bytes_unread_is_bitten_and_a_silent_line_is_not(
    power, meter_line
):
    line = meter_line("t211", speed=5)
    code = """
import asyncio, machine
async def hang(self, buffer):
    await asyncio.sleep(3600)
if machine.reset_cause() == machine.PWRON_RESET:
    from firmware.boards.esp32 import UartPort
    UartPort.readinto = hang
"""
    board = power(line, code=code, numbers=quick())
    board.wait_until(lambda: board.resets == [sim_board.WATCHDOG], "bitten")
    board.wait_until(lambda: board.health()["telegrams"] > 3, "reading")
    line.pause()
    telegrams = board.health()["telegrams"]
    time.sleep(4)
    assert board.resets == [sim_board.WATCHDOG]
    assert board.health()["telegrams"] - telegrams <= 1
    assert board.health()["errors"][0]["task"] == "meter"


@pytest.mark.parametrize("where", ["receive_data", "abandon"])
def test_a_task_that_dies_again_and_again_does_not_turn_and_is_bitten(power, meter_line, where):
    """At each chunk that it reads, or before it reads anything."""
    code = f"""
import machine
from dsmr import TelegramParser
def die(*given):
    raise ValueError("no parser")
if machine.reset_cause() == machine.PWRON_RESET:
    TelegramParser.{where} = die
"""
    board = power(meter_line("t211", speed=5), code=code, numbers=quick())
    board.wait_until(lambda: board.resets == [sim_board.WATCHDOG], "bitten")
    board.wait_until(lambda: board.health()["telegrams"] > 3, "reading")
    died, hung = board.health()["errors"]
    assert died["error"].startswith("ValueError") and hung["error"] == "has hung for 2 seconds"
    assert (died["task"], died["boot"]) == (hung["task"], hung["boot"]) == ("meter", 1)
    assert board.firmware.printed.count("The task meter failed: ValueError") > 1
    assert board.resets == [sim_board.WATCHDOG]


def test_a_task_that_died_and_lives_on_is_not_bitten(power, meter_line):
    code = """
from dsmr import TelegramParser
receive, calls = TelegramParser.receive_data, [0]
def die_once(*given):
    calls[0] += 1
    if calls[0] == 3:
        raise ValueError("no parser")
    receive(*given)
TelegramParser.receive_data = die_once
"""
    board = power(meter_line("t211", speed=5), code=code, numbers=quick(_GOOD=6))
    board.wait_until((board.flash / "config.json.bak").exists, "settled")
    assert board.resets == []
    (error,) = board.health()["errors"]
    assert (error["task"], error["times"]) == ("meter", 1)


def test_a_loop_that_never_ends_is_bitten(power, meter_line):
    code = """
import machine
from firmware.meter import Meter
def endless(self, size):
    while True:
        pass
if machine.reset_cause() == machine.PWRON_RESET:
    Meter._parse = endless
"""
    line = meter_line("t211", speed=5)
    line.pause()
    board = power(line, code=code, numbers=quick())
    board.wait_until(lambda: board.health()["uptime"] >= 3, "guarded")
    line.resume()
    board.wait_until(lambda: board.resets == [sim_board.WATCHDOG], "bitten")
    board.wait_until(lambda: board.health()["telegrams"] > 0, "reading")


def test_without_the_watchdog_nothing_bites(power):
    code = HUNG.format(module="http.guard", name="Guard")
    board = power(numbers=quick(_GOOD=7), code=code, watchdog=False, log_interval=0)
    # Twice the deadline of what hangs.
    copy = board.flash / "config.json.bak"
    board.wait_until(copy.exists, "settled")
    assert board.resets == []


def test_the_watchdog_waits_while_a_person_is_at_the_prompt(tmp_path):
    flash = tmp_path / "flash"
    firmware = Firmware(flash, 0, {"http_port": free_port()})
    change(flash, numbers=quick())
    with started(firmware, flash) as console:
        firmware.wait_until(lambda: firmware.json("/healthz")["uptime"] >= 2, "guarded")
        stop(console)
        console.wait_for(b">>> ")
        time.sleep(4)  # more than twice what the watchdog bites after
        console.output = b""
        console.type("status()\r")
        console.wait_for(b"boots: 1")
        # And it goes on, watched as before.
        console.type("run()\r")
        firmware.wait_until(lambda: firmware.json("/healthz"), "going on")
        console.type("\x03")
        console.wait_for(b"run() goes on")
        assert b"was not fed" not in console.output
