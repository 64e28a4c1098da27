"""WiFi's faults: what is said, that it comes back by itself, and that the meter never notices."""

import json
import os
import socket
import subprocess
import time

import pytest
from under_micropython import ROOT, SCRIPTS, command

from sim.world import World

CONNECTED = "WiFi is connected: http://192.168.1.42/ or http://p1.local/"
CONNECTING = (
    "it is connecting; if that lasts, wifi_password is wrong, or the router gives no address"
)
NOT_FOUND = "no network of that name is in reach: check wifi_name (2.4 GHz only)"

#: At five times a meter's speed this holds about as many milliseconds as the default does.
RING = 8192


@pytest.fixture(scope="module")
def told(chip):
    """What the script tells, line by line: hours pass on a simulated clock, whose ticks wrap."""
    path = [chip, ROOT, ROOT / "lib", ".frozen"]
    done = subprocess.run(
        [command(), str(SCRIPTS / "wifi_faults.py")],
        env={**os.environ, "MICROPYPATH": ":".join(map(str, path))},
        capture_output=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr.decode() + done.stdout.decode()[-2000:]
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.fixture
def stories(told):
    """What was said and came of it, by the story's name."""
    return {line["story"]: line for line in told[:-1]}


@pytest.fixture
def reasons(told):
    """What is said of each status of the driver."""
    return {int(status): words for status, words in told[-1].items()}


@pytest.mark.parametrize("how_long", ["a minute", "an hour"])
def test_wifi_that_was_gone_comes_back(stories, how_long):
    story = stories["gone for " + how_long]
    assert story["said"] == [
        CONNECTED,
        "WiFi is gone: %s." % CONNECTING,
        "No WiFi yet: %s." % NOT_FOUND,
        CONNECTED,
    ]
    assert story["state"]["connected"] and story["state"]["reconnects"] == 1


def test_a_wrong_password_is_named_until_it_is_right(stories):
    story = stories["wrong password that becomes right"]
    assert story["said"] == [
        "No WiFi yet: the password is wrong: check wifi_password.",
        CONNECTED,
    ]
    assert story["state"]["connected"]


def test_a_wrong_password_that_the_driver_does_not_notice_is_named(stories):
    """To WPA2 it looks like an access point that is silent."""
    story = stories["wrong password that the driver does not notice"]
    assert "wifi_password is wrong" in CONNECTING
    assert story["said"] == ["No WiFi yet: %s." % CONNECTING, CONNECTED]
    assert story["state"]["connected"]


def test_a_driver_that_is_connecting_already_is_begun_anew_without_an_error(stories):
    """Meanwhile it refuses connect() and config(pm=…), so that disconnect() comes first."""
    story = stories["the driver is connecting already"]
    assert story["said"] == ["No WiFi yet: %s." % NOT_FOUND, CONNECTED]


def test_power_saving_is_off_whatever_happened(stories):
    assert {story["power_saving"] for story in stories.values()} == {False}


def test_only_reasons_that_the_driver_gives_are_told(reasons):
    """Of others, such as a beacon that did not come, it says nothing while it tries for ever."""
    named = {status for status, words in reasons.items() if words != "status %d" % status}
    assert named == {201, 202, 210, 211, 212, 1001}
    assert "wifi_name" in reasons[201] and "wifi_password" in reasons[202]


def test_a_new_address_is_said(stories):
    story = stories["a new address"]
    assert story["said"] == [CONNECTED, CONNECTED.replace("42", "77")]
    assert story["state"]["address"] == "192.168.1.77" and story["state"]["reconnects"] == 0


def test_a_router_that_gives_no_address_is_named(stories):
    story = stories["no address"]
    assert story["said"] == ["No WiFi yet: %s." % CONNECTING, CONNECTED]


def test_an_access_point_that_accepts_and_drops_is_counted(stories):
    story = stories["accepts and drops"]
    assert story["left"] == 0
    assert set(story["said"]) == {CONNECTED, "WiFi is gone: %s." % CONNECTING}
    assert story["state"]["reconnects"] == 25 and story["state"]["connected"]


def test_a_driver_that_refuses_to_connect_is_asked_again(stories):
    story = stories["connect() fails"]
    assert "WiFi: Wifi Internal Error; trying again." in story["said"]
    assert story["said"][-1] == CONNECTED and story["state"]["connected"]


def test_a_fixed_address_needs_no_router_that_gives_one(stories):
    story = stories["a fixed address"]
    assert story["said"] == [CONNECTED.replace("42", "5")]
    assert story["state"]["address"] == "192.168.1.5"


# On the running board


def test_the_meter_misses_nothing_while_wifi_goes_comes_and_changes(board, meter_line, tmp_path):
    world = World(tmp_path / "world.json", connect_ms=50)
    line = meter_line("t211", speed=5, count=40, wait=True)
    firmware = board(line, environment={"SIM_WORLD": str(world.path)}, uart_rxbuf=RING)
    for change in (
        {"access_point": False},
        {"access_point": True, "address": "192.168.1.77"},
        {"password": "another"},
        {"password": None, "dhcp": False, "access_point": False},
        {"access_point": True},
        {"dhcp": True},
    ):
        world.set(**change)
        time.sleep(1.2)
    assert line.join(20)
    firmware.wait_until(lambda: firmware.json("/healthz")["telegrams"] == 40, "all")
    health = firmware.json("/healthz")
    assert health["rejected"] == {}
    assert health["bytes"]["in"] == health["bytes"]["accepted"]
    assert health["overruns_suspected"] == 0
    firmware.wait_until(lambda: firmware.json("/healthz")["wifi"]["connected"], "connected")
    assert "simulated" not in firmware.printed


def test_the_meter_misses_nothing_while_all_sockets_are_taken(board, meter_line):
    line = meter_line("t211", speed=5, count=30, wait=True)
    firmware = board(line, uart_rxbuf=RING)
    firmware.wait_until_ready()
    address = ("127.0.0.1", firmware.settings["http_port"])
    idle = [socket.create_connection(address) for _ in range(20)]
    assert line.join(20)
    for connection in idle:
        connection.close()
    firmware.wait_until(lambda: firmware.json("/healthz")["telegrams"] == 30, "all")
    health = firmware.json("/healthz")
    assert health["rejected"] == {}
    assert health["bytes"]["in"] == health["bytes"]["accepted"]


def test_a_fixed_address_is_set_and_a_wrong_one_is_explained(board):
    fixed = {"ip": "192.168.7.5", "gateway": "192.168.7.1"}
    firmware = board(None, **fixed)
    firmware.wait_until(lambda: "WiFi is connected: http://192.168.7.5:" in firmware.printed, "up")
    assert firmware.json("/healthz")["wifi"]["address"] == "192.168.7.5"
    assert firmware.json("/healthz")["settings_problems"] == []


def test_a_wrong_fixed_address_leaves_that_of_the_router(board):
    firmware = board(None, ip="192.168.7.5", gateway="10.0.0.1")
    firmware.wait_until(lambda: "WiFi is connected: http://127.0.0.1:" in firmware.printed, "up")
    assert firmware.json("/healthz")["settings_problems"] == [
        "gateway: 10.0.0.1 is no other device in the network of ip, 192.168.7.5.",
        "The fixed address is not used; the router gives one (DHCP).",
    ]
