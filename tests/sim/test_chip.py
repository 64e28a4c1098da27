"""The simulated chip under real MicroPython, with a simulated line and a world that changes."""

import hashlib
import os
import queue
import signal
import socket
import subprocess
import sys
import textwrap
import threading
from datetime import datetime
from itertools import islice

import pytest

from host.tree import REPO
from sim import board
from sim.line import Line
from sim.meter import Meter
from sim.world import World

ROOT = REPO
CHIP = f"{ROOT / 'sim' / 'chip'}:.frozen"
ANY = ("127.0.0.1", 0)
START = datetime(2026, 1, 15, 12)

OPEN = """
import asyncio, hashlib, machine, sys, time
def uart(rxbuf=4096, baudrate=115200, invert=machine.UART.INV_RX, **more):
    return machine.UART(2, baudrate=baudrate, rx=16, tx=17, invert=invert, rxbuf=rxbuf, **more)
def gather(u, size, ms=3000):
    data = b""
    begin = time.ticks_ms()
    while len(data) < size and time.ticks_diff(time.ticks_ms(), begin) < ms:
        data += u.read() or b""
        time.sleep_ms(2)
    return data
"""


_command: list[str] = []


@pytest.fixture(autouse=True)
def _interpreter(interpreter):
    """Runs each test under every MicroPython."""
    _command[:] = interpreter.command


def environment(line=None, world=None, **more) -> dict:
    env = dict(os.environ, MICROPYPATH=CHIP, **more)
    if line:
        env["SIM_UART"] = f"127.0.0.1:{line.port}"
    if world:
        env["SIM_WORLD"] = str(world.path)
    return env


def start(script: str, line=None, world=None, **more) -> subprocess.Popen:
    return subprocess.Popen(
        [*_command, "-c", OPEN + textwrap.dedent(script)],
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(line, world, **more),
    )


def run(script: str, line=None, world=None, code=0, **more) -> str:
    """What the script prints."""
    chip = start(script, line, world, **more)
    out, err = chip.communicate(timeout=10)
    assert chip.returncode == code, out + err
    return out


class Watched:
    """A chip's program whose lines are read while it runs."""

    def __init__(self, script: str, line=None, world=None, **more):
        self.chip = start(script, line, world, **more)
        self._lines = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        for text in self.chip.stdout:
            self._lines.put(text.strip())

    def says(self, wanted: str):
        """The next line is this one; in 3 seconds at most."""
        assert self._lines.get(timeout=3) == wanted

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.chip.kill()
        self.chip.communicate()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]


def expected(count: int) -> bytes:
    return b"".join(islice(Meter("t211", start=START).telegrams(), count))


def paced(speed=2, **settings) -> Line:
    return Line(Meter("t211", start=START), listen=ANY, wait=True, speed=speed, **settings)


# --- the UART ---


def test_uart_reads_every_byte_as_a_stream():
    script = """
    async def main():
        reader = asyncio.StreamReader(uart())
        buffer = bytearray(256)
        view = memoryview(buffer)
        digest, size = hashlib.sha256(), 0
        while size < 441000:
            count = await reader.readinto(buffer)
            if count:
                digest.update(view[:count])
                size += count
        print(size, digest.digest().hex())
    asyncio.run(main())
    """
    with Line(Meter("t211", start=START), listen=ANY, speed=0, count=300) as line:
        out = run(script, line, SIM_BACKPRESSURE="1")
    data = expected(300)
    assert out.split() == [str(len(data)), hashlib.sha256(data).hexdigest()]


def test_uart_waits_without_turning_in_circles():
    script = """
    turns = 0
    async def count():
        global turns
        reader = asyncio.StreamReader(uart())
        buffer = bytearray(4096)
        while True:
            await reader.readinto(buffer)
            turns += 1
    async def main():
        task = asyncio.create_task(count())
        await asyncio.sleep_ms(500)
        print(turns)
    asyncio.run(main())
    """
    with paced(speed=2) as line:
        # Pieces of the line, not polls: each telegram of 64 ms at this speed has some.
        assert 1 <= int(run(script, line)) < 60


