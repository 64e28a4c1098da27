"""The page /settings: who may change what, what is checked, and how a change is taken back."""

import base64
import http.client
import json
import re
import threading
from html.parser import HTMLParser
from urllib.parse import urlencode

import pytest

from firmware import settings as table
from host import tree
from sim.firmware import Firmware
from sim.ports import free_port

ADMIN = "the admin's password"


class Board:
    """A board with a settings page, which starts again after each reset."""

    def __init__(self, folder, **settings):
        self.port = free_port()
        self.flash = folder
        self.firmware = Firmware(
            folder,
            0,
            {"http_port": self.port, "admin_password": ADMIN, **settings},
            heap="256k",
        )
        self.begin()
        self.wait()

    def begin(self):
        self._console = open(self.flash / "console.txt", "ab")  # noqa: SIM115 (closed by end)
        self._board = self.firmware.board(stdout=self._console, stderr=self._console)
        self._thread = threading.Thread(target=self._board.run, daemon=True)
        self._thread.start()

    def end(self):
        self._board.switch_off()
        self._thread.join(10)
        self._console.close()

    def ask(self, path, form=None, password=ADMIN, port=None, **headers):
        """(status, text) of an answer."""
        connection = http.client.HTTPConnection("127.0.0.1", port or self.port, timeout=5)
        headers = {name.capitalize(): value for name, value in headers.items()}
        if password:
            code = base64.b64encode(f"me:{password}".encode()).decode()
            headers["Authorization"] = f"Basic {code}"
        if form is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        connection.request(
            "GET" if form is None else "POST", path, form and urlencode(form), headers
        )
        response = connection.getresponse()
        text = response.read().decode()
        connection.close()
        return response.status, text

    def token(self, port=None):
        return re.search(r'name="token" value="(\w+)"', self.ask("/settings", port=port)[1])[1]

    def change(self, port=None, **form):
        return self.ask("/settings", {"token": self.token(port), **form}, port=port)

    def wait(self, port=None):
        self.firmware.wait_until(lambda: self.ask("/livez", port=port)[0] == 200, "up")

    def boots(self):
        return self.firmware.json("/healthz")["boots"]

    def settings(self):
        return json.loads((self.flash / "config.json").read_text())


@pytest.fixture
def reader(tmp_path):
    boards = []

    def start(**settings):
        boards.append(Board(tmp_path / "flash", **settings))
        return boards[-1]

    yield start
    for board in boards:
        board.end()


@pytest.fixture
def board(reader):
    return reader()


def groups():
    text = (tree.REPO / "firmware/setup/settings.tsv").read_text()
    return [line.split("\t") for line in text.splitlines()]


def test_every_setting_has_a_group_and_a_sentence():
    assert sorted(row[0] for row in groups()) == sorted(name for name, *_ in table.kinds())
    assert all(row[2].endswith(".") for row in groups())


def test_every_setting_has_a_field_with_its_default(board):
    shown = ""
    for group in dict.fromkeys(row[1] for row in groups()):
        status, text = board.ask(f"/settings?group={group}")
        assert status == 200
        HTMLParser().feed(text)
        shown += text
    for name, *_ in table.kinds():
        assert f'name="{name}"' in shown, name
    assert "Default: power-readout" in shown
    assert ADMIN not in shown


@pytest.mark.parametrize("password", [None, "wrong password"])
@pytest.mark.parametrize("path", ["/settings", "/settings?export=1"])
def test_without_the_password_nothing_is_shown(board, password, path):
    assert board.ask(path, password=password)[0] == 401


def test_after_many_wrong_passwords_none_is_heard(board):
    statuses = [board.ask("/settings", password="wrong password")[0] for _ in range(12)]
    assert statuses[-1] == 429


def test_without_admin_password_there_is_no_page(reader):
    assert reader(admin_password="").ask("/settings")[0] == 404


def test_http_password_does_not_open_the_page(reader):
    board = reader(http_password="for reading only")
    assert board.ask("/settings", password="for reading only")[0] == 401
    assert board.ask("/settings")[0] == 200


@pytest.mark.parametrize(
    "form, headers",
    [
        ({"token": "0" * 24}, {}),
        ({}, {}),
        (None, {"origin": "http://evil.example"}),
    ],
)
def test_a_form_from_elsewhere_changes_nothing(board, form, headers):
    form = {"token": board.token()} if form is None else form
    before = board.settings()
    assert board.ask("/settings", {**form, "log_interval": "7"}, **headers)[0] == 403
    assert board.settings() == before


