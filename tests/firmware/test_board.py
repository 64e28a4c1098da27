"""The firmware as a board runs it: real MicroPython, a real stream of bytes, real HTTP."""

import gzip
import json
import re
import statistics
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from meters import START
from power import quick
from under_micropython import SCRIPTS

from sim.chip_build import BOARD_NAMES
from sim.faults import Fault, Faults
from sim.firmware import Firmware
from sim.meter import Meter
from sim.ports import free_port
from sim.world import World


def fields(firmware):
    """/metrics as {name: value}."""
    return {name: entry["value"] for name, entry in firmware.json("/metrics").items()}


@pytest.mark.parametrize("kind", ["s211", "t211", "dsmr5"])
def test_metrics_say_what_the_meter_sends(board, meter_line, kind):
    line = meter_line(kind, count=1, speed=0)
    firmware = board(line)
    firmware.wait_until_ready()
    status, headers, body = firmware.get("/metrics")
    assert status == 200
    assert headers["Content-Type"] == "application/json"
    # Exactly the meter's decimals: compared as text.
    texts = json.loads(body, parse_float=str, parse_int=str)
    meter = Meter(kind, START)
    telegram = next(meter.telegrams()).decode()
    register = telegram.partition("1-0:1.8.1(")[2].partition("*")[0].lstrip("0")
    assert texts["power_used_tariff_1"] == {"value": register, "unit": "KilowattHour"}
    raw = firmware.get("/telegram")
    assert raw[1]["Content-Type"].startswith("text/plain")
    assert raw[2] == telegram.encode()


def test_values_change_every_second(board, meter_line):
    firmware = board(meter_line("t211"))
    firmware.wait_until_ready()
    stamps = set()
    end = time.monotonic() + 4.5
    while time.monotonic() < end:
        stamps.add(fields(firmware)["timestamp"])
        time.sleep(0.1)
    assert len(stamps) in (4, 5, 6)


def test_telegram_has_its_other_names(board, meter_line):
    firmware = board(meter_line("s211", count=1, speed=0))
    firmware.wait_until_ready()
    assert firmware.get("/raw")[2] == firmware.get("/api/v1/telegram")[2]
    assert firmware.get("/raw")[2] == firmware.get("/telegram")[2]


def test_until_the_first_telegram_there_is_an_error_that_says_why(board):
    firmware = board(None)
    for path in ("/metrics", "/telegram", "/readyz"):
        status, headers, body = firmware.get(path)
        assert status == 503
        assert int(headers["Retry-After"]) > 0
        assert "No telegram has come yet" in json.loads(body)["error"]
    assert firmware.get("/livez")[0] == 200
    status, _, body = firmware.get("/healthz")
    assert status == 200
    assert json.loads(body)["telegrams"] == 0
    assert "age" not in json.loads(body)


def test_a_meter_that_falls_silent_makes_the_values_go(board, meter_line):
    line = meter_line("t211", speed=10)
    firmware = board(line, stale_after=1)
    firmware.wait_until_ready()
    line.pause()
    firmware.wait_until(lambda: firmware.get("/readyz")[0] == 503, "stale")
    status, _, body = firmware.get("/metrics")
    assert status == 503
    assert "seconds old" in json.loads(body)["error"]
    line.resume()
    firmware.wait_until_ready()
    assert firmware.get("/metrics")[0] == 200


def test_only_damaged_telegrams_are_counted_and_named(board, meter_line):
    line = meter_line("t211", speed=20, faults=Faults([Fault("flip", 1)], 1))
    firmware = board(line)
    firmware.wait_until(lambda: firmware.json("/healthz")["rejected"], "counting")
    assert "damaged" in firmware.json("/metrics")["error"]
    health = firmware.json("/healthz")
    assert health["telegrams"] == 0
    counted = health["bytes"]
    assert counted["in"] == (
        counted["accepted"] + counted["rejected"] + counted["skipped"] + counted["pending"]
    )


def test_head_has_the_length_and_no_body(board, meter_line):
    import http.client

    firmware = board(meter_line("s211", count=1, speed=0))
    firmware.wait_until_ready()
    connection = http.client.HTTPConnection("127.0.0.1", firmware.settings["http_port"])
    connection.request("HEAD", "/metrics")
    response = connection.getresponse()
    assert response.status == 200
    assert int(response.headers["Content-Length"]) == len(firmware.get("/metrics")[2])
    assert response.read() == b""