@pytest.mark.parametrize("rxbuf,kept", [(256, 256), (1024, 1024), (4096, 1470)])
def test_uart_loses_silently_what_its_ring_has_no_room_for(rxbuf, kept):
    script = f"""
    u = uart(rxbuf={rxbuf})
    while not u.any():
        time.sleep_ms(1)
    time.sleep_ms(50)
    print(u.any(), bytes(gather(u, 5000, 100)).hex())
    """
    with paced(baud=None, count=1) as line:
        size, data = run(script, line).split()
    assert int(size) == kept
    assert bytes.fromhex(data) == expected(1)[:kept]


@pytest.mark.parametrize("rxbuf,whole", [(256, False), (4096, True)])
def test_uart_loses_bytes_when_the_program_is_late(rxbuf, whole):
    """A program that is away for 60 ms misses what does not fit: 22 ms of the line fill 256 B."""
    script = f"""
    u = uart(rxbuf={rxbuf})
    data = b""
    for turn in range(8):
        data += u.read() or b""
        time.sleep_ms(60)
    data += u.read() or b""
    print(data.hex())
    """
    # In half the time at half the baud rate: the line's own pace.
    with paced(speed=2, baud=57600, count=1) as line:
        data = bytes.fromhex(run(script, line))
    assert (data == expected(1)) is whole
    assert 256 <= len(data)


def test_uart_without_anything_to_read():
    assert (
        run("""
    u = uart()
    buffer = bytearray(10)
    print(u.any(), u.read(), u.read(5), u.readinto(buffer), u.readline(), u.write(b"abc"))
    begin = time.ticks_ms()
    print(uart(timeout=80).read(), 60 < time.ticks_diff(time.ticks_ms(), begin) < 300)
    """)
        == "0 None None None None 3\nNone True\n"
    )


def test_uart_read_and_readinto_limits():
    with paced(baud=None, count=1) as line:
        out = run(
            """
        u = uart()
        while not u.any():
            time.sleep_ms(1)
        time.sleep_ms(30)
        buffer = bytearray(8)
        print(u.read(5), u.readinto(buffer), bytes(buffer), u.readinto(buffer, 3), u.readline())
        """,
            line,
        )
    head = expected(1)
    assert out.strip() == f"{head[:5]!r} 8 {head[5:13]!r} 3 {head[16:19]!r}"


def test_uart_refuses_pins():
    wrong = (
        (-1, 16),
        (None, 16),
        (17, -1),
        (17, None),
        (6, 16),
        (17, 11),
        (34, 16),
        (17, 40),
        (24, 16),
    )
    assert run(f"""
    for tx, rx in {wrong}:
        try:
            machine.UART(2, 115200, tx=tx, rx=rx)
            print("taken", tx, rx)
        except ValueError as error:
            print(error)
    """).splitlines() == ["invalid pin"] * len(wrong)


def test_uart_refuses_ids_and_settings():
    assert run("""
    for wrong in ("machine.UART(3, rx=16, tx=17)", "machine.UART(0, rx=16, tx=17)",
                  "machine.UART(1)", "uart(bits=9)", "uart(stop=3)", "uart(invert=1)",
                  "uart(rxbuf=128)"):
        try:
            eval(wrong)
        except (ValueError, OSError) as error:
            print(type(error).__name__, error)
    """).splitlines() == [
        "ValueError UART(3) does not exist",
        "ValueError UART(0) is disabled (dedicated to REPL)",
        "ValueError invalid pin",
        "ValueError invalid data bits",
        "ValueError invalid stop bits",
        "ValueError invalid inversion mask",
        "OSError (-1, 'ESP_FAIL')",
    ]


def test_uart_input_only_pins_can_receive():
    assert run("print(machine.UART(1, rx=34, tx=25))").startswith("UART(1, baudrate=115200")


@pytest.mark.parametrize("settings", ["baudrate=9600", "invert=0", "bits=8, parity=0"])
def test_uart_set_wrong_reads_rubbish(settings):
    script = f"""
    data = gather(uart({settings}), 1470)
    print(len(data), any(word in data for word in (b"/FLU5", b"0-0:", b"kWh", b"1-0:1.8")))
    """
    with paced(baud=None, count=1) as line:
        assert run(script, line) == "1470 False\n"


