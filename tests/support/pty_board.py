"""A board without a board: MicroPython's unix port on a pseudo-terminal.

Its working directory is the board's file system, its prompt speaks the raw REPL that mpremote
speaks, and between the two the cable can be watched, and cut.
"""

import fcntl
import os
import pty
import subprocess
import sys
import termios
import threading
import time
import tty
from pathlib import Path

MICROPYTHON = Path(sys.executable).with_name("micropython")

#: Makes the root a LittleFS in a file, as on the ESP32, instead of the PC's file system.
LITTLEFS = """
import os, vfs

class Flash:
    def __init__(self, path, blocks):
        self.blocks = blocks
        self.file = open(path, "w+b")
        for _ in range(blocks):
            self.file.write(b"\\xff" * 4096)

    def readblocks(self, block, buffer, offset=0):
        self.file.seek(block * 4096 + offset)
        self.file.readinto(buffer)

    def writeblocks(self, block, buffer, offset=0):
        self.file.seek(block * 4096 + offset)
        self.file.write(buffer)
        self.file.flush()

    def ioctl(self, operation, argument):
        return {4: self.blocks, 5: 4096, 6: 0}.get(operation)

flash = Flash("flash.img", {blocks})
vfs.VfsLfs2.mkfs(flash)
root = vfs.VfsLfs2(flash)
vfs.umount("/")
vfs.mount(root, "/")
os.chdir("/")
"""


class PtyBoard:
    """A board that starts `program`, a file of `folder`, if given, and gives the prompt then.

    `options` are MicroPython's; `modules` is a folder of compiled modules beside its own;
    `environment` has further variables.
    `port` is what mpremote connects to; `output` what the board has said so far.
    """

    def __init__(self, folder, program=None, options=(), modules=None, environment=None):
        self.folder = Path(folder)
        self.program = program
        self._options = options
        self._environment = {
            "PATH": os.environ["PATH"],
            "MICROPYPATH": f"{modules}:.frozen" if modules else ".frozen",
            **(environment or {}),
        }
        self.output = b""
        self._cut_at = None
        self._on_cut = None
        self._passed = 0
        # The board hangs on one pseudo-terminal, mpremote on the other; the cable is between them.
        self._board, self._board_end = pty.openpty()
        self._host, self._host_end = pty.openpty()
        attributes = termios.tcgetattr(self._board_end)
        # Raw, but for Ctrl-C, which interrupts a running program as on a board.
        tty.setraw(self._host_end)
        tty.setraw(self._board_end)
        attributes = termios.tcgetattr(self._board_end)
        # What was typed before it is not lost, as it would be on a PC.
        attributes[3] |= termios.ISIG | termios.NOFLSH
        termios.tcsetattr(self._board_end, termios.TCSANOW, attributes)
        self.port = os.ttyname(self._host_end)
        self._process = None
        self.start()
        for source, target in ((self._board, self._host), (self._host, self._board)):
            threading.Thread(target=self._carry, args=(source, target), daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()
        for end in (self._board_end, self._host_end, self._board, self._host):
            os.close(end)

    def start(self):
        self.output = b""
        # What had come and was not read is gone with the power, as it is from a UART.
        termios.tcflush(self._board_end, termios.TCIFLUSH)
        program = ("-i", self.program) if self.program else ()
        words = [MICROPYTHON, *self._options, *program]
        self._process = subprocess.Popen(
            words,
            cwd=self.folder,
            env=self._environment,
            stdin=self._board_end,
            stdout=self._board_end,
            stderr=self._board_end,
            start_new_session=True,
            preexec_fn=_controlling_terminal,
        )

    def stop(self):
        self._process.kill()
        self._process.wait()

    def restart(self):
        self.stop()
        self.start()

    def type(self, text):
        """Type at the board's serial console; "\\x03" is Ctrl-C.

        That is pressed while the program sleeps: the unix port can allocate nothing any more where
        it comes amid a collection of garbage, and a board goes on.
        """
        end = time.monotonic() + 5
        while "\x03" in text and not self._sleeps() and time.monotonic() < end:
            time.sleep(0.001)
        terminal = os.open(self.port, os.O_WRONLY | os.O_NOCTTY)
        os.write(terminal, text.encode())
        os.close(terminal)

    def _sleeps(self):
        """Whether the program waits for something; where nobody tells, as on macOS, it may be."""
        try:
            state = Path(f"/proc/{self._process.pid}/stat").read_text()
        except OSError:
            return True
        return state.rpartition(")")[2].split()[0] == "S"

    def cut_after(self, octets, action):
        """Call `action` when so many more bytes have gone to the board; the rest is lost."""
        self._passed = 0
        self._on_cut = action
        self._cut_at = octets

    def wait_for(self, text, timeout=10):
        deadline = time.monotonic() + timeout
        while text not in self.output:
            assert time.monotonic() < deadline, f"{text!r} is not in {self.output!r}"
            time.sleep(0.01)

    def _carry(self, source, target):
        while True:
            try:
                data = os.read(source, 4096)
                if source == self._board:
                    self.output += data
                elif self._cut(data):
                    continue
                while data:
                    data = data[os.write(target, data) :]
            except OSError:
                return

    def _cut(self, data):
        if self._cut_at is None:
            return False
        self._passed += len(data)
        if self._passed < self._cut_at:
            return False
        self._cut_at = None
        self._on_cut()
        return True


def _controlling_terminal():
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


def littlefs_board(folder, blocks=128):
    """A PtyBoard whose root is a LittleFS of so many blocks of 4 KB."""
    (Path(folder) / "littlefs.py").write_text(LITTLEFS.replace("{blocks}", str(blocks)))
    return PtyBoard(folder, "littlefs.py")