@pytest.mark.parametrize(
    "method, path, status, word",
    [("GET", "/nowhere", 404, "/ lists"), ("POST", "/metrics", 405, "GET")],
)
def test_errors_are_json_that_says_what_to_do(board, method, path, status, word):
    import http.client

    firmware = board(None)
    connection = http.client.HTTPConnection("127.0.0.1", firmware.settings["http_port"])
    connection.request(method, path)
    response = connection.getresponse()
    assert response.status == status
    assert response.headers["Content-Type"] == "application/json"
    assert word in json.loads(response.read())["error"]


def test_the_page_says_what_this_is_and_where_to_go(board):
    firmware = board(None)
    status, headers, body = firmware.get("/")
    assert status == 200
    assert headers["Content-Type"].startswith("text/html")
    assert headers["Content-Encoding"] == "gzip"
    page = gzip.decompress(body)
    for path in (b"/metrics", b"/telegram", b"/healthz"):
        assert b'href="%s"' % path in page


def test_healthz_tells_of_the_board(board, meter_line):
    firmware = board(meter_line("t211", speed=10), environment={"SIM_RESET_CAUSE": "WDT_RESET"})
    firmware.wait_until_ready()
    firmware.wait_until(lambda: firmware.json("/healthz")["wifi"]["connected"], "connected")
    health = firmware.json("/healthz")
    assert health["reset_cause"] == "watchdog"
    assert health["wifi"]["rssi"] < 0
    assert health["free_heap"] > 0
    assert health["fresh"] is True
    assert health["telegrams"] >= 1
    assert health["problems"] == []


def test_wrong_settings_are_said_and_the_device_comes_up(board, meter_line):
    line = meter_line("t211", count=1, speed=0)
    firmware = board(line, uart_rxbuf=1, colour="red")
    firmware.wait_until_ready()
    problems = firmware.json("/healthz")["settings_problems"]
    assert len(problems) == 2
    assert problems[0].startswith("uart_rxbuf: 1 is not allowed")
    assert "Settings: colour is no setting" in firmware.printed


@pytest.mark.parametrize(
    "chip, pins, said",
    [
        ("ESP32", {"uart_rx_pin": 6}, "uart_rx_pin 6"),
        ("ESP32", {"uart_tx_pin": 34}, "uart_tx_pin 34"),
        # It has no third UART, and fewer pins than the defaults are meant for.
        ("C3", {}, "uart_id 2"),
        ("C3", {"uart_id": 1}, "uart_rx_pin 27"),
    ],
)
def test_pins_that_the_chip_refuses_are_named_and_the_board_stays_up(
    power, meter_line, chip, pins, said
):
    """For twice as long as the watchdog waits for any task."""
    board = power(
        meter_line("t211"), numbers=quick(_GOOD=6), environment={"SIM_CHIP": chip}, **pins
    )
    board.wait_until((board.flash / "config.json.bak").exists, "settled")
    assert board.resets == []
    status, headers, body = board.firmware.get("/metrics")
    assert status == 503 and int(headers["Retry-After"]) > 0
    assert said in json.loads(body)["error"]
    health = board.health()
    assert said in health["port_problem"]
    assert (health["errors"], health["boots"]) == ([], 1)
    # It is kept once, and again when something else was said meanwhile, but not at each attempt.
    assert board.firmware.get("/log")[2].decode().count(said) <= 2


def test_a_led_pin_that_the_chip_does_not_have_costs_the_led_only(board, meter_line):
    firmware = board(meter_line("t211", count=1, speed=0), led_pin=24)
    firmware.wait_until_ready()
    assert firmware.json("/healthz")["settings_problems"] == [
        "led_pin: the chip says of 24: invalid pin. The LED stays dark."
    ]


def test_without_a_wifi_name_it_says_what_to_do_and_reads_the_meter(board, meter_line):
    firmware = board(meter_line("t211", speed=10), wifi_name="")
    firmware.wait_until_ready()
    assert "mpremote resume cp config.json :config.json" in firmware.printed
    assert firmware.json("/healthz")["telegrams"] >= 1
    assert "wifi" not in firmware.json("/healthz")


def test_wrong_wifi_password_is_named(board, tmp_path):
    world = World(tmp_path / "world.json", password="the right one")
    firmware = board(None, environment={"SIM_WORLD": str(world.path)})
    firmware.wait_until(lambda: not firmware.json("/healthz")["wifi"]["connected"], "off")
    world.set(password="simulated")
    firmware.wait_until(lambda: firmware.json("/healthz")["wifi"]["connected"], "connected")
    assert "simulated" not in firmware.printed


