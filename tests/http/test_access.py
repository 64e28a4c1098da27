"""Who may do what: addresses, names and passwords, and that no secret is ever said."""

import base64
import json
import re
import socket
import subprocess

import pytest
from consoles import started, stop
from guards import guard
from meters import FakeClock
from meters import readout as a_readout
from power import SUPERVISOR, change
from telegrams import SMALL, octets, telegram

from dsmr import TelegramParser
from firmware import settings as config
from firmware.http.access import Access
from firmware.http.password import Password
from firmware.renderers import Writer, metrics, prometheus
from host.tree import REPO
from sim.broker import Broker
from sim.firmware import Firmware

PASSWORD = "correct horse: häuser"
PATHS = ("/", "/metrics", "/metrics?format=prometheus", "/telegram", "/healthz", "/readyz", "/log")


def basic(password, name="anybody"):
    return "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()


# Addresses


@pytest.mark.parametrize(
    "text, inside, outside",
    [
        ("192.168.1.0/24", ["192.168.1.0", "192.168.1.255"], ["192.168.2.1", "192.168.0.255"]),
        ("192.168.1.77/24", ["192.168.1.1"], ["192.168.2.77"]),
        ("10.0.0.7 , 127.0.0.1/32", ["10.0.0.7", "127.0.0.1"], ["10.0.0.8", "0.0.0.0"]),
        ("0.0.0.0/0", ["1.2.3.4", "255.255.255.255"], ["", "::1", "1.2.3", "1.2.3.4.5"]),
        ("128.0.0.0/1", ["128.0.0.0", "255.0.0.1"], ["127.255.255.255"]),
        ("0.0.0.0/32", [], ["127.0.0.1", "192.168.1.1"]),
    ],
)
def test_addresses_that_may_connect(text, inside, outside):
    access = Access(text)
    assert [address for address in inside + outside if access.allows(address)] == inside


@pytest.mark.parametrize(
    "text",
    [*("10.0.0", "10.0.0.256", "10.0.0.1/33", "10.0.0.1/", "10.0.0.1/-1", "a.b.c.d", "::1/64")]
    + [*(",", "10.0.0.1,", "10.0.0.1 10.0.0.2", "10.0.0.1/ 8", "+1.0.0.0", "1_0.0.0.0"), 7],
)
def test_a_wrong_list_of_addresses_lets_nobody_in_and_says_so(text):
    settings, problems = config.check({"allow_from": text})
    assert len(problems) == 1
    assert problems[0].startswith(f"allow_from: {json.dumps(text)} is not allowed; it must be ")
    assert problems[0].endswith("Until it is right, nobody is let in.")
    assert not Access(settings["allow_from"]).allows("127.0.0.1")


def test_all_addresses_are_a_default_that_needs_no_check():
    assert config.check({"allow_from": ""})[0]["allow_from"] == ""


# Names


@pytest.mark.parametrize(
    "host, allowed, ours",
    [
        ("192.168.1.5", "", True),
        ("192.168.1.5:8080", "", True),
        ("[fe80::1]:80", "", True),
        ("power-readout", "", True),
        ("power-readout.local", "", True),
        ("Power-Readout.LOCAL.:80", "", True),
        ("meter.lan", "", True),
        ("meter.home.arpa", "", True),
        ("", "", True),
        ("evil.example", "", False),
        ("evil.example:80", "", False),
        ("local.evil.example", "", False),
        ("192.168.1.5.evil.example", "", False),
        ("notlan", "", True),
        ("not.alan", "", False),
        ("meter.example.net", "a.example, Meter.Example.net", True),
        ("other.example.net", "a.example, meter.example.net", False),
        ("evil.example", "*", True),
    ],
)
def test_names_that_may_mean_this_reader(host, allowed, ours):
    assert guard(allowed_hosts=allowed)._is_ours(host) is ours


def test_any_name_will_do_on_a_pc():
    assert guard()._is_ours("evil.example")


# Passwords


