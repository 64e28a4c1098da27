"""The boards that people buy: the chip, the pins for the meter, and what MicroPython they take.

Those with PSRAM come first: they keep a longer history and have room for TLS. A pin for the meter
is free on the board's headers, decides nothing at the start (no strapping pin), and is not taken
by flash or PSRAM; `tx` is one that nothing hangs on, as MicroPython wants one.
"""

from collections import namedtuple

Board = namedtuple("Board", "name title chip psram uart rx tx led led_inverted button image")
Board.__doc__ = """A kind of board.

name: for --board; title: for a person; chip: as esptool calls it; uart, rx, tx: of the meter's
line; led: its pin, or None; button: the pin of BOOT; image: MicroPython's name for its firmware.
"""

_S3 = "ESP32_GENERIC_S3-SPIRAM_OCT"

BOARDS = (
    Board(
        *("esp32-s3-devkitc", "ESP32-S3-DevKitC-1 with N8R8 or N16R8, and its copies", "esp32s3"),
        *(True, 1, 4, 5, None, False, 0, _S3),
    ),
    Board(
        *("xiao-esp32s3", "Seeed XIAO ESP32S3", "esp32s3"),
        *(True, 1, 4, 5, 21, True, 0, _S3),
    ),
    Board(
        *("esp32-wrover", "ESP32-DevKitC or ESP32-WROVER-KIT with a WROVER module", "esp32"),
        *(True, 2, 27, 26, None, False, 0, "ESP32_GENERIC-SPIRAM"),
    ),
    Board(
        *("esp32-devkit", "ESP32 DevKit V1, ESP32-DevKitC, NodeMCU-32S (WROOM)", "esp32"),
        *(False, 2, 27, 26, 2, False, 0, "ESP32_GENERIC"),
    ),
    Board(
        *("d1-mini-esp32", "Wemos D1 mini ESP32, and its copies", "esp32"),
        *(False, 2, 27, 26, 2, False, 0, "ESP32_GENERIC"),
    ),
    Board(
        *("esp32-c3-devkit", "ESP32-C3-DevKitM-1, and its copies", "esp32c3"),
        *(False, 1, 4, 5, None, False, 9, "ESP32_GENERIC_C3"),
    ),
    Board(
        *("esp32-c3-supermini", "ESP32-C3 SuperMini", "esp32c3"),
        *(False, 1, 4, 5, 8, True, 9, "ESP32_GENERIC_C3"),
    ),
    Board(
        *("esp32-s2-mini", "Wemos S2 mini", "esp32s2"),
        *(True, 1, 4, 5, 15, False, 0, "ESP32_GENERIC_S2"),
    ),
)


def find(name):
    """The board of this name, or None."""
    for board in BOARDS:
        if board.name == name:
            return board
    return None


def of_chip(chip):
    """The boards that may have this chip; all where it is None."""
    return [board for board in BOARDS if chip in (None, board.chip)]


def settings(board):
    """What config.json says of a board."""
    return {
        "uart_id": board.uart,
        "uart_rx_pin": board.rx,
        "uart_tx_pin": board.tx,
        "led_pin": board.led,
        "led_inverted": board.led_inverted,
        "button_pin": board.button,
    }
