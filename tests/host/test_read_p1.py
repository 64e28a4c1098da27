"""`src/read_p1.py`: the last good telegram in a file, for another web server to host."""

import errno
import functools
import json
import os
import resource
import signal
import subprocess
import sys
import threading
import time
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from itertools import islice

import pytest
from meters import START
from pc_program import environment, run

from host import files
from host.tree import REPO
from sim.meter import Meter

SCRIPT = "src/read_p1.py"
TELEGRAM = "telegram.txt"
METRICS = "metrics.json"


@pytest.fixture
def reader(tmp_path):
    """A function that starts the script: it writes to tmp_path and goes on until it is stopped."""
    started = []

    def start(*arguments, **popen):
        process = subprocess.Popen(
            [sys.executable, SCRIPT, "--directory", str(tmp_path), *arguments],
            cwd=REPO,
            env=environment(),
            stderr=subprocess.PIPE,
            text=True,
            **popen,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        if process.poll() is None:
            process.kill()
        process.communicate()


def wait_until(done, process, seconds=15):
    end = time.monotonic() + seconds
    while not done():
        assert process.poll() is None, process.stderr.read()
        assert time.monotonic() < end
        time.sleep(0.02)


def end(process, number=signal.SIGTERM):
    process.send_signal(number)
    said = process.communicate(timeout=10)[1]
    assert "Traceback" not in said
    return process.returncode, said


def test_once_writes_the_telegram_as_the_meter_sent_it(meter_line, tmp_path):
    line = meter_line("t211", speed=5)
    source = f"tcp://127.0.0.1:{line.port}"
    done = run("--source", source, "--directory", str(tmp_path), "--once", program=SCRIPT)
    assert (done.returncode, done.stderr) == (0, "")
    assert (tmp_path / TELEGRAM).read_bytes() in [outcome.data for outcome in line.outcomes]
    assert os.listdir(tmp_path) == [TELEGRAM]


def test_json_is_what_metrics_answers(meter_line, tmp_path, program):
    line = meter_line("t211", pty=True, listen=None, speed=5)
    done = run(
        "--source", line.path, "--directory", str(tmp_path), "--once", "--json", program=SCRIPT
    )
    assert done.returncode == 0, done.stderr
    written = json.loads((tmp_path / METRICS).read_bytes())
    assert written["device_name"] == {"value": "FLU", "unit": "String"}
    assert written["total_power_used"]["unit"] == "Watt"

    # And the file on a web server is as good as the meter.
    handler = functools.partial(SimpleHTTPRequestHandler, directory=str(tmp_path))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}/{TELEGRAM}"
        running = program("--source", url, "--log-level", "error")
        running.wait_for("/readyz")
        assert running.get("/metrics")[1] == written
        server.shutdown()


