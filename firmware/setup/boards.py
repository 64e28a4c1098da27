"""The boards that people buy, for the hotspot's page and `host.setup`: boards.tsv has a row each.

Its columns: name; title; chip, as esptool calls it; "psram" or "plain"; uart_id, uart_rx_pin and
uart_tx_pin for the meter; led_pin, and whether it is inverted; the pin of the button BOOT;
MicroPython's name for its image. Those with PSRAM come first, as they have room for more. A pin
for the meter is free on the board's headers, decides nothing at the start (no strapping pin), and
is not taken by flash or PSRAM; nothing hangs on uart_tx_pin, which MicroPython wants to have.
"""

_TABLE = __file__.rpartition("/")[0] + "/boards.tsv"


def rows():
    """Yield the columns of each board, as texts."""
    with open(_TABLE) as table:
        for line in table:
            yield line.rstrip("\n").split("\t")


def settings(row):
    """What config.json says of a board."""
    uart, rx, tx, led, inverted, button = row[4:10]
    return {
        "uart_id": int(uart),
        "uart_rx_pin": int(rx),
        "uart_tx_pin": int(tx),
        "led_pin": None if led == "-" else int(led),
        "led_inverted": inverted == "inverted",
        "button_pin": int(button),
    }