def test_wifi_that_goes_away_comes_back_and_is_counted(board, meter_line, tmp_path):
    world = World(tmp_path / "world.json")
    firmware = board(meter_line("t211"), environment={"SIM_WORLD": str(world.path)})

    def wifi():
        return firmware.json("/healthz")["wifi"]

    firmware.wait_until(lambda: "WiFi is connected" in firmware.printed, "connected")
    world.set(access_point=False)
    firmware.wait_until(lambda: "WiFi is gone" in firmware.printed, "gone")
    assert not wifi()["connected"]
    telegrams = firmware.json("/healthz")["telegrams"]
    firmware.wait_until(lambda: firmware.json("/healthz")["telegrams"] > telegrams, "reading")
    world.set(access_point=True)
    firmware.wait_until(lambda: wifi()["connected"], "back")
    assert wifi()["reconnects"] == 1


def test_a_line_of_7E1_and_9600_baud_is_a_matter_of_settings(board, meter_line):
    firmware = board(
        meter_line("s211", speed=20),
        environment={"SIM_LINE": "9600,7E1,inverted"},
        uart_format="7E1",
        uart_baudrate=9600,
    )
    firmware.wait_until_ready()


@pytest.mark.parametrize("wrong", [{"uart_invert": False}, {"uart_baudrate": 9600}])
def test_wrong_polarity_or_baud_rate_is_named_where_a_telegram_would_be(board, meter_line, wrong):
    firmware = board(meter_line("s211", speed=20), **wrong)
    firmware.wait_until(lambda: firmware.json("/healthz")["bytes"]["in"] > 2048, "receiving")
    assert firmware.json("/healthz")["telegrams"] == 0
    assert "check uart_invert" in firmware.json("/metrics")["error"]