def test_a_source_on_the_web(tmp_path):
    class Handler(SimpleHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.end_headers()
            self.wfile.write(TELEGRAMS[0].replace(b"\r\n", b"\n"))

        def log_message(self, *_):
            """Quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        source = f"http://127.0.0.1:{server.server_port}/"
        done = run("--source", source, "--directory", str(tmp_path), "--once", program=SCRIPT)
        server.shutdown()
    assert done.returncode == 0, done.stderr
    assert (tmp_path / TELEGRAM).read_bytes() == TELEGRAMS[0]


TELEGRAMS = list(islice(Meter("t211", START).telegrams(), 20))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_goes_on_until_a_signal_and_nobody_sees_half_a_file(
    meter_line, reader, tmp_path, number
):
    line = meter_line("t211", speed=50, baud=None)
    process = reader("--source", f"tcp://127.0.0.1:{line.port}", "--json")
    path = tmp_path / TELEGRAM
    wait_until((tmp_path / METRICS).exists, process)
    seen = set()

    def look():
        found = path.read_bytes()
        assert found.startswith(b"/") and found.endswith(b"\r\n")
        json.loads((tmp_path / METRICS).read_bytes())
        seen.add(found)
        return len(seen) > 20

    wait_until(look, process)
    assert end(process, number) == (0, "")
    assert sorted(os.listdir(tmp_path)) == [METRICS, TELEGRAM]
    assert seen <= {bytes(outcome.data) for outcome in line.outcomes}


def test_a_full_disk_keeps_the_old_file_says_so_once_and_goes_on(meter_line, reader, tmp_path):
    old = TELEGRAMS[0]
    (tmp_path / TELEGRAM).write_bytes(old)
    line = meter_line("t211", speed=20, baud=None)
    process = reader("--source", f"tcp://127.0.0.1:{line.port}", "--verbose")
    wait_until(lambda: (tmp_path / TELEGRAM).read_bytes() != old, process)
    before = (tmp_path / TELEGRAM).read_bytes()
    # What a quota or a full disk does: a write fails after a part.
    resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (100, resource.RLIM_INFINITY))
    time.sleep(0.5)
    kept = (tmp_path / TELEGRAM).read_bytes()
    assert kept.startswith(b"/") and kept.endswith(b"\r\n") and len(kept) > 100
    time.sleep(0.3)
    assert (tmp_path / TELEGRAM).read_bytes() == kept
    assert os.listdir(tmp_path) == [TELEGRAM]
    resource.prlimit(
        process.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
    )
    wait_until(lambda: (tmp_path / TELEGRAM).read_bytes() not in (before, kept), process)
    code, said = end(process)
    assert code == 0
    assert f"{tmp_path / TELEGRAM} cannot be written" in said
    assert f"Writing to {tmp_path} again." in said


def test_a_disk_that_is_full_from_the_beginning(meter_line, reader, tmp_path):
    def limit():
        resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))

    line = meter_line("t211", speed=20, baud=None)
    process = reader("--source", f"tcp://127.0.0.1:{line.port}", preexec_fn=limit)
    time.sleep(2)
    code, said = end(process)
    assert code == 0
    assert said.count("cannot be written") == 1
    assert "What was there is kept." in said
    once = reader("--source", f"tcp://127.0.0.1:{line.port}", "--once", preexec_fn=limit)
    assert once.wait(20) == 1
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("at", ["write", "fsync", "rename"])
def test_replacing_a_file_is_all_or_nothing(tmp_path, monkeypatch, at):
    path = tmp_path / "file"
    files.replace(path, b"old")

    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    if at == "write":
        path.with_name(".file.new").symlink_to("/dev/full")
    else:
        monkeypatch.setattr(os, {"fsync": "fsync", "rename": "replace"}[at], full)
    with pytest.raises(OSError) as caught:
        files.replace(path, b"new")
    assert caught.value.errno == errno.ENOSPC
    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["file"]


def test_the_file_reaches_the_disk_before_its_name(tmp_path, monkeypatch):
    order = []
    fsync, replace = os.fsync, os.replace
    monkeypatch.setattr(os, "fsync", lambda file: (order.append("fsync"), fsync(file)))
    monkeypatch.setattr(os, "replace", lambda *names: (order.append("rename"), replace(*names)))
    files.replace(tmp_path / "file", b"new")
    assert order == ["fsync", "rename"]
    assert (tmp_path / "file").read_bytes() == b"new"
    assert (tmp_path / "file").stat().st_mode & 0o400


def test_what_a_killed_run_left_behind_is_used_up(tmp_path):
    (tmp_path / ".file.new").write_bytes(b"half a much longer file than the new one")
    files.replace(tmp_path / "file", b"new")
    assert (tmp_path / "file").read_bytes() == b"new"
    assert os.listdir(tmp_path) == ["file"]


def test_damaged_telegrams_are_not_written(reader, tmp_path):
    damaged = bytearray(TELEGRAMS[0])
    damaged[300] ^= 1
    ours, theirs = os.openpty()
    process = reader("--source", os.ttyname(theirs))
    time.sleep(1)
    os.write(ours, bytes(damaged) + TELEGRAMS[1][:500])
    time.sleep(0.7)
    assert os.listdir(tmp_path) == []
    os.write(ours, TELEGRAMS[2])
    wait_until((tmp_path / TELEGRAM).exists, process)
    assert (tmp_path / TELEGRAM).read_bytes() == TELEGRAMS[2]
    assert end(process)[0] == 0
    os.close(ours)
    os.close(theirs)


def test_once_does_not_wait_for_ever(tmp_path):
    code = (
        "import sys; sys.path[:0] = ['src', '.', 'lib']; import read_p1;"
        "read_p1._PATIENCE = 0.3; sys.exit(read_p1.main(sys.argv[1:]))"
    )
    arguments = ["--source", str(tmp_path / "ttyNone"), "--directory", str(tmp_path), "--once"]
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=REPO,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert done.returncode == 1
    assert "There is no " in done.stderr
    assert "No good telegram has come in 0.3 seconds." in done.stderr


def test_the_command_line(tmp_path):
    done = run("--help", program=SCRIPT)
    assert done.returncode == 0
    for word in ("/dev/ttyUSB0", "/var/www/readout", "--once", "--json", TELEGRAM, METRICS):
        assert word in done.stdout
    assert run("--version", program=SCRIPT).stdout.startswith("power-readout ")
    done = run("--directory", str(tmp_path / "none"), program=SCRIPT)
    assert done.returncode == 1
    assert "There is no folder" in done.stderr
    assert run("--source", "tcp://meter:0", program=SCRIPT).returncode == 2
    assert run("--crc", "perhaps", program=SCRIPT).returncode == 2
    assert run("--config", str(tmp_path / "none"), program=SCRIPT).returncode == 1
    assert run("--http-port", "8080", program=SCRIPT).returncode == 2


def test_it_runs_from_anywhere(meter_line, tmp_path):
    line = meter_line("s211", speed=5)
    done = subprocess.run(
        [
            sys.executable,
            str(REPO / SCRIPT),
            *("--source", f"tcp://127.0.0.1:{line.port}", "--once", "--directory", "."),
        ],
        cwd=tmp_path,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / TELEGRAM).is_file()
