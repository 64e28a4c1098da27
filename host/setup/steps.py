"""What makes a board ready, step by step. Each says what it does, and can be repeated.

A step that finds done what it is for says so and does no more. `Setup` keeps what the steps have
found out: the port, the board's number, its kind, and what is to be shown at the end.
"""

import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from host import PYTHON, deploy, flash, session
from host import board as board_tools
from host.setup import answers, boards, codes
from host.update import keys

_CONFIGURE = deploy.ON_BOARD / "configure.py"

#: Where the board answers, as its program says it; and in how many seconds after its start.
_ADDRESS = re.compile(r"WiFi is connected: (http://\S+) or (http://\S+)")
_ADDRESS_S = 90

_DOWNLOAD = "https://micropython.org/download/{image}/"


class SetupError(Exception):
    """The board cannot be made ready; the text is for the person and says what to do."""


class Setup:
    """given: the flags, see `host.setup.__main__`."""

    def __init__(self, given):
        self.given = given
        self.port = given.port
        #: The kind of board, see `host.setup.boards`; its number; and what its config.json says.
        self.kind = boards.find(given.board) if given.board else None
        #: The board's chip, as esptool calls it; None as long as it is not known.
        self.chip = None
        self.number = None
        self.settings = {}
        self.has_key = False

    def find_port(self):
        """Find the serial port that the board is at."""
        if self.port:
            return
        found = session.usb_ports()
        if not found:
            raise session.explain(None, "no device found")
        if len(found) == 1:
            self.port = found[0]
            print(f"The board is at {self.port}.")
            return
        print("There are several serial devices:")
        self.port = found[answers.choice("Which one is the board?", found, "--port")]

    def find_micropython(self):
        """See to it that the board runs a MicroPython that will do; flash it if there is none."""
        try:
            board = deploy.ask(self.port)
        except session.BoardLost:
            raise
        except session.BoardError as error:
            print(f"{error}\n")
            question = "Is the board new, and is MicroPython to be put on it? It is erased."
            if not (self.given.firmware or answers.yes(question, "--firmware")):
                raise
            self._flash()
            board = deploy.ask(self.port)
        self.chip = boards.chip_of(board.machine)
        print(f"It is a {board.machine}, with MicroPython {board.version}.")
        if self.kind and self.chip and self.kind.chip != self.chip:
            raise SetupError(
                f"--board {self.kind.name} has another chip ({self.kind.chip}) than this board "
                f"({self.chip}): name the right one, or leave --board out."
            )

    def _flash(self):
        self.choose_kind()
        image = self._image()
        words = flash.command(self.port, image)
        print(" ".join([PYTHON, *words[1:]]), flush=True)
        if subprocess.run(words).returncode:
            raise SetupError(
                "MicroPython was not written. If the chip does not connect, hold the BOOT button "
                "while it tries, and use a USB cable that carries data."
            )
        # A board with its own USB comes back as another device.
        time.sleep(deploy.RESTART_S)

    def _image(self):
        """The path of the image for the chosen kind; waits until it is there."""
        if self.given.firmware:
            return self.given.firmware
        name = self.kind.image
        while True:
            found = _newest(name)
            if found:
                print(f"The image is {found}.")
                return found
            print(
                f"MicroPython for this board is a file that you download once: open "
                f"{_DOWNLOAD.format(image=name)}\nand take the newest release's .bin, 1.24 or "
                f"later: {name}-….bin. Save it in {Path.home() / 'Downloads'} or in {Path.cwd()}."
            )
            answers.text("Press Enter when it is there.", "--firmware")

    def send_program(self):
        """Send the program; only what differs."""
        deploy.deploy(self.port, say_next=False)

    def read_settings(self):
        """Ask the board for its number and what it is set to."""
        told = False
        for kind, *values in self._on_board("_configure.tell()"):
            if kind == "setting":
                self.settings[values[0]] = values[1]
            elif kind == "key":
                self.has_key = True
            elif kind == "board":
                self.number = values[0]
            elif kind == "told":
                told = True
        if not told:
            raise session.BoardLost("The board broke off in the middle: run the command again.")

    def choose_kind(self):
        """Ask which board it is, by which the pins are known."""
        if self.kind:
            return
        print("\nWhich board is it? Those with PSRAM have room for more.")
        kinds = [kind for kind in boards.BOARDS if self.chip in (None, kind.chip)]
        titles = [
            f"{kind.title}{' (PSRAM)' if kind.has_psram else ''}: {kind.name}" for kind in kinds
        ]
        self.kind = kinds[answers.choice("Its number:", titles, "--board")]

    def ask_wifi(self):
        """Ask for WiFi, or leave it to the hotspot; returns the settings."""
        given = self.given
        if given.hotspot:
            return {"wifi_name": None, "wifi_password": None}
        name = given.wifi_name
        known = self.settings.get("wifi_name", "")
        if name is None:
            print(
                "\nYour WiFi (2.4 GHz). With no name the board opens a hotspot of its own, where "
                "a phone sets it up."
            )
            name = answers.text("Its name:", "--wifi-name or --hotspot", known)
        if not name:
            return {"wifi_name": None, "wifi_password": None}
        password = given.wifi_password
        if password is None:
            if name == known and self.settings.get("wifi_password"):
                if answers.yes("Keep its password?", "--wifi-password"):
                    return {}
            password = answers.secret("Its password:", "--wifi-password", _check_password)
        wrong = _check_password(password)
        if wrong:
            raise SetupError(wrong)
        return {"wifi_name": name, "wifi_password": password or None}

    def ask_name(self):
        """Ask what the board is called in the network."""
        known = self.settings.get("hostname", "power-readout")
        name = self.given.name
        if name is None:
            name = answers.text("\nThe board's name in your network:", "--name", known)
        if not re.fullmatch(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,30}[A-Za-z0-9])?", name):
            raise SetupError(f"{name} is no name: letters, digits and hyphens, 32 at most.")
        return {"hostname": name}

    def make_secrets(self):
        """Make what the board does not have yet; returns the settings, and the update key."""
        made = {}
        for name in ("admin_password", "hotspot_password"):
            if self.given.new_secrets or not self.settings.get(name):
                made[name] = codes.password()
        key = None
        if self.given.new_secrets or not self.has_key:
            key = keys.make()
            keys.keep(self.number, key)
            print(f"The key for updates over WiFi is in {keys.path(self.number)}.")
        return made, key

    def write(self, settings, key):
        """Write settings, and the key if there is one, on the board."""
        events = list(self._on_board(f"_configure.change({settings!r}, {key!r})"))
        if ["changed"] not in events:
            raise session.BoardLost("The board broke off in the middle: run the command again.")
        self.settings.update(settings)

    def start(self):
        """Restart the board and follow what it says until it has an address; returns its URLs."""
        for _ in session.run(self.port, "reset"):
            pass
        print("\nThe board restarts. It says:", flush=True)
        if not self.settings.get("wifi_name"):
            board_tools.watch_start(self.port)
            return None
        try:
            found = board_tools.watch(self.port, _ADDRESS, _ADDRESS_S)
        except session.BoardError as error:
            raise SetupError(
                f"The board has not got an address in {_ADDRESS_S} s: what it says above tells "
                f"why. Run the command again with the right name and password. ({error})"
            ) from None
        return found.groups()

    def _on_board(self, call):
        with tempfile.TemporaryDirectory() as folder:
            script = Path(folder) / "call.py"
            script.touch(0o600)
            script.write_text(call)
            yield from session.run_scripts(
                self.port, [deploy.ON_BOARD / "clear.py", _CONFIGURE, script]
            )


def _check_password(password):
    if password and not 8 <= len(password.encode()) <= 64:
        return "A WiFi password has 8 to 64 characters; none is for a network without one."
    return None


def _newest(image):
    """The newest image of this name where downloads are; None if there is none."""
    found = []
    for folder in (Path.cwd(), Path.home() / "Downloads"):
        # The name is followed by the date of the release.
        found += [path for path in folder.glob(f"{image}-2*.bin") if path.is_file()]
    return str(max(found, key=lambda path: path.name)) if found else None


def show(setup, made, urls, out=sys.stdout):
    """Say what to keep, and where the board answers."""
    name = codes.hotspot_name(setup.number)
    password = made.get("hotspot_password")
    if made.get("admin_password"):
        print(f"\nKeep this; it is shown once. For the page /settings: {made['admin_password']}")
    if password:
        print(f"The board's own hotspot, to stick on its case: {name}, password {password}")
        print(codes.qr(codes.wifi_text(name, password)) or "(pip install segno shows a QR code)")
    else:
        print("\nThe passwords for /settings and the hotspot stay as they are.")
    if urls:
        print(f"The board answers at {urls[0]} and {urls[1]}")
    else:
        print(f"No WiFi is set: join {name} with a phone, and a page opens that asks for it.")