def test_uart_fits_a_line_that_is_not_inverted():
    with paced(baud=None, count=1) as line:
        out = run(
            "print(gather(uart(invert=0, baudrate=9600), 1470).hex())", line, SIM_LINE="9600,8N1"
        )
    assert bytes.fromhex(out) == expected(1)


def test_uart_and_lines_of_seven_bits():
    with paced(baud=None, count=1) as line:
        out = run("print(gather(uart(), 1470).hex())", line, SIM_LINE="115200,7E1,inverted")
    data = bytes.fromhex(out)
    assert bytes(byte & 0x7F for byte in data) == expected(1)
    assert all(bin(byte).count("1") % 2 == 0 for byte in data)
    with paced(baud=None, count=1) as line:
        out = run("print(gather(uart(bits=7, parity=0), 1470).hex())", line)
    assert bytes.fromhex(out) == expected(1)  # parity errors are swallowed


def test_uart_reads_on_when_the_line_comes_back():
    script = """
    u = uart()
    for part in range(3):
        data = gather(u, 1470)
        print(len(data) >= 1470, b"/FLU5" in data)
        gather(u, 100000, 150)
    print(u.any())
    """
    first = Line(Meter("t211"), listen=ANY, speed=20, baud=None)
    first.start()
    with Watched(script, first) as chip:
        chip.says("True True")
        first.drop()
        chip.says("True True")
        first.stop()
        with Line(Meter("t211"), listen=("127.0.0.1", first.port), speed=20, baud=None):
            chip.says("True True")


def test_uart_without_a_line_stays_silent():
    assert run("print(gather(uart(), 1, 300))", SIM_UART="127.0.0.1:1") == "b''\n"


def test_uart_on_a_pseudo_terminal(tmp_path):
    with Line(Meter("t211", start=START), pty=True, speed=4, count=2) as line:
        out = run("print(gather(uart(), 2940).hex())", SIM_UART=line.path)
    assert bytes.fromhex(out) == expected(2)


def test_second_uart_takes_the_driver_from_the_first():
    with paced(speed=20, baud=None) as line:
        assert (
            run(
                """
        one = uart()
        gather(one, 10)
        two = uart()
        print(len(gather(two, 100)) > 0, gather(one, 1, 100))
        """,
                line,
            )
            == "True b''\n"
        )


# --- pins ---


def test_pins():
    assert run("""
    from machine import Pin, Signal
    led = Pin(2, Pin.OUT, value=1)
    print(led(), led, led.off(), led(), Pin(2).value())
    led.toggle()
    button = Pin(0, Pin.IN, Pin.PULL_UP)
    print(led(), button(), Pin(35, Pin.IN, Pin.PULL_UP)())
    lamp = Signal(Pin(4, Pin.OUT), invert=True)
    lamp.on()
    print(Pin(4)(), lamp())
    for wrong in ((34, Pin.OUT), (-1,), (40,), (6,), ("x",)):
        try:
            Pin(*wrong)
        except ValueError as error:
            print(error)
    """).splitlines() == [
        "1 Pin(2) None 0 0",
        "1 1 0",
        "0 1",
        "pin can only be input",
        *["invalid pin"] * 4,
    ]


# --- watchdog and resets ---

BITTEN, RESET = -signal.SIGALRM, -signal.SIGUSR1


def test_watchdog_bites_a_loop_that_hangs():
    chip = start("""
    dog = machine.WDT(timeout=400)
    for turn in range(6):
        time.sleep_ms(100)
        dog.feed()
    print("hangs")
    try:
        while True:
            [0] * 10
    finally:
        print("must not be said")
    """)
    out, err = chip.communicate(timeout=5)
    assert chip.returncode == BITTEN and out == "hangs\n"
    assert err == "sim: the board is reset: the watchdog was not fed for 400 ms\n"


def test_watchdog_bites_while_the_program_sleeps():
    run("machine.WDT(timeout=100)\ntime.sleep(5)", code=BITTEN)


def test_watchdog_lets_a_new_timeout_be_set():
    assert (
        run("""
    machine.WDT(timeout=100)
    machine.WDT(timeout=60000)
    time.sleep_ms(300)
    print("lives")
    """)
        == "lives\n"
    )


