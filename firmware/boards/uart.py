"""Opens the UART at the meter's line: loaded when it is opened, then dropped again."""

import machine


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