@pytest.mark.parametrize(
    "authorization, status",
    [
        (basic(PASSWORD), 0),
        (basic(PASSWORD, ""), 0),
        (basic(PASSWORD).replace("Basic", "bASIC"), 0),
        (None, 401),
        ("", 401),
        ("Basic", 401),
        ("Basic !", 401),
        ("Basic äöü", 401),
        (basic(PASSWORD).replace("Basic", "Bearer"), 401),
        (basic(PASSWORD + "x"), 401),
        (basic(PASSWORD[:-1]), 401),
        (basic(PASSWORD * 2), 401),
        (basic(""), 401),
        (basic(PASSWORD.replace("c", "d")), 401),
    ],
)
def test_what_is_the_password(authorization, status):
    password = Password(PASSWORD, FakeClock())
    assert password.check(authorization, "10.0.0.1") == status


def test_tries_are_limited_and_the_owner_is_not_locked_out():
    clock = FakeClock()
    password = Password(PASSWORD, clock)
    right, wrong = basic(PASSWORD), basic("wrong")
    assert password.check(right, "owner") == 0
    assert [password.check(wrong, "a") for _ in range(12)] == [401] * 10 + [429] * 2
    # From anywhere else too, and the right one is not even looked at.
    assert password.check(right, "b") == 429
    # A question without a password is no try.
    assert password.check(None, "b") == 401
    # Where the right one has come from, it is heard; what is wrong from there, too, once.
    assert password.check(right, "owner") == 0
    assert password.check(wrong, "owner") == 401
    assert password.check(right, "owner") == 429
    # Two tries are owed for what was done above the limit, then there is one every six seconds.
    clock.ms += 12_000
    assert [password.check(wrong, "a") for _ in range(2)] == [401, 429]
    clock.ms += 6_000
    assert password.check(right, "b") == 0
    clock.ms += 3_600_000
    assert [password.check(wrong, "a") for _ in range(11)] == [401] * 10 + [429]


def test_a_password_that_is_set_wrongly_lets_nobody_in():
    settings, problems = config.check({"http_password": "short"})
    assert settings["http_password"] is None
    assert "short" not in problems[0] and "nobody is let in" in problems[0]
    password = Password(None, FakeClock())
    assert password.check(basic("short"), "10.0.0.1") == 401
    assert password.check(basic("None"), "10.0.0.1") == 401
    assert password.check(basic(""), "10.0.0.1") == 401


def test_raw_tcp_is_off_where_there_is_a_password_unless_it_is_asked_for():
    assert config.check({"http_password": PASSWORD})[0]["raw_port"] == 0
    assert config.check({"http_password": "short"})[0]["raw_port"] == 0
    assert config.check({"http_password": PASSWORD, "raw_port": 2323})[0]["raw_port"] == 2323
    assert config.check({})[0]["raw_port"] == 2323
    for wrong in ("0", False, 70000, None):
        settings, (problem,) = config.check({"http_password": PASSWORD, "raw_port": wrong})
        assert settings["raw_port"] == 0
        assert problem.endswith("The default, 0, is used.")


# The program


def test_a_password_protects_everything_but_livez(board, meter_line):
    firmware = board(meter_line("t211", speed=10), up=False, http_password=PASSWORD)
    known = {"Authorization": basic(PASSWORD)}
    firmware.wait_until(lambda: firmware.get("/readyz", headers=known)[0] == 200, "ready")
    for path in (*PATHS, "/nowhere", "/livez/x", "//livez", "/metrics?/livez"):
        status, headers, body = firmware.get(path)
        assert status == 401, path
        assert headers["WWW-Authenticate"].startswith('Basic realm="')
        assert list(json.loads(body)) == ["error"]
    for path in ("/livez", "/livez/", "/livez?a=b"):
        assert firmware.get(path)[0] == 200
    for path in PATHS:
        assert firmware.get(path, headers=known)[0] == 200
    assert firmware.get("/metrics", headers={"Authorization": basic("wrong")})[0] == 401


@pytest.mark.parametrize("allow_from, status", [("10.0.0.0/8", 403), ("127.0.0.0/8", 200)])
def test_addresses_are_held_back_from_http_and_raw_tcp(board, meter_line, allow_from, status):
    firmware = board(meter_line("t211", speed=10), up=False, allow_from=allow_from)
    firmware.wait_until(lambda: firmware.get("/livez", timeout=1)[0], "up")
    answer = firmware.get("/livez")
    assert answer[0] == status
    assert ("allow_from" in answer[2].decode()) == (status == 403)
    with socket.create_connection(("127.0.0.1", firmware.settings["raw_port"]), 10) as raw:
        assert (raw.recv(1) == b"/") == (status == 200)


