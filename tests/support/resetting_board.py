"""A board on a pseudo-terminal that starts again after each reset, as one on a desk does."""

import signal
import termios
import threading
import time

from pty_board import PtyBoard

#: Runs what a board runs at its start, as far as it is there.
START = """\
import os
for _name in ("boot.py", "main.py"):
    if _name in os.listdir():
        execfile(_name)
"""


class ResettingBoard(PtyBoard):
    """See `PtyBoard`; chip: a folder with the simulated chip's compiled modules."""

    def __init__(self, folder, chip, environment=None):
        (folder / ".start.py").write_text(START)
        self._ended = False
        super().__init__(folder, ".start.py", modules=chip, environment=environment)
        threading.Thread(target=self._start_again, daemon=True).start()

    def start(self):
        # A prompt that was reset has left the terminal as it wants it: without Ctrl-C.
        attributes = termios.tcgetattr(self._board_end)
        attributes[3] |= termios.ISIG
        termios.tcsetattr(self._board_end, termios.TCSANOW, attributes)
        super().start()

    def stop(self):
        self._ended = True
        super().stop()

    def _start_again(self):
        while not self._ended:
            process = self._process
            code = process.wait()
            if self._ended or code not in (-signal.SIGUSR1, -signal.SIGALRM):
                return
            time.sleep(0.5)
            said = self.output
            self.start()
            self.output = said + self.output
