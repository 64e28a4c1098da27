"""The simulated line: what goes in comes out, in time, with the faults that were asked for."""

import os
import signal
import socket
import subprocess
import sys
import time
from datetime import datetime
from itertools import islice

import pytest

from sim.faults import Fault, Faults
from sim.line import Line
from sim.meter import Meter
from sim.replay import Replay

ANY = ("127.0.0.1", 0)
START = datetime(2026, 1, 15, 12)


def read_all(connection: socket.socket) -> bytes:
    data = b""
    while part := connection.recv(65536):
        data += part
    return data


def connect(line: Line) -> socket.socket:
    return socket.create_connection(("127.0.0.1", line.port), timeout=5)


def expected(count: int) -> bytes:
    return b"".join(islice(Meter("t211", start=START).telegrams(), count))


def test_every_byte_arrives_as_fast_as_it_is_read():
    with Line(Meter("t211", start=START), listen=ANY, speed=0, count=1000) as line:
        with connect(line) as connection:
            assert read_all(connection) == expected(1000)
        assert line.join(2)
    assert (line.sent, line.intact, line.lost, line.error) == (1000, 1000, 0, None)


def test_speed_0_waits_for_a_slow_reader():
    with Line(Meter("t211", start=START), listen=ANY, speed=0) as line, connect(line):
        time.sleep(0.5)
        # What the operating system keeps for the reader, where some thousand could be sent.
        assert line.sent < 300
    assert line.lost == 0


def test_real_time_does_not_wait_for_a_slow_reader():
    with Line(Meter("t211", start=START), listen=ANY, speed=100_000, baud=None) as line:
        with connect(line):
            begin = time.monotonic()
            while not line.lost and time.monotonic() - begin < 10:
                time.sleep(0.01)
        assert line.lost


def test_faster_time_keeps_its_pace():
    with Line(Meter("t211", start=START), listen=ANY, speed=100, count=50, wait=True) as line:
        begin = time.monotonic()
        with connect(line) as connection:
            assert read_all(connection) == expected(50)
        assert 0.45 < time.monotonic() - begin < 3


def test_a_telegram_is_paced_like_115200_baud():
    telegram = next(Meter("t211").telegrams())
    with Line([telegram], listen=ANY, speed=5, wait=True) as line, connect(line) as connection:
        assert connection.recv(1) == b"/"
        begin = time.monotonic()
        size = 1
        while size < len(telegram):
            size += len(connection.recv(4096))
        # 1,470 bytes of ten bits at 5 times 115,200 baud; the first 10 ms were over before.
        assert 0.01 < time.monotonic() - begin < 0.5


def test_a_telegram_goes_out_on_the_second():
    with Line(Meter("s211"), listen=ANY, baud=None, count=1, wait=True) as line:
        with connect(line) as connection:
            assert connection.recv(1) == b"/"
            assert time.time() % 1 < 0.5


def test_several_readers_read_the_same():
    wanted = expected(300)
    line = Line(Meter("t211", start=START), listen=ANY, speed=0, count=300)
    line.pause()
    with line, connect(line) as one, connect(line) as two:
        time.sleep(0.05)
        line.resume()
        first = second = b""
        while len(first) < len(wanted):
            first += one.recv(4096)
            second += two.recv(4096)
        second += read_all(two)
    assert first == second == wanted


def test_pause_is_silence_and_time_goes_on():
    with Line(Meter("t211", start=START), listen=ANY, speed=200, baud=None, wait=True) as line:
        with connect(line) as connection:
            assert connection.recv(10)
            line.pause()
            time.sleep(0.05)
            sent = line.sent
            connection.settimeout(0.1)
            with pytest.raises(TimeoutError):
                while connection.recv(65536):
                    pass
            assert line.sent == sent
            line.resume()
            connection.settimeout(2)
            telegram = connection.recv(65536)
    stamp = telegram.partition(b"0-0:1.0.0(")[2][:12]
    later = datetime.strptime(stamp.decode(), "%y%m%d%H%M%S")
    assert (later - START).total_seconds() > sent + 10


def test_dropped_readers_may_come_back():
    with Line(Meter("t211", start=START), listen=ANY, speed=100, baud=None) as line:
        with connect(line) as connection:
            assert connection.recv(1)
            line.drop()
            with pytest.raises(OSError):
                while connection.recv(65536):
                    pass
                raise ConnectionResetError
        with connect(line) as connection:
            assert connection.recv(1) == b"/"


