"""ESP-IDF's memory as the simulated chip has it: what takes it, and what happens without.

The figures are those that were seen on an ESP32, see `sim/chip/chip_idf.py`.
"""

import json
import os
import socket
import subprocess
import time

import pytest

from host import build, tree
from sim.chip_build import alone, build_chip, heap_of
from sim.interpreter import words32
from sim.ports import free_port

pytestmark = pytest.mark.system

#: Brings WiFi up, and says what `esp32.idf_heap_info` tells then and after each step.
BEGIN = """
import asyncio, esp32, gc, machine, network, socket, sys, time
wlan = network.WLAN(network.STA_IF)
wlan.active(True)
wlan.connect("name", "password")
while not wlan.isconnected():
    time.sleep_ms(5)
def say(what):
    state = (what,) + esp32.idf_heap_info(esp32.HEAP_DATA)[0][1:]
    print('{"what": "%s", "free": %d, "largest": %d, "lowest": %d}' % state)
kept = []
def use(bytes_in_use):
    gc.collect()
    while gc.mem_alloc() - OWN < bytes_in_use:
        kept.append(bytearray(1000))
"""

SERVE = """
async def serve(reader, writer):
    await reader.read(1000)
    writer.write(b"HTTP/1.0 200 OK\\r\\n\\r\\nalive")
    await writer.drain()
    writer.close()
    await writer.wait_closed()
async def main():
    await asyncio.start_server(serve, "0.0.0.0", PORT)
    print("listening")
    while True:
        await asyncio.sleep(1)
asyncio.run(main())
"""


@pytest.fixture(scope="module")
def chip():
    """(command, environment, bytes of the chip's own) for runs with a board's words."""
    interpreter = words32()
    assert interpreter, "Debian's MicroPython for i386 is missing: python -m sim.interpreter"
    arch = build.arch_of(interpreter.command)
    with alone(tree.REPO / "build"):
        folder = build_chip(tree.REPO / "build" / f"chip-{arch}", arch)
        own = heap_of(folder, interpreter)["chip"]
    environment = {**os.environ, "MICROPYPATH": f"{folder}:.frozen", "SIM_CHIP_HEAP": str(own)}
    return [*interpreter.command, "-X", "heapsize=400k", "-c"], environment, own


def run(chip, code, **more):
    """What the script prints, line by line."""
    command, environment, own = chip
    code = f"OWN = {own}\n{BEGIN}{code}"
    done = subprocess.run(
        [*command, code], env={**environment, **more}, capture_output=True, text=True, timeout=20
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def states(chip, code, **more):
    found = [json.loads(line) for line in run(chip, code, **more)]
    return {state["what"]: state for state in found}


def test_the_heap_grows_once_by_a_fixed_size_and_then_by_the_largest_block(chip):
    found = states(
        chip,
        """
say("begin")
use(52_000)
say("52 KB in use")
use(60_000)
say("60 KB in use")
use(115_000)
say("115 KB in use")
use(121_000)
say("121 KB in use")
""",
    )
    assert 94_500 <= found["begin"]["free"] <= 96_500
    assert 93_000 <= found["begin"]["largest"] <= 95_000
    assert found["52 KB in use"] == {**found["begin"], "what": "52 KB in use"}
    assert 27_000 <= found["60 KB in use"]["free"] <= 29_000
    assert found["115 KB in use"]["free"] == found["60 KB in use"]["free"]
    assert found["121 KB in use"]["free"] <= 2_000
    assert found["121 KB in use"]["largest"] < 1_000


def test_garbage_is_collected_before_the_heap_grows(chip):
    found = states(
        chip,
        """
gc.disable()
for _ in range(100):
    bytearray(1000)
say("garbage")
""",
    )
    assert found["garbage"]["free"] > 90_000


def test_with_psram_the_network_keeps_its_memory(chip):
    code = """
say("begin")
use(300_000)
say("300 KB in use")
print('{"what": "psram", "free": %d}' % esp32.idf_heap_info(1024)[0][1])
"""
    found = states(chip, code, SIM_PSRAM="1")
    assert found["300 KB in use"]["free"] == found["begin"]["free"]
    assert 3_000_000 < found["psram"]["free"] < 4_000_000


def test_a_uart_and_sockets_take_memory_and_give_it_back(chip):
    found = states(
        chip,
        """
say("begin")
uart = machine.UART(2, rx=27, tx=26, rxbuf=4096)
say("uart")
uart.deinit()
say("no uart")
sockets = [socket.socket() for _ in range(4)]
say("four sockets")
for one in sockets:
    one.close()
say("closed")
""",
    )
    assert found["begin"]["free"] - found["uart"]["free"] > 4096
    assert found["no uart"]["free"] == found["begin"]["free"]
    assert found["begin"]["free"] - found["four sockets"]["free"] >= 4 * 400
    # The stack remembers each of them for a while.
    assert 0 < found["begin"]["free"] - found["closed"]["free"] <= 4 * 212
    assert found["closed"]["lowest"] == found["four sockets"]["lowest"]


def test_what_was_sent_and_is_not_confirmed_takes_memory_for_a_while(chip):
    """Then it comes back, also where the program does nothing more with the connection."""
    found = states(
        chip,
        """
listener = socket.socket()
listener.bind(("127.0.0.1", %d))
listener.listen(1)
client = socket.socket()
client.connect(("127.0.0.1", %d))
peer, _ = listener.accept()
say("begin")
peer.setblocking(False)
data = bytes(20_000)
sent, free = peer.write(data), esp32.idf_heap_info(esp32.HEAP_DATA)[0][1]
print('{"what": "just sent", "bytes": %%d, "free": %%d}' %% (sent, free))
time.sleep_ms(200)
say("confirmed")
"""
        % ((free_port(),) * 2),
    )
    assert found["just sent"]["bytes"] == 5744
    # Of that, 100 bytes are confirmed in a millisecond.
    assert 5000 < found["begin"]["free"] - found["just sent"]["free"] <= 5744
    assert found["confirmed"]["free"] == found["begin"]["free"]


def test_without_memory_no_socket_can_be_made_and_nothing_be_sent(chip):
    lines = run(
        chip,
        """
listener = socket.socket()
listener.bind(("127.0.0.1", %d))
listener.listen(1)
client = socket.socket()
client.connect(("127.0.0.1", %d))
peer, _ = listener.accept()
use(121_000)
for what in (socket.socket, lambda: peer.write(b"answer")):
    try:
        what()
        print("done")
    except OSError as error:
        print(error.errno)
"""
        % ((free_port(),) * 2),
    )
    assert lines == ["105", "12"]


@pytest.mark.parametrize("in_use, answer", [(95_000, b"alive"), (121_000, None)])
def test_the_network_is_deaf_after_the_second_growth(chip, in_use, answer):
    """WiFi says "connected" all the while, and nobody is told."""
    command, environment, own = chip
    port = free_port()
    code = f"OWN = {own}\nPORT = {port}\n{BEGIN}use({in_use})\nprint(wlan.isconnected()){SERVE}"
    server = subprocess.Popen([*command, code], env=environment, stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout.readline() == "True\n"
        assert server.stdout.readline() == "listening\n" if answer else True
        assert ask(port, 5 if answer else 2) == answer
    finally:
        server.kill()
        server.communicate()


def ask(port, seconds):
    """The body of the answer; None if there is none in that time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=1) as client:
                client.sendall(b"GET / HTTP/1.0\r\n\r\n")
                said = b""
                while got := client.recv(1000):
                    said += got
                if said:
                    return said.partition(b"\r\n\r\n")[2]
        except OSError:
            time.sleep(0.05)
    return None