def test_watchdog_lives_with_a_busy_collector():
    """Its thread only compares integers, while the program makes and drops objects."""
    assert (
        run("""
    import gc
    dog = machine.WDT(timeout=1000)
    begin = time.ticks_ms()
    while time.ticks_diff(time.ticks_ms(), begin) < 500:
        kept = [bytearray(200) for n in range(50)]
        gc.collect()
        dog.feed()
    print(len(kept))
    """)
        == "50\n"
    )


def test_watchdog_arguments():
    assert (
        run("""
    for wrong in (dict(id=1), dict(timeout=0)):
        try:
            machine.WDT(**wrong)
        except ValueError as error:
            print("refused", error)
    """)
        == "refused \nrefused WDT timeout too short\n"
    )


def test_reset_runs_nothing_more():
    assert (
        run(
            """
    try:
        machine.reset()
    finally:
        print("must not be said")
    """,
            code=RESET,
        )
        == ""
    )


def test_board_starts_again_with_the_cause(tmp_path):
    script = """
import machine, time
print(machine.reset_cause())
cause = machine.reset_cause()
if cause == machine.PWRON_RESET:
    machine.reset()
if cause == machine.HARD_RESET:
    machine.WDT(timeout=50)
    time.sleep(3)
if cause == machine.WDT_RESET:
    machine.soft_reset()
"""
    with open(tmp_path / "out", "w+") as out:
        power = board.Board(
            [*_command, "-c", script], stdout=out, stderr=subprocess.DEVNULL, env=environment()
        )
        assert power.run() == 0
        out.seek(0)
        assert out.read().split() == ["1", "2", "3", "5"]
    assert power.codes == [board.RESET, board.WATCHDOG, board.SOFT_RESET, 0]


def test_the_clocks_memory_survives_a_reset_and_goes_with_the_power(tmp_path):
    script = """
import machine
kept = machine.RTC().memory()
print(kept)
machine.RTC().memory(kept + b"x")
if len(kept) < 2:
    machine.reset()
"""
    command = [*_command, "-c", script]
    for _ in range(2):
        with open(tmp_path / "out", "w+") as out:
            assert board.Board(command, stdout=out, env=environment()).run() == 0
            out.seek(0)
            assert out.read().split() == ["b''", "b'x'", "b'xx'"]


def test_board_as_a_command_gives_exit_codes():
    for script, code in (
        ("machine.reset()", 71),
        ("import sys; sys.exit(3)", 3),
        ("machine.WDT(timeout=50)\nwhile True: pass", 70),
    ):
        command = [
            sys.executable,
            "-m",
            "sim.board",
            "--restarts",
            "0",
            *_command,
            "-c",
            "import machine\n" + script,
        ]
        done = subprocess.run(command, env=environment(), cwd=ROOT, stderr=subprocess.DEVNULL)
        assert done.returncode == code


def test_chip_identity():
    out = run(
        """
    print(machine.unique_id().hex(), machine.freq(), machine.reset_cause() == machine.WDT_RESET)
    machine.freq(240000000)
    print(machine.freq(), len(machine.RTC().datetime()), machine.idle())
    """,
        SIM_UNIQUE_ID="0a0b0c0d0e0f",
        SIM_RESET_CAUSE="WDT_RESET",
    )
    assert out == "0a0b0c0d0e0f 160000000 True\n240000000 8 None\n"


# --- WiFi ---

WATCH = """
import network
wlan = network.WLAN(network.STA_IF)
wlan.active(True)
print(wlan.status(), wlan.isconnected(), wlan.ifconfig()[0])
wlan.connect("home", "secret")
def look():
    return wlan.status(), wlan.isconnected(), wlan.ifconfig()[0]
last = None
while True:
    now = look()
    # It may change in the middle of a look.
    if now != last and now == look():
        print(*now)
        last = now
    time.sleep_ms(5)
"""