def test_a_harmless_change_is_kept_at_once(board):
    status, text = board.change(group="program", log_interval="30", watchdog="true")
    assert status == 200
    assert "the board restarts with them" in text
    board.firmware.wait_until(lambda: board.boots() == 2, "restarted")
    assert board.settings()["log_interval"] == 30
    # The default needs no place.
    board.change(group="program", log_interval="")
    assert "log_interval" not in board.settings()


@pytest.mark.parametrize(
    "name, value, said",
    [
        ("log_interval", "-1", "log_interval: "),
        ("log_interval", "x", "log_interval: "),
        ("http_port", "99999", "http_port: "),
        ("hostname", "-a-", "hostname: "),
        ("allow_from", "<b>", "allow_from: "),
        ("mqtt_password", "x" * 65, "mqtt_password: what is set"),
    ],
)
def test_a_wrong_value_is_said_beside_its_field(board, name, value, said):
    group = next(row[1] for row in groups() if row[0] == name)
    before = board.settings()
    status, text = board.change(group=group, **{name: value})
    assert status == 400
    assert f'<span class="wrong">{said}' in text
    assert "<b></" not in text
    assert board.settings() == before


def test_a_secret_stays_where_its_field_is_empty_and_goes_where_told(reader):
    board = reader(mqtt_host="127.0.0.1", mqtt_password="of the broker")
    assert "of the broker" not in board.ask("/settings?group=outputs")[1]
    board.change(group="outputs", mqtt_password="", mqtt_user="me")
    board.firmware.wait_until(lambda: board.boots() == 2, "restarted")
    assert board.settings()["mqtt_password"] == "of the broker"
    board.change(group="outputs", clear_mqtt_password="on")
    assert "mqtt_password" not in board.settings()


@pytest.mark.parametrize("name, value", [("mqtt_host", "10.0.0.9"), ("mqtt_port", "1884")])
def test_a_secret_goes_when_it_would_be_told_somebody_else(reader, name, value):
    board = reader(mqtt_host="127.0.0.1", mqtt_password="of the broker")
    board.change(group="outputs", **{name: value})
    assert "mqtt_password" not in board.settings()


def test_a_change_that_moves_the_board_is_confirmed_there(board):
    port = free_port()
    status, text = board.change(group="access", http_port=str(port))
    assert (status, "confirm them within two minutes" in text) == (200, True)
    board.wait(port)
    assert "Keep them" in board.ask("/settings", port=port)[1]
    assert "are kept" in board.change(port=port, action="keep")[1]
    assert "Keep them" not in board.ask("/settings", port=port)[1]
    assert not (board.flash / "config.json.tried").exists()
    assert board.settings()["http_port"] == port


def test_a_restart_before_the_confirmation_brings_the_old_settings_back(board):
    port = free_port()
    board.change(group="access", http_port=str(port))
    board.wait(port)
    # Nothing is changed meanwhile.
    assert "Keep them" in board.change(port=port, group="program", log_interval="9")[1]
    board.end()
    board.begin()
    board.wait()
    assert board.settings()["http_port"] == board.port
    assert "log_interval" not in board.settings()


def test_what_is_not_confirmed_comes_back(board):
    port = free_port()
    board.change(group="access", http_port=str(port))
    board.wait(port)
    board.firmware.wait_until(lambda: board.ask("/livez")[0] == 200, "back", 150)
    assert board.settings()["http_port"] == board.port
    assert "The new settings were not confirmed" in board.firmware.printed


def test_an_export_has_no_secrets_and_can_be_imported(reader):
    key = "0123456789abcdef" * 2
    board = reader(http_password="for reading only", log_interval=17, decryption_key=key)
    assert key not in board.ask("/settings?group=meter")[1]
    text = board.ask("/settings?export=1")[1]
    assert key not in text
    exported = json.loads(text)
    assert exported["log_interval"] == 17
    assert not {"http_password", "admin_password", "wifi_password"} & set(exported)
    before = board.settings()
    exported["log_interval"] = 18
    exported["admin_password"] = "of an attacker"
    assert board.change(action="import", text=json.dumps(exported))[0] == 200
    assert board.settings() == {**before, "log_interval": 18}


@pytest.mark.parametrize("text", ["", "x", "[1]", '{"http_port": "x"}'])
def test_an_import_of_something_else_is_refused(board, text):
    before = board.settings()
    assert board.change(action="import", text=text)[0] == 400
    assert board.settings() == before