def test_a_name_from_the_internet_is_refused(board):
    firmware = board(None, allowed_hosts="meter.example.net")
    status, _, body = firmware.get("/livez", headers={"Host": "evil.example"})
    assert status == 421
    assert "allowed_hosts" in json.loads(body)["error"]
    assert firmware.get("/livez", headers={"Host": "meter.example.net:80"})[0] == 200


def test_a_password_on_a_pc(program, meter_line):
    line = meter_line("t211", speed=10)
    source = f"tcp://127.0.0.1:{line.port}"
    one = program("--source", source, "-v", POWER_READOUT_HTTP_PASSWORD=PASSWORD)
    one.wait_for("/livez")
    one.wait_for("/readyz", 401)
    said = one.end()[1]
    assert PASSWORD not in said


# Secrets


#: The settings that are secrets, as the firmware's table has them, and one value for each.
SECRETS = {
    name: "geheim-" + name.replace("_", "-")
    for name, kind, *_ in config._rows()
    if kind == "secret"
}
SECRETS |= {
    name: f"{number:x}5AFE0123456789ABCDEF0123456789ABCDEF"[:32]
    for number, (name, kind, *_) in enumerate(config._rows())
    if kind.startswith("key")
}

#: What may stand where a secret would: remarks to whoever fills it in, and that there is no key.
PLACEHOLDERS = {"", "password of your WiFi", "the password", "…", "none"}


def test_no_secret_is_ever_said(tmp_path, meter_line):
    """On the console, at any path, in any form, in errors: of good settings and of wrong ones."""
    assert {"wifi_password", "http_password", "mqtt_password"} <= set(SECRETS)
    line = meter_line("t211", speed=10)
    known = {"Authorization": basic(SECRETS["http_password"])}
    flash = tmp_path / "flash"
    # Somebody has its port to begin with: that is an error, which the board keeps.
    with Broker() as broker, socket.create_server(("0.0.0.0", 0)) as taken:
        settings = {
            **{"http_port": taken.getsockname()[1], "log_interval": 0},
            **{"mqtt_host": "127.0.0.1", "mqtt_port": broker.port, "mqtt_user": "meter"},
            # Longer telegrams than there is room for at first where there is a key.
            "max_telegram": 2048,
            **SECRETS,
        }
        # With PSRAM, as there are a key and MQTT.
        firmware = Firmware(flash, line.port, settings, "2m", {"SIM_PSRAM": "1"})
        change(flash, numbers={SUPERVISOR: {"_PAUSE": 0.2}})
        with started(firmware, flash, line, SIM_PSRAM="1") as console:
            firmware.wait_until((flash / "errors.json").exists, "kept")
            taken.close()
            said = ask_for_everything(firmware, known)
            firmware.wait_until(
                lambda: any(kind & 0xF0 == 0x30 for kind, _ in broker.packets), "published"
            )
            stop(console)
            for command in ("config", "status", "log"):
                console.type(f"{command}()\r")
            # The last of each.
            for words in (b"wifi_txpower: ", b"wifi: ", b"Stopped"):
                console.wait_for(words)
            for name in SECRETS:
                console.wait_for(f"{name}: '********'".encode())
            said.append(console.output)
    errors = (flash / "errors.json").read_bytes()
    assert b"EADDRINUSE" in errors
    said.append(errors)
    # The broker is told its own, once, and nothing else.
    assert any(SECRETS["mqtt_password"].encode() in body for _, body in broker.packets)
    said += [body for kind, body in broker.packets if kind != 0x10]
    settings, _ = config.check({**SECRETS})
    said.append(json.dumps(config.masked(settings)).encode())
    wrong = {name: [secret] for name, secret in SECRETS.items()}
    settings, problems = config.check(wrong)
    said.append(json.dumps([config.masked(settings), problems]).encode())
    everything = b"\n".join(said)
    assert b"power-readout" in everything and b"p1_up 1" in everything
    for secret in SECRETS.values():
        assert secret.encode() not in everything
        assert base64.b64encode(secret.encode()) not in everything
        assert basic(secret).encode() not in everything


