"""The program on a PC, under CPython: what it reads, how it starts and how it ends."""

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys

import pytest
from pc_program import run

from host import command, logs, options, sources, tcp_port
from host import settings as pc
from host.failures import Failures
from host.ports import PortError
from host.tree import REPO
from sim.ports import free_port


def test_a_serial_device_is_read_and_served(program, meter_line):
    line = meter_line("t211", pty=True, listen=None, speed=10)
    running = program("--source", line.path)
    running.wait_for("/readyz")
    assert running.get("/metrics")[1]["device_name"]["value"] == "FLU"
    health = running.get("/healthz")[1]
    assert health["board"] == "host"
    assert health["source"] == line.path
    assert health["source_failures"] == {}


@pytest.mark.parametrize("scheme", ["tcp", "socket"])
def test_a_tcp_server_is_read_and_comes_back(program, meter_line, scheme):
    line = meter_line("dsmr5", speed=10)
    running = program("--source", f"{scheme}://127.0.0.1:{line.port}")
    running.wait_for("/readyz")
    line.drop()
    running.wait_until(running.failures, "the loss was not counted")
    running.wait_for_more()
    _, said = running.end()
    # That it is read, that it is gone, and that it is read again.
    assert said.count("://127.0.0.1") == 3, said
    assert "again" in said


def test_an_rfc2217_server_is_read(program, meter_line):
    line = meter_line("t211", speed=10)
    # It asks for answers that a bare stream does not give: that is said, and tried again.
    running = program("--source", f"rfc2217://127.0.0.1:{line.port}?timeout=1")
    running.wait_for("/metrics", status=503)
    running.wait_until(running.failures, "the failure was not counted")
    _, said = running.end()
    assert "rfc2217://" in said and "cannot be opened" in said


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("source", ["tcp", "http", "none"])
def test_a_signal_ends_it_cleanly(program, meter_line, number, source):
    port = free_port() if source == "none" else meter_line("t211", speed=10).port
    # As http the meter's line is a server that never ends its answer.
    running = program("--source", f"{'http' if source == 'http' else 'tcp'}://127.0.0.1:{port}")
    running.wait_for("/livez")
    code, said = running.end(number)
    assert code == 0
    assert "Traceback" not in said
    assert said.endswith("Ended.\n")


def test_a_device_that_is_not_there_is_named_once_and_waited_for(program, tmp_path):
    running = program("--source", str(tmp_path / "ttyNone"))
    running.wait_for("/metrics", status=503)
    running.wait_until(lambda: running.failures().get("no device", 0) > 1, "it gave up")
    _, said = running.end()
    assert said.count("There is no ") == 1
    assert "ttyNone; is the cable in?" in said
    assert "Traceback" not in said


# Sources that cannot be read, over TCP


def failure(source):
    """The PortError that opening a TCP source raises."""

    async def attempt():
        with pytest.raises(PortError) as caught:
            await tcp_port.open_tcp(source)
        return caught.value

    return asyncio.run(attempt())


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_a_server_that_refuses(host):
    error = failure(f"tcp://{host}:{free_port()}")
    assert error.kind == "refused"
    assert "is refused; does the server run" in str(error)


def test_a_host_that_does_not_exist():
    error = failure("tcp://meter.invalid:2323")
    assert error.kind == "unknown host"
    assert "there is no host meter.invalid" in str(error)
    assert failure("tcp://" + "x" * 70 + ".invalid:1").kind == "unknown host"


def test_a_server_that_does_not_answer(monkeypatch):
    async def never(*_):
        await asyncio.sleep(60)

    monkeypatch.setattr(asyncio, "open_connection", never)
    monkeypatch.setattr(tcp_port, "_CONNECT", 0.05)
    assert failure("tcp://192.0.2.1:2323").kind == "timeout"


def test_ending_in_the_moment_that_a_connection_is_there_is_ending(monkeypatch):
    async def at_once(*_):
        return "reader", "writer"

    async def attempt():
        monkeypatch.setattr(asyncio, "open_connection", at_once)
        task = asyncio.ensure_future(tcp_port._connect("meter", 1))
        for _ in range(2):
            await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(attempt())


def test_a_silent_server_is_asked_whether_it_lives():
    async def attempt():
        port = await tcp_port.open_tcp(f"tcp://127.0.0.1:{silent.getsockname()[1]}")
        connection = port._writer.get_extra_info("socket")
        kept = connection.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
        port.close()
        return kept

    with socket.create_server(("127.0.0.1", 0)) as silent:
        assert asyncio.run(attempt()) == 1


