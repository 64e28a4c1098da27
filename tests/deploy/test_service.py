"""What docs/host.md says is so, and what deploy/ has for systemd and udev fits."""

import json
import re
import subprocess
import sys

import pytest
from pages import section, table
from pc_program import run

from host import settings as pc
from host.tree import REPO

PAGE = (REPO / "docs/host.md").read_text(encoding="utf-8")
UNIT = (REPO / "deploy/power-readout.service").read_text(encoding="utf-8")
RULES = (REPO / "deploy/99-p1.rules").read_text(encoding="utf-8")

#: The flags that are no settings.
OTHERS = {"--config", "--no-crc", "--verbose", "-v", "--version", "--help", "-h"}


def flags(text):
    return set(re.findall(r"(?<![\w-])--?[a-z][a-z-]*", text))


#: Settings that a program without a server has no use for.
SERVING = (
    *("http_port", "http_clients", "http_timeout", "http_password", "allow_from", "allowed_hosts"),
    *("raw_port", "raw_clients", "stale_after", "mdns", "homewizard", "history", "history_folder"),
)


def settings_rows():
    return [row for row in table(section("Flags, environment and file", PAGE)) if len(row) == 4]


def test_the_table_of_flags_is_that_of_the_program():
    rows = settings_rows()
    assert set().union(*(flags(row[0]) for row in rows)) == flags(run("--help").stdout)
    said = [row[:3] for row in rows if not flags(row[0]) & OTHERS]
    assert said == [
        [
            f"`--{name.replace('_', '-')}`",
            f"`{pc.PREFIX}{name.upper()}`",
            f"`{default if isinstance(default, str) else json.dumps(default)}`",
        ]
        for name, default in pc.defaults().items()
    ]


def test_what_the_small_script_has_is_said():
    differs = flags(run("--help").stdout) ^ flags(run("--help", program="src/read_p1.py").stdout)
    serving = {f"--{name.replace('_', '-')}" for name in pc.names() if name in SERVING}
    # Those are many, and have a name together.
    outputs = {flag for flag in differs if flag.startswith(("--mqtt-", "--shelly", "--modbus-"))}
    assert differs - outputs == {*serving, "--directory", "--json", "--once"}
    assert len(outputs) > 5
    assert "those of Shelly, Modbus and MQTT" in section("Only files", PAGE)
    assert differs - outputs <= flags(section("Only files", PAGE))


def test_every_kind_of_failure_is_explained():
    explained = table(section("When it fails", PAGE))
    names = {name for row in explained for name in re.findall(r"`([^`]+)`", row[0])}
    said = set()
    for module in ("ports", "serial_port", "tcp_port", "web_port", "fetch"):
        source = (REPO / f"host/{module}.py").read_text(encoding="utf-8")
        said |= set(re.findall(r'PortError\(\s*f?"([^"]+)"', source))
    assert len(said) > 12
    for kind in said:
        # Those with something filled in, such as HTTP 503 and damaged: crc, are there by example.
        beginning = kind.partition("{")[0]
        assert any(
            name == kind or (beginning != kind and name.startswith(beginning)) for name in names
        ), kind


# systemd


def unit(section_name):
    """The settings of a section: a list of (name, value)."""
    text = re.search(rf"^\[{section_name}\]\n(.*?)(?=^\[|\Z)", UNIT, re.MULTILINE | re.DOTALL)
    lines = [line for line in text.group(1).splitlines() if line and not line.startswith("#")]
    assert all("=" in line for line in lines), lines
    return [tuple(line.split("=", 1)) for line in lines]


def test_the_unit_may_open_port_80_and_the_cable_and_no_more():
    service = dict(unit("Service"))
    assert service["AmbientCapabilities"] == "CAP_NET_BIND_SERVICE"
    assert service["CapabilityBoundingSet"] == "CAP_NET_BIND_SERVICE"
    assert service["DynamicUser"] == "yes"
    assert service["SupplementaryGroups"] == "dialout"
    assert service["NoNewPrivileges"] == "yes"
    assert ("DeviceAllow", "char-ttyUSB rw") in unit("Service")
    assert dict(unit("Install"))["WantedBy"] == "multi-user.target"


def test_the_unit_keeps_the_history_where_it_may_write():
    service = dict(unit("Service"))
    name, folder = service["Environment"].split("=")
    assert name == f"{pc.PREFIX}HISTORY_FOLDER"
    assert folder == f"%S/{service['StateDirectory']}"


def test_the_unit_starts_again_after_a_crash_and_not_after_wrong_usage():
    service = dict(unit("Service"))
    assert service["Restart"] == "on-failure"
    assert service["RestartPreventExitStatus"] == "2"


def test_the_unit_starts_what_there_is():
    service = dict(unit("Service"))
    home = service["WorkingDirectory"]
    python, program = service["ExecStart"].split()
    assert python == f"{home}/.venv/bin/python"
    assert (REPO / program.removeprefix(home + "/")).is_file()
    assert home in section("As a service", PAGE)
    environment = service["EnvironmentFile"].removeprefix("-")
    assert environment in section("As a service", PAGE)


@pytest.mark.system
def test_systemd_accepts_the_unit(tmp_path):
    here = tmp_path / "power-readout.service"
    here.write_text(UNIT.replace("/opt/power-readout/.venv/bin/python", sys.executable))
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(here)], capture_output=True, text=True
    )
    assert (done.returncode, done.stderr) == (0, "")


# udev


def test_the_rule_of_udev_is_one_and_gives_the_name_that_the_page_says():
    lines = [line for line in RULES.splitlines() if line and not line.startswith("#")]
    assert len(lines) == 1
    parts = [part.strip() for part in lines[0].split(",")]
    pair = re.compile(r'([A-Z]+)(\{\w+\})?(==|\+=|=)"([^"]+)"')
    assert all(pair.fullmatch(part) for part in parts), parts
    assert 'SYMLINK+="p1"' in parts and 'GROUP="dialout"' in parts
    # Matches first: what is assigned counts only where they all fit.
    kinds = [pair.fullmatch(part).group(3) == "==" for part in parts]
    assert kinds == sorted(kinds, reverse=True)
    assert "/dev/p1" in section("A name for the cable", PAGE)
