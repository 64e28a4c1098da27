"""`python -m host.history`: the whole history in one CSV file."""

import csv
import os
import subprocess
import sys
import threading
from datetime import datetime
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from history.server import Server
from host import history
from host.tree import REPO
from sim import past
from sim.meter import Meter

START = datetime(2026, 4, 10, 14, 7, 33)
DAYS = 12


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("history")
    past.make(folder, "t211", START, days=DAYS)
    return folder


@pytest.fixture(scope="module")
def server(folder):
    with Server(folder, Meter("t211", START)) as running:
        yield running


def run(*arguments, **environment):
    """The command, as a person starts it."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("POWER_READOUT_")}
    return subprocess.run(
        [sys.executable, "-m", "host.history", *map(str, arguments)],
        cwd=REPO,
        env={**kept, **environment},
        capture_output=True,
        text=True,
        timeout=60,
    )


def rows(path):
    with open(path, newline="") as file:
        return list(csv.DictReader(file))


def test_all_of_it_comes_into_one_file(server, tmp_path):
    path = tmp_path / "history.csv"
    done = run(server.url, "--out", path)
    assert done.returncode == 0, done.stderr
    found = rows(path)
    assert list(found[0]) == [
        "resolution",
        "time",
        "import_t1",
        "import_t2",
        "export_t1",
        "export_t2",
        "gas",
        "water",
        "peak",
        "peak_time",
        "gap",
    ]
    days = [row for row in found if row["resolution"] == "day"]
    quarters = [row for row in found if row["resolution"] == "quarter"]
    # What is still running has not come.
    assert [row["time"][:10] for row in days] == [f"2026-03-{day}" for day in range(29, 32)] + [
        f"2026-04-{day:02}" for day in range(1, 10)
    ]
    assert quarters[0]["time"] == "2026-03-29T00:00:00+01:00"
    assert quarters[-1]["time"] == "2026-04-10T13:45:00+02:00"
    assert len(quarters) == DAYS * 96 - 4 + 14 * 4
    assert len({row["time"] for row in quarters}) == len(quarters)
    for day in days:
        mine = [row for row in quarters if row["time"][:10] == day["time"][:10]]
        for column in ("import_t1", "import_t2", "export_t1", "export_t2", "gas", "water"):
            assert sum(int(row[column]) for row in mine) == int(day[column])
        assert day["gap"] == "false"
        assert int(day["peak"]) > 0
    assert f"{path}: {len(found)} rows were added." in done.stderr


def test_a_second_time_nothing_is_new(server, tmp_path):
    path = tmp_path / "history.csv"
    run(server.url, "--out", path)
    before = path.read_bytes()
    done = run(server.url, "--out", path)
    assert done.returncode == 0
    assert done.stderr.endswith(f"{path}: nothing is new.\n")
    assert path.read_bytes() == before


@pytest.mark.parametrize("cut", [200, 1_500, 40_001, 70_000])
def test_a_download_that_broke_off_goes_on(server, tmp_path, cut):
    whole, part = tmp_path / "whole.csv", tmp_path / "part.csv"
    run(server.url, "--out", whole)
    part.write_bytes(whole.read_bytes()[:cut])
    done = run(server.url, "--out", part, "--quiet")
    assert (done.returncode, done.stderr) == (0, "")
    assert sorted(part.read_text().splitlines()) == sorted(whole.read_text().splitlines())


def test_only_the_days(server, tmp_path):
    path = tmp_path / "days.csv"
    assert run(server.url, "--out", path, "--resolution", "day").returncode == 0
    assert len(rows(path)) == DAYS
    # And what is left out the first time comes with the next.
    assert run(server.url, "--out", path).returncode == 0
    assert len(rows(path)) == DAYS + DAYS * 96 - 4 + 14 * 4


def test_a_host_without_a_scheme(server, tmp_path):
    path = tmp_path / "history.csv"
    done = run(f"127.0.0.1:{server.port}", "--out", path, "--resolution", "day")
    assert done.returncode == 0, done.stderr


def test_a_file_with_other_columns_is_left_alone(server, tmp_path):
    path = tmp_path / "other.csv"
    path.write_text("time,value\n1,2\n")
    done = run(server.url, "--out", path)
    assert done.returncode == 1
    assert "has not the columns of this reader" in done.stderr
    assert path.read_text() == "time,value\n1,2\n"


def test_a_file_that_cannot_be_written(server, tmp_path):
    done = run(server.url, "--out", tmp_path / "nowhere" / "history.csv")
    assert done.returncode == 1
    assert done.stderr.endswith("history.csv: No such file or directory.\n")


def test_the_password(folder, tmp_path):
    path = tmp_path / "history.csv"
    with Server(folder, Meter("t211", START), http_password="open sesame") as locked:
        arguments = (locked.url, "--out", path, "--resolution", "day")
        done = run(*arguments)
        assert done.returncode == 1
        assert "asks for the password: give it in POWER_READOUT_PASSWORD" in done.stderr
        assert run(*arguments, "--password", "open sesame").returncode == 0
        assert run(*arguments, POWER_READOUT_PASSWORD="open sesame").returncode == 0
        url = locked.url.replace("://", "://me:open%20sesame@")
        assert run(url, "--out", path, "--resolution", "day").returncode == 0
        home = tmp_path / "home"
        home.mkdir()
        (home / ".netrc").write_text('machine 127.0.0.1 login me password "open sesame"\n')
        (home / ".netrc").chmod(0o600)
        assert run(*arguments, HOME=str(home)).returncode == 0
        for said in (done.stdout, done.stderr):
            assert "sesame" not in said


@pytest.mark.parametrize(
    "address, sentence",
    [
        ("127.0.0.1:1", "http://127.0.0.1:1: the connection is refused"),
        ("no.such.host.invalid", "there is no host no.such.host.invalid; is the name right?"),
        ("http://", "http:// is no address of a reader, such as 192.168.1.5."),
        ("ftp://reader/", "ftp://reader/ is no address of a reader"),
        ("http://reader:port/", "http://reader:port/ is no address of a reader"),
    ],
)
def test_an_address_at_which_there_is_no_reader(tmp_path, address, sentence):
    done = run(address, "--out", tmp_path / "history.csv")
    assert done.returncode == 1
    assert done.stderr.startswith("history: ")
    assert sentence in done.stderr
    assert not (tmp_path / "history.csv").exists()


class Stranger(BaseHTTPRequestHandler):
    """A web server that is no reader, or one that is in trouble: `answers` says what comes."""

    answers: tuple = ()

    def do_GET(self):
        answers = self.answers
        status, body = answers.pop(0) if len(answers) > 1 else answers[0]
        self.send_response(status)
        # A server that is cut off has promised more.
        self.send_header("Content-Length", str(len(body) + (status == 206)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture
def stranger():
    """A function that starts one: stranger((status, body), …) -> its URL."""
    servers = []

    def start(*answers):
        handler = type("Handler", (Stranger,), {"answers": list(answers)})
        server = HTTPServer(("127.0.0.1", 0), handler)
        servers.append(server)
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        return f"http://127.0.0.1:{server.server_address[1]}"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize(
    "answer, sentence",
    [
        ((200, b"<html>Welcome"), "answers with something else than a history"),
        ((200, b"[1]"), "answers with something else than a history"),
        ((404, b"not here"), "answers 404 Not Found; is it a power-readout?"),
        ((404, b'{"error": "There is no history."}'), ": There is no history."),
        ((206, b'{"rows": ['), "the answer broke off. The same command goes on from there."),
    ],
)
def test_an_answer_that_is_no_history(stranger, tmp_path, answer, sentence):
    done = run(stranger(answer), "--out", tmp_path / "history.csv")
    assert done.returncode == 1
    assert sentence in done.stderr


def test_a_reader_that_answers_somebody_else_is_asked_again(stranger):
    busy = (503, b'{"error": "ask again"}')
    empty = b'{"columns": ["time", "gap"], "rows": []}'
    source = history.Source(stranger(busy, busy, (200, empty)), pause=0)
    assert source.history("day") == (["time", "gap"], [])


def test_a_reader_that_never_has_time(stranger):
    source = history.Source(stranger((503, b"")), pause=0)
    with pytest.raises(history.DownloadError, match="is answering others all the time"):
        source.history("day")


def test_a_reader_without_a_history_yet(stranger, tmp_path):
    empty = b'{"columns": ["time", "gap"], "rows": []}'
    path = tmp_path / "history.csv"
    done = run(stranger((200, empty)), "--out", path)
    assert done.returncode == 0
    assert done.stderr.endswith(f"{path}: nothing is new.\n")


def test_the_help_says_what_is_in_the_file():
    said = " ".join(run("--help").stdout.split())
    for words in (
        "the days of up to three years, and the quarter-hours of 40 days",
        "what has come since is added to it",
        "Amounts are in Wh, for gas and water in dm3, peaks in W",
        "POWER_READOUT_PASSWORD",
    ):
        assert words in said
