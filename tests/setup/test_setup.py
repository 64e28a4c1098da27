"""`make board`, whole: a board with nothing but MicroPython, on a pseudo-terminal."""

import json
import urllib.request

import pytest
from resetting_board import ResettingBoard

from firmware.settings import check
from host.setup import __main__ as command
from host.setup import boards, codes
from host.update import keys
from sim.ports import free_port

FLAGS = ["--board", "esp32-devkit", "--wifi-name", "home", "--wifi-password", "a long password"]


@pytest.fixture
def board(tmp_path, chip):
    (tmp_path / "board").mkdir()
    with ResettingBoard(tmp_path / "board", chip) as board:
        board.wait_for(b">>> ")
        yield board


@pytest.fixture(autouse=True)
def keyring(tmp_path, monkeypatch):
    monkeypatch.setattr(keys, "FOLDER", tmp_path / "keys")
    return tmp_path / "keys"


@pytest.fixture
def port(board):
    """A port for the board's pages: 80 may not be opened here."""
    number = free_port()
    (board.folder / "config.json").write_text(json.dumps({"http_port": number, "raw_port": 0}))
    return number


def run(board, *flags, expect=0):
    assert command.main(["--port", board.port, *flags]) == expect


def config(board):
    return json.loads((board.folder / "config.json").read_text())


def test_a_new_board_answers_at_its_address(board, port, keyring, capsys):
    run(board, *FLAGS, "--name", "meter")
    said = capsys.readouterr().out
    assert f"The board answers at http://127.0.0.1:{port}/ and http://meter.local:{port}/" in said
    assert urllib.request.urlopen(f"http://127.0.0.1:{port}/livez", timeout=5).status == 200
    settings = config(board)
    assert settings["wifi_name"] == "home"
    assert settings["hostname"] == "meter"
    assert (settings["uart_id"], settings["uart_rx_pin"], settings["button_pin"]) == (2, 27, 0)
    assert said.count(settings["admin_password"]) == 1
    assert f"power-readout-FFEE, password {settings['hotspot_password']}" in said
    assert "█" in said or "▀" in said
    assert "a long password" not in said
    key = (board.folder / "update_key").read_text()
    assert (keyring / "24a160c0ffee.key").read_text().strip() == key


def test_a_second_time_it_keeps_what_was_made(board, port, capsys):
    run(board, *FLAGS, "--name", "meter")
    before = config(board), (board.folder / "update_key").read_text()
    capsys.readouterr()
    run(board, *FLAGS, "--name", "meter")
    said = capsys.readouterr().out
    assert "Nothing to send" in said
    assert "stay as they are" in said
    assert (config(board), (board.folder / "update_key").read_text()) == before
    run(board, *FLAGS, "--name", "meter", "--new-secrets")
    assert config(board)["admin_password"] != before[0]["admin_password"]
    assert (board.folder / "update_key").read_text() != before[1]


def test_a_question_that_nobody_answers_names_its_flag(board, capsys, monkeypatch):
    monkeypatch.setattr("sys.stdin.isatty", lambda: False, raising=False)
    run(board, expect=1)
    assert "Say it with --board" in capsys.readouterr().err


def test_each_board_has_a_name_and_pins_of_its_own():
    names = [kind.name for kind in boards.BOARDS]
    assert len(set(names)) == len(names)
    assert [kind.has_psram for kind in boards.BOARDS][:4] == [True] * 4
    for kind in boards.BOARDS:
        pins = [
            kind.settings[name] for name in ("uart_rx_pin", "uart_tx_pin", "led_pin", "button_pin")
        ]
        used = [pin for pin in pins if pin is not None]
        assert len(set(used)) == len(used), kind.name
        assert check(kind.settings)[1] == []


def test_a_password_is_random_and_can_be_read_out():
    made = {codes.password() for _ in range(100)}
    assert len(made) == 100
    assert all(len(each) == 14 and not set(each) & set("01ilo") for each in made)


def test_the_text_of_the_qr_code_is_escaped():
    assert codes.wifi_text("a;b", 'c:"\\') == 'WIFI:T:WPA;S:a\\;b;P:c\\:\\"\\\\;;'


@pytest.mark.parametrize(
    "machine, chip",
    [
        ("Generic ESP32 module with ESP32", "esp32"),
        ("Generic ESP32C3 module with ESP32C3", "esp32c3"),
        ("Generic ESP32S3 module with Octal-SPIRAM with ESP32S3", "esp32s3"),
        ("linux [GCC 12.2.0] version", None),
        ("Raspberry Pi Pico with RP2040", None),
    ],
)
def test_the_chip_is_known_by_what_the_board_says(machine, chip):
    assert boards.chip_of(machine) == chip


def test_a_kind_of_board_with_another_chip_is_refused(board, capsys, monkeypatch):
    monkeypatch.setattr("host.setup.boards.chip_of", lambda machine: "esp32c3")
    run(board, *FLAGS, expect=1)
    assert "another chip (esp32) than this board (esp32c3)" in capsys.readouterr().err
