"""`make board` as a person goes through it: typed in a terminal, which tmux shows."""

import subprocess
import sys
import time

import pytest
from resetting_board import ResettingBoard

from host import tree
from sim.ports import free_port

pytestmark = pytest.mark.system


class Terminal:
    """A terminal of tmux's: type into it, and read what it shows."""

    def __init__(self, name, home, *words):
        self._socket = ("tmux", "-L", name)
        command = f"cd {tree.REPO}; HOME={home} {' '.join(map(str, words))}; sleep 1000"
        self._tmux("new-session", "-d", "-x", "110", "-y", "200", command)

    def _tmux(self, *words):
        done = subprocess.run([*self._socket, *words], capture_output=True, text=True, timeout=20)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def end(self):
        subprocess.run([*self._socket, "kill-server"], timeout=20)

    def screen(self):
        return self._tmux("capture-pane", "-p")

    def wait_for(self, text, seconds=60):
        end = time.monotonic() + seconds
        while text not in self.screen():
            assert time.monotonic() < end, self.screen()
            time.sleep(0.1)

    def type(self, text):
        self._tmux("send-keys", text, "Enter")


@pytest.fixture
def board(tmp_path, chip):
    (tmp_path / "board").mkdir()
    with ResettingBoard(tmp_path / "board", chip) as board:
        board.wait_for(b">>> ")
        yield board


@pytest.fixture
def terminal(board, tmp_path):
    (tmp_path / "home").mkdir()
    settings = f'{{"http_port": {free_port()}, "raw_port": 0}}'
    (board.folder / "config.json").write_text(settings)
    words = (sys.executable, "-m", "host.setup", "--port", board.port)
    terminal = Terminal(f"setup-{free_port()}", tmp_path / "home", *words)
    yield terminal
    terminal.end()


def test_a_person_answers_each_question(terminal, board, tmp_path):
    terminal.wait_for("Its number:")
    assert "ESP32 DevKit V1" in terminal.screen()
    terminal.type("99")
    terminal.wait_for("A number from 1 to")
    terminal.type("5")
    terminal.wait_for("Its name:")
    terminal.type("At home")
    terminal.wait_for("Its password:")
    terminal.type("short")
    terminal.wait_for("A WiFi password has 8 to 64 characters")
    terminal.type("a long secret")
    terminal.wait_for("The board's name in your network: [power-readout]")
    terminal.type("")
    terminal.wait_for("The board answers at http://127.0.0.1:")
    shown = terminal.screen()
    assert "a long secret" not in shown
    assert "Keep this; it is shown once." in shown
    assert len(list((tmp_path / "home/.power-readout/keys").iterdir())) == 1