@pytest.mark.parametrize(
    "source, word",
    [
        ("tcp://meter", "tcp://HOST:PORT"),
        ("tcp://:2323", "tcp://HOST:PORT"),
        ("tcp://meter:", "from 1 to 65535"),
        ("tcp://meter:99999", "from 1 to 65535"),
        ("tcp://meter:http", "from 1 to 65535"),
        ("ftp://meter/telegram", "no source"),
        ("http://", "web address"),
        ("http://meter:99999/", "web address"),
        ("http://me ter/", "web address"),
    ],
)
def test_a_source_that_is_none_is_wrong_usage(source, word):
    done = run("--source", source)
    assert done.returncode == options.USAGE
    assert source in done.stderr and word in done.stderr
    assert done.stderr.count("\n") == 1


def test_sources_that_may_be_read():
    for source in ("/dev/ttyUSB0", "tcp://[::1]:2323", "https://u:p@meter/t", "rfc2217://m:1"):
        assert sources.check(source) is None, source
    assert tcp_port.split("tcp://[::1]:2323") == ("::1", 2323)
    assert sources.check("") is not None


def test_a_password_is_not_shown():
    assert sources.shown("http://me:secret@meter/t@x") == "http://me@meter/t@x"
    assert sources.shown("http://meter/a@b") == "http://meter/a@b"
    assert sources.shown("/dev/ttyUSB0") == "/dev/ttyUSB0"


# Port 80


def test_a_port_in_use_is_one_sentence(program):
    first = program("--source", "tcp://127.0.0.1:1")
    first.wait_for("/livez")
    done = run("--http-port", str(first.port))
    assert done.returncode == options.CANNOT_START
    assert done.stderr == (
        f"main.py: Port {first.port} is in use by another program; "
        "choose another with --http-port, such as --http-port 8080.\n"
    )


def test_a_port_that_needs_a_capability_is_one_sentence(monkeypatch, capsys):
    class Refusing(socket.socket):
        def bind(self, address):
            raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(command.socket, "socket", Refusing)
    monkeypatch.delenv("POWER_READOUT_CONFIG", raising=False)
    assert command.main(["--http-port", "80"]) == options.CANNOT_START
    said = capsys.readouterr().err
    assert "Port 80 may only be opened with CAP_NET_BIND_SERVICE" in said
    assert "--http-port 8080" in said
    assert said.count("\n") == 1


# The command line


def test_help_and_version():
    for option, word in (("--help", "--source"), ("--version", "power-readout")):
        done = run(option)
        assert done.returncode == 0
        assert word in done.stdout


@pytest.mark.parametrize("program", ["main.py", "src/read_p1.py"])
def test_a_package_that_is_missing_is_named_with_the_command_that_installs_it(program):
    # -S: without what pip has installed.
    done = subprocess.run(
        [sys.executable, "-S", program, "--help"],
        cwd=REPO,
        capture_output=True,
        text=True,
        timeout=20,
    )
    assert done.returncode == 1
    assert done.stderr.startswith("The package ")
    assert f"-m pip install -r {REPO / 'host' / 'requirements.txt'}" in done.stderr


def test_wrong_usage():
    for arguments in (["--no-such-flag"], ["--http-port", "99999"], ["--log-level", "loud"]):
        done = run(*arguments)
        assert done.returncode == options.USAGE
        assert arguments[0] in done.stderr
        assert "Traceback" not in done.stderr
    done = run(POWER_READOUT_INTERVAL="0")
    assert done.returncode == options.USAGE
    assert "POWER_READOUT_INTERVAL: 0 is not allowed" in done.stderr


def test_a_file_that_cannot_be_used(tmp_path):
    wrong = tmp_path / "config.json"
    for text, word in ((None, "cannot be read"), ("{", "valid JSON"), ("[]", "object")):
        if text:
            wrong.write_text(text)
        done = run("--config", str(wrong))
        assert done.returncode == options.CANNOT_START
        assert word in done.stderr and str(wrong) in done.stderr


def load(*arguments, **environment):
    return options.load(options.parser("x", "").parse_args(arguments), environment)


def test_flags_win_over_the_environment_and_that_over_the_file(tmp_path):
    file = tmp_path / "config.json"
    file.write_text(
        json.dumps({"http_port": 1001, "source": "/dev/a", "interval": 2, "crc": "none"})
    )
    settings, problems = load(
        "--http-port",
        "1003",
        POWER_READOUT_CONFIG=str(file),
        POWER_READOUT_HTTP_PORT="1002",
        POWER_READOUT_SOURCE="/dev/b",
        POWER_READOUT_LOG_LEVEL="",
    )
    assert problems == []
    chosen = {name: settings[name] for name in ("http_port", "source", "interval", "crc")}
    assert chosen == {"http_port": 1003, "source": "/dev/b", "interval": 2, "crc": "none"}
    assert settings["log_level"] == "info"


