"""package.json, and `mpremote mip install` with it, against MicroPython on a pseudo-terminal."""

import http.server
import importlib.util
import json
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from pty_board import PtyBoard, littlefs_board
from standin_repo import STANDIN, read_tree, write_repo

from host import deploy, package, session, tree


class Server(http.server.ThreadingHTTPServer):
    """Serves a folder on 127.0.0.1, as GitHub serves a repository."""

    def __init__(self, folder):
        class Handler(http.server.SimpleHTTPRequestHandler):
            def __init__(self, *args):
                super().__init__(*args, directory=folder)

            def log_message(self, *args):
                pass

        super().__init__(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server_port}"
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()

    def __exit__(self, *_):
        self.shutdown()
        self.server_close()


def serve_package(repo, folder):
    """Make `folder` what a server of the repository shows, microdot's files included."""
    microdot = Path(importlib.util.find_spec("microdot").origin).parent
    for name in tree.our_files(repo).values():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes((repo / name).read_bytes())
    (folder / "microdot").mkdir()
    for name in tree.MICRODOT_FILES:
        (folder / "microdot" / name).write_bytes((microdot / name).read_bytes())
    server = Server(folder)
    content = json.loads(package.text(repo))
    base = package.MICRODOT_URL.format(version=tree.microdot_version(repo))
    for pair in content["urls"]:
        pair[1] = pair[1].replace(base, server.url + "/microdot/")
    (folder / "package.json").write_text(json.dumps(content))
    return server


def mip_install(board, url, target):
    done = subprocess.run(
        session.command(board.port, "resume", "mip", "install", "--target", target, url),
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_package_json_is_up_to_date():
    done = subprocess.run(
        [sys.executable, "-m", "host.package", "--check"],
        cwd=tree.REPO,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr


def test_check_says_what_to_run(tmp_path, capsys):
    repo = write_repo(tmp_path)
    assert package.main(["--check"], repo) == 1
    assert "-m host.package" in capsys.readouterr().err
    assert not (repo / "package.json").exists()
    assert package.main([], repo) == 0
    assert package.main(["--check"], repo) == 0
    assert json.loads((repo / "package.json").read_text())["version"] == "1.2.3"


def test_addresses_are_relative_but_for_microdot(tmp_path):
    listed = package.urls(write_repo(tmp_path))
    assert listed[-1] == ["main.py", "main.py"]
    assert ["app/firmware/app.py", "firmware/app.py"] in listed
    assert ["app/lib/dsmr/fast.py", "lib/dsmr/fast.py"] in listed
    tag = "v" + tree.microdot_version()
    assert [
        "app/lib/microdot/microdot.py",
        f"https://raw.githubusercontent.com/miguelgrinberg/microdot/{tag}/src/microdot/microdot.py",
    ] in listed
    assert not [path for path, _ in listed if path == "config.json" or "host" in path]
    assert len(listed) == len(dict(listed))


@pytest.mark.parametrize("kind", [PtyBoard, littlefs_board])
def test_mip_install_gives_the_whole_tree(tmp_path, kind):
    """With the root as the target on LittleFS, as a user types it."""
    repo = write_repo(tmp_path / "repo")
    (tmp_path / "served").mkdir()
    (tmp_path / "board").mkdir()
    with serve_package(repo, tmp_path / "served") as server, kind(tmp_path / "board") as board:
        board.wait_for(b">>> ")
        target = "/" if kind is littlefs_board else str(board.folder)
        mip_install(board, server.url + "/package.json", target)
        there = deploy.ask(board.port)
    expected = {name for name, _ in package.urls(repo)}
    assert set(there.files) == expected
    assert there.files["app/firmware/large.py"][0] == len(STANDIN["firmware/large.py"])


def test_the_projects_own_package_installs(tmp_path):
    (tmp_path / "served").mkdir()
    (tmp_path / "board").mkdir()
    with (
        serve_package(tree.REPO, tmp_path / "served") as server,
        PtyBoard(tmp_path / "board") as board,
    ):
        board.wait_for(b">>> ")
        mip_install(board, server.url + "/package.json", str(board.folder))
    there = read_tree(board.folder)
    assert set(there) == {name for name, _ in package.urls()}
    for path, name in tree.our_files().items():
        assert there[path] == (tmp_path / "served" / name).read_bytes()