def ask_for_everything(firmware, known):
    """What it answers, as a list of bytes; known: the headers of who knows the password."""
    firmware.wait_until(lambda: firmware.get("/readyz", headers=known)[0] == 200, "ready")
    said = []
    for headers in ({}, known, {"Authorization": basic("x")}, {**known, "Host": "evil.example"}):
        for path in (*PATHS, "/livez", "/nowhere", "/config.json", "/metrics?format=x&y=%zz"):
            status, all_headers, body = firmware.get(path, headers=headers)
            said.append(f"{status} {all_headers}".encode() + body)
    return said


def credentials(text):
    """Values of secret settings in a text: as JSON, TOML, YAML, in the environment, as flags."""
    found = []
    for name in SECRETS:
        flag = "--" + name.replace("_", "-")
        given = rf"(?:{name}|POWER_READOUT_{name.upper()})[\"'`]?[ \t]*[:=]|{flag}[ =]"
        value = r"""[ \t]*(?:"([^"\n]*)"|'([^'\n]*)'|([^\s"'`|,;}\])]+))"""
        for match in re.finditer(f"(?:{given}){value}", text):
            found.append(next(group for group in match.groups() if group is not None))
    return found


@pytest.mark.parametrize(
    "text",
    [
        '{"wifi_password": "hunter22"}',
        "wifi_password = 'hunter22'",
        "  mqtt_password: hunter22  # ours",
        "POWER_READOUT_HTTP_PASSWORD=hunter22\n",
        "- POWER_READOUT_MQTT_PASSWORD: hunter22",
        "main.py --http-password hunter22",
        "`--mqtt-password=hunter22`",
    ],
)
def test_a_credential_is_found(text):
    assert credentials(text) == ["hunter22"]


def test_no_file_that_git_tracks_holds_a_credential():
    if not (REPO / ".git").exists():
        pytest.skip("this is no checkout: git tracks nothing here")
    command = ["git", "-c", f"safe.directory={REPO}", "ls-files", "-z"]
    names = subprocess.run(command, cwd=REPO, check=True, capture_output=True, text=True).stdout
    tracked = [REPO / name for name in names.strip("\0").split("\0")]
    assert REPO / "config.example.json" in tracked
    # Neither the settings nor what a board keeps of them.
    assert not {"config.json", "config.json.bak", "errors.json", ".env"} & {
        path.name for path in tracked
    }
    kinds = {".json", ".toml", ".yml", ".yaml", ".md", ".service", ".env", ".conf", ".sh", ".txt"}
    read = [path for path in tracked if path.suffix in kinds and path.exists()]
    found = {path.name: credentials(path.read_text(encoding="utf-8")) for path in read}
    assert found["config.example.json"] == ["password of your WiFi"]
    assert {value for values in found.values() for value in values} <= PLACEHOLDERS


def test_texts_of_the_meter_are_escaped_wherever_they_are_shown():
    nasty = '<script>alert("\\n")</script>'
    parser = TelegramParser()
    for text in (nasty, nasty + "\n\x00"):
        hexed = octets(text)
        lines = f"0-0:96.1.1({hexed})", f"0-0:96.13.0({hexed})"
        parser.receive_data(telegram(*SMALL, *lines))
        event = parser.next_event()
        # What is no printable text is shown as it was sent.
        shown = nasty if text == nasty else hexed
        assert event.fields["text_message"][0] == shown
        readout = a_readout()
        readout.accept(event)
        out = Writer()
        for _ in metrics.render(readout, out):
            pass
        assert json.loads(out.getvalue())["text_message"]["value"] == shown
        out = Writer()
        for _ in prometheus.render(readout, out, {"fresh": True, "rejected": {}}):
            pass
        samples = out.getvalue().decode().splitlines()
        line = next(line for line in samples if line.startswith("p1_meter_info"))
        escaped = shown.replace("\\", "\\\\").replace('"', '\\"')
        assert f'serial="{escaped}"' in line
