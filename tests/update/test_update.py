"""Updates over WiFi, whole: `host.update` and the firmware on a simulated board.

Whatever goes wrong, a version that reads the meter runs in the end, and says what happened.
"""

import hashlib
import http.client
import re

import pytest
from updates import KEY, NEW, OLD, assert_runs, version

from firmware.update import message
from host.update import __main__ as command
from host.update import keys, package
from host.update.client import Refusal, UpdateError
from host.update.package import Package

#: Seconds that a trial lasts where it is to end by itself.
SHORT = 6


def session(board, key=KEY):
    client = board.client()
    return client.session(bytes.fromhex(key), client.hello()["nonce"])


def send_all(session, made):
    """Send everything but the message that lets the board switch."""
    session.send(*made.begin())
    size = message.MOST_DATA
    for offset in range(0, len(made.manifest), size):
        session.send("list", offset, data=made.manifest[offset : offset + size])
    for index, data in enumerate(made.files.values()):
        if session.send("have", index)["file"] == "missing":
            for offset in range(0, len(data), size):
                session.send("put", index, offset, data=data[offset : offset + size])
            assert session.send("have", index)["file"] == "there"


def test_an_update_is_sent_tried_and_confirmed(updatable, new):
    board = updatable()
    assert board.sender().run(new) == NEW
    assert assert_runs(board, [new]) == NEW
    assert board.note() == {"run": "app2"}
    assert any(
        re.match(rf"It is back after \d+ s, with {NEW} on trial", said) for said in board.said
    )
    assert board.said[-1] == f"Confirmed: version {NEW} runs."
    assert "The update is confirmed." in board.printed
    assert board.firmware.json("/healthz")["update"] == {"tree": "app2", "trial": False}
    # It stays after a restart, and with a cut of the power.
    board.cut_power()
    board.switch_on()
    assert assert_runs(board, [new]) == NEW


def test_an_older_version_goes_back_into_the_first_tree(updatable, old, new):
    board = updatable()
    board.sender().run(new)
    assert board.sender().run(old) == OLD
    assert assert_runs(board, [old]) == OLD
    assert board.note() == {"run": "app"}


def test_only_what_changed_is_sent(updatable, new):
    board = updatable()
    own = session(board)
    own.send(*new.begin())
    for offset in range(0, len(new.manifest), message.MOST_DATA):
        own.send("list", offset, data=new.manifest[offset : offset + message.MOST_DATA])
    missing = []
    for index, (path, data) in enumerate(new.files.items()):
        if own.send("have", index)["file"] == "missing":
            missing.append(path)
            for offset in range(0, len(data), message.MOST_DATA):
                own.send("put", index, offset, data=data[offset : offset + message.MOST_DATA])
            assert own.send("have", index)["file"] == "there"
    assert missing == ["modules"]


def test_settings_survive(updatable, new):
    board = updatable()
    before = (board.flash / "config.json").read_bytes()
    board.sender().run(new)
    assert (board.flash / "config.json").read_bytes() == before
    assert (board.flash / "update_key").read_text().strip() == KEY


def test_a_board_without_a_meter_is_confirmed_without_a_telegram(updatable, new):
    board = updatable(meter=False)
    board.version()
    assert board.sender().run(new) == NEW


def test_with_a_password_for_pages_an_update_needs_its_own_key_only(updatable, new):
    board = updatable(meter=False, http_password="a long password", raw_port=0)
    board.version()
    assert board.firmware.get("/healthz")[0] == 401
    assert board.sender().run(new) == NEW


def test_without_the_watchdog_the_board_restarts_once_more(updatable, new):
    board = updatable(watchdog=False)
    assert board.sender().run(new) == NEW
    board.firmware.wait_until(lambda: board.firmware.json("/healthz")["boots"] == 3, "restarted")
    assert assert_runs(board, [new]) == NEW


# What a board does not take


def test_other_methods_are_refused(updatable):
    board = updatable(meter=False)
    board.version()
    for method in ("TOST", "PUT"):
        connection = http.client.HTTPConnection("127.0.0.1", board.port, timeout=5)
        connection.request(method, "/update", b"x")
        assert connection.getresponse().status == 405
        connection.close()


def test_a_board_without_a_key_takes_nothing(updatable, new):
    board = updatable(key=None)
    assert "update" not in board.firmware.json("/healthz")
    with pytest.raises(UpdateError, match="it has no update key"):
        board.sender().run(new)