def run_on_chip(firmware, program):
    """What a script prints that has the board's modules and the program's, and runs no main.py."""
    root = f"{firmware.root}.modules/app"
    done = subprocess.run(
        [
            *firmware.interpreter.command,
            "-c",
            f"import sys\nsys.path[:0] = [{root!r}, {root + '/lib'!r}]\n{program}",
        ],
        cwd=firmware.folder,
        env=firmware.environment,
        capture_output=True,
        text=True,
        timeout=20,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.parametrize("inverted, levels", [(False, "[0, 1, 0, 1]"), (True, "[1, 0, 1, 0]")])
def test_the_led_changes_with_each_telegram(tmp_path, inverted, levels):
    firmware = Firmware(tmp_path / "flash", 0, {"led_pin": 4, "led_inverted": inverted})
    said = run_on_chip(
        firmware,
        """
import machine
from firmware import config_file
from firmware.boards.esp32 import Esp32
board = Esp32(config_file.read()[0])
pin = machine.Pin(4)
levels = [pin.value()]
for telegram in range(3):
    board.blink()
    levels.append(pin.value())
print(levels)
""",
    )
    assert said == levels


def test_a_server_that_gets_no_memory_for_a_minute_ends_and_may_begin_anew(tmp_path):
    firmware = Firmware(tmp_path / "flash", 0, {})
    port = free_port()
    said = run_on_chip(
        firmware,
        f"""
import asyncio, network, socket
from firmware.boards import esp32
network.WLAN(network.STA_IF).active(True)
slept = []
async def sleep(seconds):
    slept.append(seconds)
def none(size):
    raise MemoryError
async def main():
    server = asyncio.create_task(esp32.listen({port}, None, lambda: True, 3))
    await asyncio.sleep_ms(50)
    client = socket.socket()
    client.connect(socket.getaddrinfo("127.0.0.1", {port})[0][-1])
    asyncio.sleep = sleep
    esp32.bytearray = none
    try:
        await server
    except MemoryError:
        print(len(slept), set(slept))
asyncio.run(main())
""",
    )
    assert said == "59 {1}"


def test_the_cable_out_and_in_again(board, meter_line):
    line = meter_line("t211", speed=20)
    firmware = board(line)
    firmware.wait_until_ready()
    for _ in range(3):
        line.drop()
        telegrams = firmware.json("/healthz")["telegrams"]
        firmware.wait_until(lambda n=telegrams: firmware.json("/healthz")["telegrams"] > n, "on")


def test_10000_telegrams_with_http_traffic_leave_the_memory_flat(board, meter_line, broker):
    """With MQTT, which takes more than raw TCP."""
    line = meter_line("t211", speed=0, count=10_000)
    outputs = {"mqtt_host": "127.0.0.1", "mqtt_port": broker.port}
    firmware = board(line, environment={"SIM_BACKPRESSURE": "1"}, **outputs)
    firmware.wait_until_ready()
    firmware.wait_until(lambda: firmware.json("/healthz")["mqtt"]["connected"], "publishing")
    heaps = []
    requests = 0
    while not line.join(0):
        assert firmware.get("/metrics")[0] == 200
        requests += 1
        if requests % 20 == 0:
            heaps.append(firmware.json("/healthz")["free_heap"])
    firmware.wait_until(lambda: firmware.json("/healthz")["telegrams"] == 10_000, "done", 30)
    health = firmware.json("/healthz")
    assert health["rejected"] == {}
    assert health["bytes"]["in"] == health["bytes"]["accepted"]
    # After a collection, what is in use does not depend on how much has come by.
    quarter = max(1, len(heaps) // 4)
    first, last = heaps[1:][:quarter], heaps[-quarter:]
    assert requests >= 60
    # The connection before the sample's may still be open, which is 700 bytes; and what is loaded
    # for the first time after five minutes leaves its names. One block of the heap lost in 150
    # telegrams would be more than is allowed for.
    assert statistics.median(last) >= statistics.median(first) - 2048, heaps


@pytest.mark.parametrize("board_interpreter", ["32 bits"], indirect=True)
@pytest.mark.system
def test_the_names_fit_the_table_that_a_board_has(board_interpreter, tmp_path, meter_line, broker):
    """With MQTT and each page asked for. One more, and the table would take 9 KB more."""
    settings = {"http_port": free_port(), "mqtt_host": "127.0.0.1", "mqtt_port": broker.port}
    # In a heap that is larger than a board's, which the chip's model knows nothing of.
    firmware = Firmware(
        tmp_path / "flash",
        meter_line("t211").port,
        settings,
        "400k",
        {"SIM_CHIP_HEAP": ""},
        board_interpreter,
    )
    firmware.run_instead(SCRIPTS / "names.py")
    with firmware:
        firmware.wait_until_ready()
        for path in ("/metrics", "/metrics?format=prometheus", "/healthz", "/", "/api/v1/data"):
            assert firmware.get(path)[0] == 200
        for path in ("/api", "/telegram", "/log", "/nowhere", "/history?series=peaks"):
            firmware.get(path)
        firmware.wait_until(lambda: firmware.json("/healthz")["mqtt"]["connected"], "connected")
        said = len(firmware.printed)
        firmware.wait_until(lambda: "n_qstr=" in firmware.printed[said + 80 :], "counted")
    names = int(re.findall(r"n_qstr=(\d+)", firmware.printed)[-1])
    assert 600 < names - firmware.chip_names < BOARD_NAMES


def test_the_log_can_be_read(board):
    firmware = board(None)
    firmware.wait_until(lambda: "WiFi is connected" in firmware.printed, "connected")
    status, headers, body = firmware.get("/log")
    assert status == 200
    assert headers["Content-Type"].startswith("text/plain")
    messages = [line.partition(" ")[2] for line in body.decode().splitlines()]
    assert messages == [line.strip() for line in firmware.printed.splitlines()]


@pytest.mark.system
def test_a_second_of_the_line_waits_while_four_clients_ask_for_everything(board, meter_line):
    line = meter_line("t211", count=12, wait=True)
    firmware = board(line)
    firmware.wait_until_ready()
    with ThreadPoolExecutor() as pool:
        ends = time.monotonic() + 12
        clients = [pool.submit(ask_for_everything, firmware, ends) for _ in range(4)]
        statuses = {status for client in clients for status in client.result()}
    assert statuses <= {200, 503}
    firmware.wait_until(lambda: firmware.json("/healthz")["telegrams"] == 12, "all telegrams")
    health = firmware.json("/healthz")
    assert health["rejected"] == {}
    assert health["overruns_suspected"] == 0
    # The size of its buffer.
    assert health["most_waiting"] < 2048


def ask_for_everything(firmware, ends):
    """The statuses of a client's answers, which asks again as soon as it has one."""
    statuses = []
    while time.monotonic() < ends:
        for path in ("/metrics", "/metrics?format=prometheus", "/healthz", "/", "/telegram"):
            statuses.append(firmware.get(path, timeout=10)[0])
    return statuses
