"""What of an ESP32 is needed once or seldom: loaded for each use, then dropped again."""

import machine

from firmware import load


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
        "reset_cause": board.watchdog.cause,
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


def open_uart(settings, rxbuf):
    """The UART as the settings say, with a receive buffer of so many bytes; raises OSError where
    the chip does not have it so."""
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
            rxbuf=rxbuf,
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
