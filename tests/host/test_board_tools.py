"""`make repl`, `make reset`, `make logs` and `make flash`."""

import os
import pty
import select
import signal
import subprocess
import sys
import time

import pytest
from esptool.targets import CHIP_DEFS
from pty_board import PtyBoard

from host import flash, tree

TICKING = "import time\nwhile True:\n    print('tick')\n    time.sleep_ms(50)\n"
MACHINE = "def reset():\n    open('was-reset', 'w').close()\n"


@pytest.fixture
def board(tmp_path):
    (tmp_path / "ticking.py").write_text(TICKING)
    # In place of the unix port's own module, which has no reset.
    (tmp_path / "machine.py").write_text(MACHINE)
    with PtyBoard(tmp_path, "ticking.py") as board:
        board.wait_for(b"tick")
        yield board


def start(*words, **kwargs):
    return subprocess.Popen(
        [sys.executable, "-m", "host.board", *words],
        cwd=tree.REPO,
        stderr=subprocess.STDOUT,
        **kwargs,
    )


def read_until(descriptor, text, timeout=10):
    said = b""
    deadline = time.monotonic() + timeout
    while text not in said:
        assert select.select([descriptor], [], [], deadline - time.monotonic())[0], said
        said += os.read(descriptor, 4096)
    return said


def assert_goes_on(board):
    board.output = b""
    board.wait_for(b"tick")
    assert b"KeyboardInterrupt" not in board.output


def test_logs_follow_the_program_without_a_disturbance(board):
    process = start("logs", "--port", board.port, stdout=subprocess.PIPE)
    said = read_until(process.stdout.fileno(), b"tick")
    assert said.startswith(b"Listening to " + board.port.encode())
    process.send_signal(signal.SIGINT)
    assert process.wait(10) == 0
    assert b"Traceback" not in process.stdout.read()
    assert_goes_on(board)


def test_repl_shows_the_program_and_leaves_it_running(board):
    terminal, end = pty.openpty()
    process = start("repl", "--port", board.port, stdin=end, stdout=end)
    assert b"Ctrl-C stops the program" in read_until(terminal, b"tick")
    os.write(terminal, b"\x1d")
    assert process.wait(10) == 0
    assert_goes_on(board)
    os.close(terminal)
    os.close(end)


def test_reset_restarts_the_board(board):
    process = start("reset", "--port", board.port, stdout=subprocess.PIPE)
    read_until(process.stdout.fileno(), b"The board restarts", 20)
    deadline = time.monotonic() + 5
    while not (board.folder / "was-reset").exists():
        assert time.monotonic() < deadline
        time.sleep(0.01)
    # As a board does, it says its own first, and nothing for a second while it loads.
    begin = "import time\ntime.sleep(1)\nprint('\\npower-readout 0.1.0')\n"
    (board.folder / "ticking.py").write_text(begin + TICKING)
    board.restart()
    said = process.communicate(timeout=20)[0]
    assert process.returncode == 0, said
    assert b"power-readout 0.1.0" in said
    assert f"make logs PORT={board.port}".encode() in said


@pytest.mark.parametrize("what", ["repl", "reset", "logs"])
def test_a_port_that_does_not_exist(what):
    process = start(what, "--port", "/dev/no-such-port", stdout=subprocess.PIPE)
    said = process.communicate(timeout=20)[0].decode()
    assert process.returncode == 1
    assert f"{what}: There is no port /dev/no-such-port" in said
    assert "Traceback" not in said


def image(chip_id=0, table=0x7000):
    data = bytearray(0x9000)
    data[0] = 0xE9
    data[12:14] = chip_id.to_bytes(2, "little")
    data[table : table + 2] = b"\xaa\x50"
    return bytes(data)


@pytest.mark.parametrize("chip_id", flash.CHIPS)
def test_chips_and_their_offsets_are_esptools(chip_id):
    name, offset = flash.CHIPS[chip_id]
    assert CHIP_DEFS[name].IMAGE_CHIP_ID == chip_id
    assert CHIP_DEFS[name].BOOTLOADER_FLASH_OFFSET == offset
    assert flash.chip_and_offset(image(chip_id, 0x8000 - offset)) == (name, offset)


@pytest.mark.parametrize(
    "content, words",
    [
        (b"<!DOCTYPE html>" * 4000, "is no image"),
        (image()[:1000], "is no image"),
        (image(chip_id=0x7777), "does not know"),
        (image(table=0x100), "it is an update, not the whole"),
    ],
)
def test_files_that_are_no_whole_image_are_refused(tmp_path, capsys, content, words):
    path = tmp_path / "file.bin"
    path.write_bytes(content)
    assert flash.main(["--firmware", str(path)]) == 1
    error = capsys.readouterr().err
    assert words in error
    assert "micropython.org/download/ESP32_GENERIC" in error


def test_flash_without_an_image_says_where_to_get_it(capsys):
    assert flash.main(["--port", "/dev/ttyUSB0", "--firmware", ""]) == 2
    assert flash.main(["--firmware", "no-such.bin"]) == 1
    assert capsys.readouterr().err.count("micropython.org/download/ESP32_GENERIC") == 2


def test_esptool_understands_the_command(tmp_path, capfd):
    """All the way into esptool: it gets as far as the port, which does not exist."""
    path = tmp_path / "ESP32_GENERIC.bin"
    path.write_bytes(image())
    assert flash.main(["--port", "/dev/no-such-port", "--firmware", str(path)]) != 0
    printed = capfd.readouterr()
    options = "--chip esp32 --baud 460800 --port /dev/no-such-port"
    assert f"{options} write-flash --erase-all 0x1000 {path}" in printed.out
    assert "Could not open /dev/no-such-port" in printed.out + printed.err
    assert "MicroPython was not written" in printed.err


def test_an_update_keeps_the_files(tmp_path, capsys):
    path = tmp_path / "ESP32_GENERIC_C3.bin"
    path.write_bytes(image(5, 0x8000))
    assert flash.main(["--firmware", str(path), "--keep-files", "--dry-run"]) == 0
    printed = capsys.readouterr().out
    assert f"--chip esp32c3 --baud 460800 write-flash 0x0 {path}" in printed