def test_outcomes_tell_what_was_sent():
    faults = Faults([Fault("flip", 0.2), Fault("noise", 0.2), Fault("silence", 0.05, 3)], seed=5)
    meter = Meter("t211", start=START)
    with Line(meter, listen=ANY, speed=0, faults=faults, count=400) as line:
        with connect(line) as connection:
            data = read_all(connection)
        assert line.join(2)
    assert data == b"".join(outcome.data for outcome in line.outcomes)
    assert line.intact == sum(outcome.intact for outcome in line.outcomes)
    assert line.sent == sum(bool(outcome.data) for outcome in line.outcomes)
    assert 0 < line.intact < line.sent < 400


def test_replay_on_the_line(tmp_path):
    path = tmp_path / "capture"
    path.write_bytes(b"garbage" + expected(2) + b"/cut")
    with Line(Replay(path, repeat=False), listen=ANY, speed=0) as line:
        with connect(line) as connection:
            assert read_all(connection) == path.read_bytes()


def test_pseudo_terminal(tmp_path):
    link = str(tmp_path / "ttyP1")
    wanted = expected(50)
    with Line(Meter("t211", start=START), pty=link, speed=0, count=50) as line:
        assert os.readlink(link) == line.path and line.name == link
        device = os.open(link, os.O_RDWR | os.O_NOCTTY)
        data = b""
        while len(data) < len(wanted):
            part = os.read(device, 4096)
            assert part
            data += part
        os.close(device)
    assert data == wanted
    assert not os.path.lexists(link)


def test_pseudo_terminal_replaces_no_file(tmp_path):
    (tmp_path / "mine").write_text("precious")
    with pytest.raises(FileExistsError):
        Line(Meter(), pty=str(tmp_path / "mine"))
    assert (tmp_path / "mine").read_text() == "precious"


def sim(*arguments: str, **popen) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, "-m", "sim", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        **popen,
    )


def test_command_writes_to_standard_output():
    out, err = sim("--stdout", "--count", "3", "--start", "2026-01-15T12:00:00").communicate()
    assert out == expected(3) and err == b""


def test_command_replays_a_file(tmp_path):
    path = tmp_path / "capture"
    path.write_bytes(expected(2))
    out, _ = sim("--stdout", "--count", "3", "--telegram", str(path)).communicate()
    assert out == expected(2) + expected(1)


def test_command_stops_when_its_reader_has_enough():
    command = sim("--stdout")
    assert command.stdout.read(1) == b"/"
    command.stdout.close()
    assert command.wait(5) == 0
    assert command.stderr.read() == b""
    command.stderr.close()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_command_ends_cleanly(number):
    command = sim("--listen", "127.0.0.1:0", "--speed", "100", "--meter", "s211")
    name = command.stderr.readline().decode()
    assert name.startswith("Simulated meter: s211 on tcp 127.0.0.1:")
    with socket.create_connection(("127.0.0.1", int(name.rpartition(":")[2])), 5) as connection:
        assert connection.recv(1)
        command.send_signal(number)
        out, err = command.communicate(timeout=5)
    assert (command.returncode, out, err) == (0, b"", b"")


@pytest.mark.parametrize(
    "arguments,what",
    [
        (("--meter", "t212"), "t212"),
        (("--listen", "2001"), "HOST:PORT"),
        (("--listen", "127.0.0.1:99999"), "HOST:PORT"),
        (("--speed", "-1"), "from 0"),
        (("--fault", "rain:1"), "rain"),
        (("--start", "noon"), "noon"),
        (("--count", "0"), "from 1"),
        (("--telegram", "no-such-file"), "no-such-file"),
        (("--pty", "a", "--stdout"), "not allowed"),
        (("--seed", "x"), "invalid int"),
    ],
)
def test_command_refuses_with_one_sentence(arguments, what):
    command = sim(*arguments)
    out, err = command.communicate(timeout=5)
    assert command.returncode == 2 and out == b""
    assert err.count(b"\n") == 1 and what in err.decode()


def test_command_says_when_the_port_is_taken():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        command = sim("--listen", f"127.0.0.1:{taken.getsockname()[1]}")
        _, err = command.communicate(timeout=5)
    assert command.returncode == 2 and err.count(b"\n") == 1