def test_station_through_an_access_point_that_goes_and_comes_back(tmp_path):
    world = World(
        tmp_path / "world.json",
        ssid="home",
        password="secret",
        connect_ms=250,
        address="192.168.1.50",
    )
    with Watched(WATCH, world=world) as chip:
        chip.says("1000 False 0.0.0.0")
        chip.says("1001 False 0.0.0.0")
        chip.says("1010 True 192.168.1.50")
        world.set(access_point=False)
        chip.says("1001 False 0.0.0.0")  # the beacon is missed, then it looks for another
        chip.says("201 False 0.0.0.0")
        world.set(access_point=True, address="192.168.1.51")
        chip.says("1010 True 192.168.1.51")


def test_station_with_a_wrong_password_tries_on(tmp_path):
    world = World(tmp_path / "world.json", password="other", connect_ms=150)
    with Watched(WATCH, world=world) as chip:
        chip.says("1000 False 0.0.0.0")
        chip.says("1001 False 0.0.0.0")
        chip.says("202 False 0.0.0.0")
        world.set(password="secret")
        chip.says("1010 True 127.0.0.1")


def test_station_without_dhcp_keeps_connecting(tmp_path):
    world = World(tmp_path / "world.json", dhcp=False, connect_ms=50)
    with Watched(WATCH, world=world) as chip:
        chip.says("1000 False 0.0.0.0")
        chip.says("1001 False 0.0.0.0")
        world.set(dhcp=True)
        chip.says("1010 True 127.0.0.1")


def test_station_in_another_network_finds_nothing(tmp_path):
    world = World(tmp_path / "world.json", ssid="neighbour", connect_ms=150)
    with Watched(WATCH, world=world) as chip:
        chip.says("1000 False 0.0.0.0")
        chip.says("1001 False 0.0.0.0")
        chip.says("201 False 0.0.0.0")


def test_station_errors():
    assert run("""
    import network
    wlan = network.WLAN(network.WLAN.IF_STA)
    def attempt(call, *args, **settings):
        try:
            print(call(*args, **settings))
        except (OSError, ValueError) as error:
            print(type(error).__name__, error)
    attempt(wlan.connect, "home", "secret")
    attempt(wlan.scan)
    attempt(wlan.config, txpower=8)
    wlan.active(True)
    attempt(wlan.connect)
    attempt(wlan.status, "rssi")
    wlan.connect("home", "secret")
    attempt(wlan.connect, "home", "secret")
    attempt(wlan.status, "colour")
    attempt(wlan.config, "colour")
    attempt(wlan.config, colour=1)
    while not wlan.isconnected():
        time.sleep_ms(5)
    attempt(wlan.status, "rssi")
    wlan.disconnect()
    print(wlan.status(), wlan.isconnected())
    wlan.connect()
    print(wlan.status())
    """).splitlines() == [
        "OSError Wifi Not Started",
        "OSError STA must be active",
        "OSError Wifi Not Started",
        "OSError Wifi SSID Invalid",
        "OSError Wifi Unknown Error 0x300f",
        "OSError Wifi Internal Error",
        "ValueError unknown status param",
        "ValueError unknown config param",
        "ValueError unknown config param",
        "-61",
        "1000 False",
        "1001",
    ]


def test_station_stops_after_its_reconnects(tmp_path):
    world = World(tmp_path / "world.json", ssid="neighbour", connect_ms=10)
    assert (
        run(
            """
    import network
    wlan = network.WLAN()
    wlan.active(True)
    wlan.config(reconnects=2)
    wlan.connect("home", "secret")
    for turn in range(30):
        time.sleep_ms(5)
        wlan.isconnected()
    wlan.connect("neighbour", "")  # would raise if it still tried
    while not wlan.isconnected():
        time.sleep_ms(5)
    print(wlan.config("reconnects"))
    """,
            world=world,
        )
        == "2\n"
    )


def test_network_settings():
    assert run("""
    import network
    wlan = network.WLAN(network.STA_IF)
    network.hostname("power-readout")
    network.country("BE")
    wlan.active(True)
    wlan.config(pm=wlan.PM_NONE, txpower=8.5)
    print(wlan.config("pm"), wlan.config("txpower"), wlan.config("hostname"), network.country())
    print(wlan.config("mac").hex(), wlan.config("ssid") == "", network.WLAN() is wlan)
    try:
        network.hostname("x" * 33)
    except ValueError:
        print("too long", network.hostname("x" * 32))
    wlan.connect("home", "secret")
    while not wlan.isconnected():
        time.sleep_ms(5)
    print(wlan.config("ssid"), wlan.ipconfig("addr4"), wlan.ipconfig("gw4"))
    print(network.ipconfig("dns"))
    print(wlan.scan()[0][0], network.WLAN(network.AP_IF).active())
    """).splitlines() == [
        "0 8.5 power-readout BE",
        "24a160c0ffee True True",
        "too long None",
        "home ('127.0.0.1', '255.255.255.0') 127.0.0.1",
        "127.0.0.1",
        "b'simulated' False",
    ]


