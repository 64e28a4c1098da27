"""Put MicroPython itself on a board, with esptool.

    python -m host.flash --port /dev/ttyUSB0 --firmware ESP32_GENERIC-20250911-v1.26.1.bin

The image says for which chip it is, and from that follows where in the flash it belongs; esptool
refuses when the chip on the board is another one.
"""

import argparse
import importlib.util
import subprocess
import sys
from pathlib import Path

from host import PYTHON

#: chip id in the image's header: esptool's name of the chip, where its bootloader starts
#: (https://docs.espressif.com/projects/esptool, "Firmware Image Format")
CHIPS = {
    0: ("esp32", 0x1000),
    2: ("esp32s2", 0x1000),
    5: ("esp32c3", 0x0),
    9: ("esp32s3", 0x0),
    12: ("esp32c2", 0x0),
    13: ("esp32c6", 0x0),
    18: ("esp32p4", 0x2000),
    23: ("esp32c5", 0x2000),
}
_MAGIC = 0xE9
_CHIP_ID = slice(12, 14)
_PARTITION_TABLE = 0x8000
_PARTITION_MAGIC = b"\xaa\x50"

#: As on MicroPython's download page.
BAUD = 460800

WHERE = (
    "MicroPython's image is a file that you download once: open "
    "https://micropython.org/download/ESP32_GENERIC/ (or the page of your board), take the newest "
    "release's .bin, 1.24 or later, and run\n"
    "  make flash PORT=/dev/ttyUSB0 FIRMWARE=ESP32_GENERIC-....bin"
)


class FlashError(Exception):
    """The image is not one to be written; the text is for the person and says what to do."""


def chip_and_offset(image):
    """esptool's name of the chip that an image is for, and where it starts in the flash."""
    chip_id = int.from_bytes(image[_CHIP_ID], "little")
    if len(image) < _PARTITION_TABLE or image[0] != _MAGIC:
        raise FlashError("is no image for an ESP32")
    if chip_id not in CHIPS:
        raise FlashError(f"is for a chip that this program does not know (id {chip_id})")
    chip, offset = CHIPS[chip_id]
    table = _PARTITION_TABLE - offset
    if image[table : table + 2] != _PARTITION_MAGIC:
        raise FlashError("has no bootloader and partition table: it is an update, not the whole")
    return chip, offset


def command(port, firmware, keep_files=False):
    """esptool's command line that writes the image file `firmware`."""
    try:
        image = Path(firmware).read_bytes()
    except OSError as error:
        raise FlashError(f"{firmware} cannot be read ({error.strerror}). {WHERE}") from None
    try:
        chip, offset = chip_and_offset(image)
    except FlashError as error:
        raise FlashError(f"{firmware} {error}. {WHERE}") from None
    words = [sys.executable, "-m", "esptool", "--chip", chip, "--baud", str(BAUD)]
    if port:
        words += ["--port", port]
    words.append("write-flash")
    if not keep_files:
        words.append("--erase-all")
    return [*words, hex(offset), str(firmware)]


def main(argv=None):
    parser = argparse.ArgumentParser(
        prog="python -m host.flash",
        description="Erase a board's flash and write MicroPython to it.",
        epilog=WHERE,
    )
    parser.add_argument("--port", help="the board's serial port; default: esptool looks for it")
    parser.add_argument("--firmware", help="MicroPython's image, a .bin file from micropython.org")
    parser.add_argument(
        "--keep-files",
        action="store_true",
        help="do not erase first: an update of MicroPython that keeps config.json and the program",
    )
    parser.add_argument("--dry-run", action="store_true", help="print esptool's command, no more")
    args = parser.parse_args(argv)
    if not args.firmware:
        print(f"flash: no image was named. {WHERE}", file=sys.stderr)
        return 2
    try:
        words = command(args.port, args.firmware, args.keep_files)
    except FlashError as error:
        print(f"flash: {error}", file=sys.stderr)
        return 1
    print(" ".join([PYTHON, *words[1:]]), flush=True)
    if args.dry_run:
        return 0
    if importlib.util.find_spec("esptool") is None:
        print(
            f'flash: esptool is not installed: {PYTHON} -m pip install "esptool>=5"',
            file=sys.stderr,
        )
        return 1
    if not args.keep_files:
        print("This erases the whole flash, also config.json.", flush=True)
    try:
        code = subprocess.run(words).returncode
    except KeyboardInterrupt:
        code = 130
    if code:
        print(
            "flash: MicroPython was not written. If the port cannot be opened, close what uses it "
            "(make logs, make repl) or name it: PORT=... If the chip does not connect, hold the "
            "BOOT button while it tries, and use a USB cable that carries data.",
            file=sys.stderr,
        )
        return code
    argument = f" PORT={args.port}" if args.port else ""
    print(f"MicroPython is on the board. Next: make deploy{argument}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