def test_a_key_file_that_is_damaged_is_none(updatable, new):
    board = updatable(key="not a key")
    with pytest.raises(UpdateError, match="it has no update key"):
        board.sender().run(new)
    assert "update_key has no 32 hexadecimal digits" in board.printed


def test_another_key_is_refused(updatable, new):
    board = updatable()
    with pytest.raises(UpdateError, match="another update key"):
        board.sender(key="ff" * 16).run(new)
    assert not (board.flash / "app2").exists()
    assert board.version() == OLD


def test_a_session_that_was_overheard_is_of_no_use(updatable, new):
    board = updatable()
    client = board.client()
    nonce = client.hello()["nonce"]
    bodies = [message.make(bytes.fromhex(KEY), nonce, 1, new.begin())]
    assert client.post(bodies[0])[0] == 200
    bodies.append(message.make(bytes.fromhex(KEY), nonce, 2, ["end"]))
    assert client.post(bodies[1])[0] == 200
    for body in bodies:
        status, answer = client.post(body)
        assert status == 409
        assert "nonce is used up" in answer["error"]
    board.cut_power()
    board.switch_on()
    board.version()
    assert client.post(bodies[0])[0] == 409


def test_a_message_has_the_same_answer_twice_and_cannot_be_left_out(updatable):
    board = updatable()
    client = board.client()
    nonce = client.hello()["nonce"]

    def post(number, *words):
        return client.post(message.make(bytes.fromhex(KEY), nonce, number, list(words)))

    first = post(1, "status")
    assert first[0] == 200
    assert post(1, "status") == first
    assert post(3, "status")[0] == 409
    assert post(2, "status")[0] == 200
    assert post(1, "status")[0] == 409


def test_a_new_session_takes_the_place_of_one_that_broke_off(updatable, new):
    board = updatable()
    broken = session(board)
    broken.send(*new.begin())
    assert board.sender().run(new) == NEW
    with pytest.raises(Refusal, match="nonce is used up"):
        broken.send("status")


@pytest.mark.parametrize(
    "words",
    [
        ["switch"],
        ["list", "0"],
        ["have", "0"],
        ["put", "0", "0"],
        ["x"],
        ["begin"],
        ["begin", "x"],
    ],
)
def test_a_message_at_the_wrong_time_is_refused(updatable, words):
    board = updatable(meter=False)
    board.version()
    with pytest.raises(Refusal):
        session(board).send(*words)
    assert board.firmware.json("/healthz")["errors"] == []


def test_a_tampered_file_never_runs(updatable, old, new):
    board = updatable()
    own = session(board)
    damaged = Package(NEW, new.arch, new.files)
    damaged.files = {
        path: data.replace(b"VERSION", b"version") for path, data in new.files.items()
    }
    with pytest.raises(AssertionError):
        send_all(own, damaged)
    with pytest.raises(Refusal, match="not complete"):
        own.send("switch")
    assert assert_runs(board, [old]) == OLD


@pytest.mark.parametrize(
    "change, said",
    [
        (lambda text: text, "not the one that was announced"),
        (lambda text: text.replace(b" firmware/http", b" ../http", 1), "not allowed"),
        (lambda text: text.replace(b" firmware/http", b" /http", 1), "not allowed"),
        (lambda text: text + text.splitlines(True)[2], "not allowed"),
        (lambda text: text.replace(b"power-readout", b"something-of"), "no manifest"),
    ],
)
def test_a_tampered_manifest_is_refused(updatable, old, new, change, said):
    board = updatable(meter=False)
    board.version()
    text = change(new.manifest)
    digest = hashlib.sha256(text).hexdigest()
    if text == new.manifest:
        text = text[:-9] + b"x" + text[-8:]
    own = session(board)
    words = new.begin()
    own.send("begin", digest, len(text), *words[3:])
    with pytest.raises(Refusal, match=said):
        for offset in range(0, len(text), message.MOST_DATA):
            own.send("list", offset, data=text[offset : offset + message.MOST_DATA])
    assert assert_runs(board, [old]) == OLD


@pytest.mark.parametrize(
    "at, value, said",
    [
        (-1, 10, "another kind of chip"),
        (-3, 7, "another kind of chip"),
        (3, 99_000_000, "too large"),
        (4, 900_000_000, "KB are free"),
    ],
)
def test_what_does_not_fit_is_refused_before_anything_is_sent(updatable, new, at, value, said):
    board = updatable(meter=False)
    board.version()
    words = new.begin()
    words[at] = str(value)
    with pytest.raises(Refusal, match=said):
        session(board).send(*words)
    assert not (board.flash / "app2").exists()


