"""The check of types finds what a board or a PC would fail at, and looks at every file of ours."""

import os

import pytest

from host import tree, typecheck

GOOD = """\
import asyncio
import machine
import micropython
import network

uart = machine.UART(
    2, baudrate=115200, rx=27, tx=26, invert=machine.UART.INV_RX, rxbuf=4096, timeout_char=1
)
wlan = network.WLAN(network.STA_IF)
wlan.active(True)
wlan.config(pm=wlan.PM_NONE)


async def wait():
    await asyncio.sleep_ms(1000)


@micropython.viper
def first(buffer: ptr8, end: int) -> int:
    return buffer[0] if end else 0


first(b"any buffer", 10)
"""

#: What is written in place of what, and what of it is named in the report.
MISTAKES = (
    ("timeout_char=1", "timeout_chars=1", "timeout_chars"),
    ("baudrate=115200", "baudrate='fast'", "UART"),
    ("UART.INV_RX", "UART.INV_RXD", "INV_RXD"),
    ("network.STA_IF", "network.STATION", "STATION"),
    ("wlan.active", "wlan.activate", "activate"),
    ("sleep_ms(1000)", "sleep_ms()", "sleep_ms"),
    ("import network", "import dataclasses, network", "dataclasses"),
    ('first(b"any buffer", 10)', 'first(b"any buffer")', "end"),
)


@pytest.fixture
def source(tmp_path):
    def write(text):
        path = tmp_path / "source.py"
        path.write_text(text)
        return path

    return write


def test_right_calls_of_a_board(source):
    well, said = typecheck.check_board([source(GOOD)])
    assert well, said


@pytest.mark.parametrize("right, wrong, named", MISTAKES, ids=[wrong for _, wrong, _ in MISTAKES])
def test_wrong_call_of_a_board(source, right, wrong, named):
    assert right in GOOD
    line = GOOD.split(right)[0].count("\n") + 1
    well, said = typecheck.check_board([source(GOOD.replace(right, wrong))])
    assert not well
    # The report of a call names the line where it begins.
    assert "source.py:" in said and "error:" in said and named in said, said
    assert line - 1 <= int(said.split("source.py:")[1].split(":")[0]) <= line


def test_what_only_a_board_has_is_a_mistake_on_a_pc(source):
    path = source("import asyncio\n\n\nasync def wait():\n    await asyncio.sleep_ms(1)\n")
    assert typecheck.check_board([path])[0]
    well, said = typecheck.check_pc([path])
    assert not well
    assert "sleep_ms" in said


@pytest.fixture
def repo(tmp_path):
    """A small repository without a mistake, with the settings of this one."""
    files = {
        "pyproject.toml": (tree.REPO / "pyproject.toml").read_text(),
        typecheck.TYPINGS_PIN: (tree.REPO / typecheck.TYPINGS_PIN).read_text(),
        tree.MICRODOT_PIN: (tree.REPO / tree.MICRODOT_PIN).read_text(),
        "firmware/__init__.py": "",
        "firmware/boards/__init__.py": "",
        "firmware/boards/esp32.py": "import machine\n\nLED = machine.Pin(2, machine.Pin.OUT)\n",
        "host/__init__.py": "",
        "host/ports.py": "import serial\n\nPARITY = serial.PARITY_EVEN\n",
    }
    for name, content in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    typecheck.check_board([tree.REPO / "boot.py"])  # installs the types, if nobody has as yet
    (tmp_path / typecheck.TYPINGS).parent.mkdir()
    (tmp_path / typecheck.TYPINGS).symlink_to(tree.REPO / typecheck.TYPINGS)
    return tmp_path


@pytest.fixture
def change(repo):
    def change(name, right, wrong):
        path = repo / name
        assert right in path.read_text()
        path.write_text(path.read_text().replace(right, wrong))

    return change


def test_command_without_a_mistake(repo, capsys):
    assert typecheck.main([], repo) == 0
    assert capsys.readouterr().out == (
        "Types on a board (MicroPython): all right in 3 files.\n"
        "Types on a PC (Python): all right in 3 files.\n"
    )


@pytest.mark.parametrize(
    "name, right, wrong",
    (("firmware/boards/esp32.py", "Pin.OUT", "Pin.OUTPUT"), ("host/ports.py", "_EVEN", "_EVE")),
    ids=("board", "pc"),
)
def test_command_with_a_mistake(repo, change, capsys, name, right, wrong):
    change(name, right, wrong)
    assert typecheck.main([], repo) == 1
    assert f"\n{name}:3: error: " in capsys.readouterr().out


def test_command_without_the_types(repo, monkeypatch, capsys):
    (repo / typecheck.TYPINGS).unlink()
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", "")
    assert typecheck.main([], repo) == 2
    assert "is there a connection to the internet?" in capsys.readouterr().err


def test_no_check_is_not_a_good_one():
    with pytest.raises(typecheck.CheckError):
        typecheck.check_pc([])


def test_every_module_is_checked():
    checked = {*typecheck.board_files(), *typecheck.pc_files()}
    for folder in ("", "firmware/", "host/", "lib/", "sim/"):
        for path in tree.REPO.glob(folder + ("**/*.py" if folder else "*.py")):
            name = path.relative_to(tree.REPO)
            assert name in checked or any(map(name.match, typecheck.UNCHECKED)), name