# --- sockets ---


def test_chip_has_ten_sockets():
    assert (
        run("""
    import socket
    taken = [socket.socket() for n in range(10)]
    try:
        socket.socket()
    except OSError as error:
        print(error.errno)
    taken.pop().close()
    taken.append(socket.socket())
    """)
        == "23\n"
    )


def test_a_server_out_of_sockets_cuts_the_next_connection():
    port = free_port()
    assert (
        run(f"""
    import socket
    listener = socket.socket()
    listener.bind(("127.0.0.1", {port}))
    listener.listen(5)
    clients = []
    served = []
    for n in range(4):
        clients.append(socket.socket())
        clients[-1].connect(socket.getaddrinfo("127.0.0.1", {port})[0][-1])
        connection, address = listener.accept()
        served.append(connection)
    print(address[0])
    clients.append(socket.socket())
    clients[-1].connect(("127.0.0.1", {port}))
    try:
        listener.accept()
    except OSError as error:
        print(error.errno, clients[-1].recv(1))
    """)
        == "127.0.0.1\n23 b''\n"
    )


def test_asyncio_serves_over_the_chips_sockets():
    port = free_port()
    assert (
        run(f"""
    async def serve(reader, writer):
        writer.write((await reader.readline()).upper())
        await writer.drain()
        writer.close()
        await writer.wait_closed()
    async def main():
        server = await asyncio.start_server(serve, "127.0.0.1", {port})
        import socket
        for n in range(30):
            reader, writer = await asyncio.open_connection("127.0.0.1", {port})
            writer.write(b"hello\\n")
            await writer.drain()
            answer = await reader.read(10)
            writer.close()
            await writer.wait_closed()
        print(answer, len([socket.socket() for n in range(9)]))
        try:
            socket.socket()
        except OSError as error:
            print(error.errno)
    asyncio.run(main())
    """)
        == "b'HELLO\\n' 9\n23\n"
    )


def test_a_connection_that_is_full_is_waited_for_beside_many_others():
    port = free_port()
    assert (
        run(f"""
    import select, socket
    listener = socket.socket()
    listener.bind(("127.0.0.1", {port}))
    listener.listen(5)
    full = socket.socket()
    full.connect(("127.0.0.1", {port}))
    full.write(bytes(5_000))
    poller = asyncio.core._io_queue.poller
    poller.register(full, select.POLLOUT)
    for n in range(8):
        poller.register(socket.socket(socket.AF_INET, socket.SOCK_DGRAM), select.POLLIN)
    begin = time.ticks_ms()
    while not [True for one, events in poller.ipoll(1) if one is full]:
        pass
    print(time.ticks_diff(time.ticks_ms(), begin) >= 5)
    """)
        == "True\n"
    )


def test_a_silent_line_is_waited_for_beside_many_sockets():
    assert (
        run("""
    import select, socket
    silent = uart()
    poller = asyncio.core._io_queue.poller
    poller.register(silent, select.POLLIN | select.POLLOUT)
    for n in range(8):
        poller.register(socket.socket(socket.AF_INET, socket.SOCK_DGRAM), select.POLLIN)
    print([one is silent for one, events in poller.ipoll(50)])
    """)
        == "[True]\n"
    )


def test_mdns_port_is_taken_from_the_first_address_on():
    assert (
        run("""
    import network, socket, errno
    wlan = network.WLAN()
    wlan.active(True)
    wlan.connect("home", "secret")
    while not wlan.isconnected():
        time.sleep_ms(5)
    try:
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM).bind(("0.0.0.0", 5353))
    except OSError as error:
        print(error.errno == errno.EADDRINUSE)
    """)
        == "True\n"
    )