# Versions that do not do


def broken(path, source):
    return version(NEW, {path: source})


def waiting(text):
    """The meter's task of a version that reads nothing."""
    return text.replace("self._parse(max(size, 0))", "pass")


def deaf(text):
    """The web server of a version that answers nothing."""
    return text.replace(
        "await self._board.listen(self.port, self._connected, self._ready)",
        "await asyncio.sleep(1000)",
    )


@pytest.mark.parametrize(
    "path, change, why",
    [
        ("firmware/app", "raise RuntimeError('half a version')\n", "RuntimeError"),
        ("firmware/console", "import sys\nsys.exit(3)\n", "SystemExit"),
        ("firmware/console", "import machine\nmachine.reset()\n", "restarted before"),
        ("firmware/app", b"no module", "ValueError"),
        ("firmware/app", "while True:\n    pass\n", "not confirmed in time"),
        (
            "firmware/app",
            "import micropython\n\n@micropython.viper\ndef hang():\n    while True:\n"
            "        pass\n\nhang()\n",
            "restarted before",
        ),
        ("firmware/http/guard", deaf, "not confirmed in time"),
        ("firmware/meter", waiting, "not confirmed in time"),
    ],
    ids=(
        *("raises", "exits", "resets", "is-damaged", "hangs", "hangs-in-machine-code"),
        *("answers-nothing", "reads-nothing"),
    ),
)
def test_a_version_that_does_not_do_is_rolled_back(updatable, old, path, change, why):
    board = updatable(trial=SHORT)
    with pytest.raises(UpdateError) as failed:
        board.sender().run(broken(path, change))
    assert f"version {NEW} was rolled back, as" in str(failed.value)
    assert why in str(failed.value)
    assert f"version {OLD} again" in str(failed.value)
    assert assert_runs(board, [old]) == OLD
    board.wait_until_it_reads()
    assert why in board.firmware.json("/healthz")["update"]["rolled_back"]
    assert f"The update to version {NEW} was rolled back" in board.printed


def test_after_a_roll_back_the_next_update_is_taken(updatable, new):
    board = updatable()
    with pytest.raises(UpdateError, match="rolled back"):
        board.sender().run(broken("firmware/app", "raise RuntimeError\n"))
    assert board.sender().run(new) == NEW
    assert board.note() == {"run": "app2"}


def test_a_version_that_nobody_confirms_is_rolled_back(updatable, old, new):
    board = updatable(trial=SHORT)
    own = session(board)
    send_all(own, new)
    own.send("switch")
    board.firmware.wait_until(lambda: board.version() == NEW, "tried")
    board.firmware.wait_until(lambda: board.version() == OLD, "rolled back")
    assert assert_runs(board, [old]) == OLD


def test_a_version_on_trial_takes_no_update(updatable, new):
    board = updatable()
    own = session(board)
    send_all(own, new)
    own.send("switch")
    board.firmware.wait_until(lambda: board.version() == NEW, "tried")
    with pytest.raises(Refusal, match="on trial"):
        session(board).send(*new.begin())
    # Whoever sends an update next confirms it first.
    assert board.sender().run(version("3.0.0")) == "3.0.0"


def test_when_the_power_goes_in_the_trial_it_is_rolled_back(updatable, old, new):
    board = updatable()
    own = session(board)
    send_all(own, new)
    own.send("switch")
    board.firmware.wait_until(lambda: board.version() == NEW, "tried")
    board.cut_power()
    board.switch_on()
    board.firmware.wait_until(lambda: board.version() == OLD, "rolled back")
    assert assert_runs(board, [old]) == OLD


def test_with_little_memory_the_board_restarts_for_the_update_and_reads_again(updatable, new):
    board = updatable(installed=version(OLD, {"firmware/update/session": hungry}))
    assert board.sender().run(new) == NEW
    assert any("too little memory" in said for said in board.said)
    assert "takes in nothing but the update" in board.printed
    assert "An update comes in, for which all memory is needed" in board.printed
    board.wait_until_it_reads()