def test_what_is_wrong_in_the_file_costs_itself_only(tmp_path):
    file = tmp_path / "config.json"
    given = {"http_port": 0, "interval": "often", "source": 1, "wifi_name": "x", "stale_after": 7}
    file.write_text(json.dumps(given))
    settings, problems = load("--config", str(file))
    assert settings["stale_after"] == 7
    assert {name: settings[name] for name in ("http_port", "interval", "source")} == {
        name: pc.defaults()[name] for name in ("http_port", "interval", "source")
    }
    assert sorted(problem.split(":")[0] for problem in problems) == [
        "http_port",
        "interval",
        "source",
    ]
    assert all("is used" in problem for problem in problems)


def test_every_setting_has_a_flag_and_the_short_ones_work():
    for name, default in pc.defaults().items():
        flag = "--" + name.replace("_", "-")
        text = default if isinstance(default, str) else json.dumps(default)
        assert load(flag, text)[0][name] == default
    assert load("--no-crc")[0]["crc"] == "none"
    assert load("--verbose")[0]["log_level"] == "debug"


def test_defaults_of_the_replaced_service():
    settings, problems = load()
    assert problems == []
    assert (settings["http_port"], settings["source"]) == (80, "/dev/ttyUSB0")
    assert settings["stale_after"] == 0


def test_who_asks_rarely_does_not_see_stale_values_between():
    assert load("--interval", "3")[0]["stale_after"] == 0
    assert load("--interval", "4")[0]["stale_after"] == 30
    assert load("--interval", "60")[0]["stale_after"] == 180
    assert load("--interval", "3600")[0]["stale_after"] == 3600
    assert load("--interval", "60", "--stale-after", "5")[0]["stale_after"] == 5


# What is said


class Records:
    def __init__(self):
        self.said = []

    def __getattr__(self, level):
        return lambda text: self.said.append((level, text))


def test_a_kind_of_failure_is_said_once_until_it_was_gone_for_a_minute():
    log, now = Records(), [0.0]
    failures = Failures(log, lambda: now[0])
    for second in range(100):
        now[0] = second
        failures.note("refused", "Refused.")
        if second == 50:
            failures.note("timeout", "Late.")
    failures.recovered("Well.")
    failures.recovered("Well.")
    now[0] = 99 + 30
    failures.note("refused", "Refused.")
    failures.recovered("Well.")
    now[0] += 61
    failures.note("refused", "Refused.")
    loud = [entry for entry in log.said if entry[0] != "debug"]
    assert loud == [
        ("warning", "Refused."),
        ("warning", "Late."),
        ("info", "Well."),
        ("warning", "Refused."),
    ]
    assert failures.counts == {"refused": 102, "timeout": 1}


def test_log_levels(program):
    quiet = program("--source", "/dev/none", "--log-level", "error")
    quiet.wait_until(quiet.failures, "no failure")
    assert quiet.end()[1] == ""
    chatty = program("--source", "/dev/none", "-v")
    chatty.wait_until(lambda: chatty.failures().get("no device", 0) > 1, "no failures")
    assert chatty.end()[1].count("There is no /dev/none") > 1


def test_settings_that_are_wrong_are_warnings(program, tmp_path):
    file = tmp_path / "config.json"
    file.write_text('{"stale_after": -1}')
    running = program("--config", str(file), "--source", "/dev/none", "--log-level", "warning")
    running.wait_until(running.failures, "no failure")
    said = running.end()[1]
    assert "Settings: stale_after: -1 is not allowed" in said
    assert "power-readout" not in said


def test_the_journal_is_told_the_levels(tmp_path):
    with open(tmp_path / "journal", "w+") as journal:
        found = os.fstat(journal.fileno())
        environment = {"JOURNAL_STREAM": f"{found.st_dev}:{found.st_ino}"}
        log = logs.start("info", journal, environment)
        write = logs.writer(log)
        write("60 telegrams")
        write("Settings: wrong.")
        logs.start("info", sys.stderr)
        journal.seek(0)
        assert journal.read() == "<6>60 telegrams\n<4>Settings: wrong.\n"


# The chain


def test_what_the_firmware_answers_is_what_a_pc_behind_it_answers(board, meter_line, program):
    line = meter_line("t211")
    firmware = board(line)
    firmware.wait_until_ready()
    running = program("--source", f"{firmware.url}/telegram")
    running.wait_for("/readyz")
    running.wait_for_more()
    line.pause()

    def equal():
        theirs, ours = firmware.json("/metrics"), running.get("/metrics")[1]
        return "timestamp" in theirs and theirs == ours and ours

    values = running.wait_until(equal, "the values differ", 8)
    assert values["device_name"]["value"] == "FLU"
    assert len(values) > 20
    assert firmware.get("/telegram")[2] == bytes(line.outcomes[-1].data)
    health = running.get("/healthz")[1]
    assert (health["rejected"], health["source_failures"]) == ({}, {})
