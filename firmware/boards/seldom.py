"""What of an ESP32 is needed once or seldom: loaded for each use, then dropped again."""

import sys

import esp32
import machine

from dsmr.const import const
from firmware import load

# Of ESP-IDF's memory: PSRAM.
_PSRAM = const(1 << 10)


def led(settings, problems):
    """The status LED; None, and a sentence more in `problems`, where the chip refuses its pin."""
    try:
        pin = machine.Pin(settings["led_pin"], machine.Pin.OUT)
        found = machine.Signal(pin, invert=settings["led_inverted"])
        found.off()
        return found
    except ValueError as error:
        problems.append(
            "led_pin: the chip says of %d: %s. The LED stays dark." % (settings["led_pin"], error)
        )
        return None


def facts(board):
    """What the board knows of itself, for `/healthz`."""
    free, largest, lowest = board.network_memory()
    found = {
        "board": "esp32",
        "reset_cause": load("supervisor.starts").cause(),
        "boots": board.watchdog.boots,
        "network_memory": {"free": free, "largest": largest, "lowest": lowest},
        "overruns_suspected": board.overruns,
        "most_waiting": board.waited,
    }
    if board.network:
        found["wifi"] = board.network.state()
    return found


def restart(board):
    """Restart the board, which never returns. It is meant: the start has not failed."""
    load("supervisor.starts").note(board.watchdog.boots)
    machine.reset()


def grow_heap():
    """Let the heap of an ESP32 grow to 120 KB, before there is a network; returns what to keep.

    It begins with 56,000 bytes, and grows by as much again, or by what is wanted at once if that
    is more. With these 64,000 the network has some 20 KB left. MicroPython takes an area of the
    heap for empty, and gives it back, when it is in use no further than its first block. None is
    returned where it has doubled before, and by chips that have more memory.
    """
    if not sys.implementation._machine.endswith("with ESP32") or esp32.idf_heap_info(_PSRAM):
        return None
    try:
        area = [None] * 16_000
    except MemoryError:
        return None
    while len(area) > 32:
        area.pop()
    return area


def mount():
    """Mount the flash as MicroPython does: what main.py has taken to load faster is given back."""
    try:
        import vfs
        from flashbdev import bdev
    except ImportError:
        return  # a simulated board has no flash
    vfs.umount("/")
    vfs.mount(vfs.VfsLfs2(bdev), "/")  # type: ignore[abstract]


def open_uart(settings):
    """The UART as the settings say; raises OSError where the chip does not have it so."""
    seven_bits = settings["uart_format"] == "7E1"
    try:
        return machine.UART(
            settings["uart_id"],
            baudrate=settings["uart_baudrate"],
            bits=7 if seven_bits else 8,
            parity=0 if seven_bits else None,
            stop=1,
            # Both pins by name: left out, tx would claim a pin of the UART's own choice, which may
            # be one of the flash's.
            rx=settings["uart_rx_pin"],
            tx=settings["uart_tx_pin"],
            invert=machine.UART.INV_RX if settings["uart_invert"] else 0,
            rxbuf=settings["uart_rxbuf"],
            timeout=0,
            # Lets the FIFO collect bytes, instead of an interrupt for each.
            timeout_char=1,
        )
    except ValueError as error:
        raise OSError(
            "uart_id %d with uart_rx_pin %d and uart_tx_pin %d: %s"
            % (
                settings["uart_id"],
                settings["uart_rx_pin"],
                settings["uart_tx_pin"],
                error,
            )
        ) from None