def test_an_update_that_does_not_come_after_the_restart_for_it_is_not_waited_for(updatable):
    board = updatable(
        installed=version(
            OLD,
            {
                **{"firmware/update/session": hungry, "firmware/update/service": impatient},
                "firmware/http/seldom": lambda text: text.replace("_LOOK = 30", "_LOOK = 1"),
            },
        )
    )
    own = session(board)
    assert own.send(*version(NEW).begin()) == {"restarts": True}
    board.firmware.wait_until(lambda: board.client().hello()["alone"], "restarted")
    status, _, body = board.firmware.get("/metrics")
    assert (status, b"An update comes in" in body) == (503, True)
    board.wait_until_it_reads()
    assert not board.client().hello()["alone"]


def test_a_board_in_safe_mode_takes_an_update_and_reads_again(updatable, new):
    board = updatable(
        meter=False, installed=version(OLD, {"firmware/app": "raise RuntimeError('broken')\n"})
    )
    board.firmware.wait_until(lambda: "safe_mode" in board.firmware.json("/"), "safe", 60)
    assert board.sender().run(new) == NEW
    assert "the board restarts and takes in nothing but" not in board.printed
    assert "An update comes in, for which all memory is needed" in board.printed
    board.firmware.wait_until(lambda: "fresh" in board.firmware.json("/healthz"), "normal")


def test_a_board_in_safe_mode_without_a_key_stays_in_it(updatable):
    board = updatable(
        meter=False,
        key=None,
        installed=version(OLD, {"firmware/app": "raise RuntimeError('broken')\n"}),
    )
    board.firmware.wait_until(lambda: "safe_mode" in board.firmware.json("/"), "safe", 60)
    assert board.firmware.get("/update")[0] == 503
    assert "Safe mode" in board.firmware.json("/update")["error"]


def hungry(text):
    """Updates of a board that has not enough memory beside all that it does."""
    return text.replace("heap[1] - heap[0] < _FREE_HEAP", "not self._update.is_alone")


def impatient(text):
    return text.replace("_PATIENCE = const(120)", "_PATIENCE = const(2)")


# The command


@pytest.fixture
def keyring(tmp_path, monkeypatch):
    monkeypatch.setattr(keys, "FOLDER", tmp_path / "keys")
    return tmp_path / "keys"


def test_the_command_sends_an_archive(updatable, new, keyring, tmp_path, capsys):
    board = updatable()
    keys.keep("24a160c0ffee", KEY)
    package.write_archive(new, tmp_path / "new.zip")
    place = f"127.0.0.1:{board.port}"
    assert command.main([place, "--from", str(tmp_path / "new.zip")]) == 0
    said = capsys.readouterr().out
    assert f"Board 24a160c0ffee, x64: version {OLD}, and it reads a meter" in said
    assert "100 %" in said
    assert said.endswith(f"Confirmed: version {NEW} runs.\n")
    assert command.main([place, "--status"]) == 0
    assert f"version {NEW}, and it reads a meter" in capsys.readouterr().out


def test_the_command_without_the_key_says_where_it_would_be(updatable, keyring, capsys):
    board = updatable(meter=False)
    board.version()
    assert command.main([f"127.0.0.1:{board.port}"]) == 1
    assert f"{keyring}/24a160c0ffee.key has no update key" in capsys.readouterr().err


def test_the_command_with_an_archive_for_another_chip(updatable, keyring, tmp_path, capsys):
    board = updatable(meter=False)
    board.version()
    keys.keep("24a160c0ffee", KEY)
    package.write_archive(Package(NEW, "xtensawin", {"firmware/a": b""}), tmp_path / "x.zip")
    assert command.main([f"127.0.0.1:{board.port}", "--from", str(tmp_path / "x.zip")]) == 1
    assert "another kind of chip" in capsys.readouterr().err


@pytest.mark.parametrize("host", ["", "a:b", ":80"])
def test_the_command_with_a_host_that_is_none(host, capsys):
    assert command.main([host]) == 1
    assert "is no board's name or address" in capsys.readouterr().err


def test_the_command_finds_nobody(capsys, monkeypatch):
    monkeypatch.setattr("host.update.client.PATIENCE", 0)
    assert command.main(["127.0.0.1:9"]) == 1
    assert "127.0.0.1:9 does not answer" in capsys.readouterr().err


def test_a_key_is_readable_by_its_owner_only(keyring):
    keys.keep("24a160c0ffee", keys.make())
    assert (keyring / "24a160c0ffee.key").stat().st_mode & 0o77 == 0
    assert len(keys.find("24a160c0ffee")) == 16
