"""The board's own access point: a phone opens its page, and what works is kept.

Who is on this machine's loopback has joined it.
"""

import socket
import time

import pytest
from hotspots import PASSWORD, PROBES, HotspotBoard


@pytest.fixture
def hotspot(tmp_path):
    boards = []

    def start(**settings):
        boards.append(HotspotBoard(tmp_path, **settings))
        return boards[-1]

    yield start
    for board in boards:
        board.end()


@pytest.fixture
def open_board(hotspot):
    board = hotspot()
    board.page()
    return board


@pytest.mark.parametrize("system", PROBES)
def test_the_probe_of_each_system_opens_the_page(open_board, system):
    host, path = PROBES[system]
    status, headers, text = open_board.ask(path, host)
    assert status == 302
    assert headers["Location"] == f"http://127.0.0.1:{open_board.port}/"
    assert "Success" not in text
    for path in ("/", "/result", "/again"):
        status, headers, text = open_board.ask(path, host)
        assert (status, headers["Location"], text) == (
            302,
            f"http://127.0.0.1:{open_board.port}/",
            "",
        )


def test_every_name_has_the_boards_address(open_board):
    asked = b"\x12\x34\x01\0\0\1\0\0\0\0\0\0\7captive\5apple\3com\0\0\1\0\1"
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.settimeout(5)
        client.sendto(b"rubbish", ("127.0.0.1", open_board.dns))
        client.sendto(b"", ("127.0.0.1", open_board.dns))
        time.sleep(0.5)
        client.sendto(asked, ("127.0.0.1", open_board.dns))
        assert client.recv(600).endswith(bytes((127, 0, 0, 1)))


def test_networks_are_shown_with_their_signal_and_never_as_markup(open_board):
    open_board.world.set(others=[["<script>alert(1)</script>", -50, 0], ['a"b', -90, 3]])
    assert open_board.ask("/again")[0] == 302
    page = open_board.page()
    assert 'value="home"> home <small>-61 dBm</small>' in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt; <small>-50 dBm, open</small>" in page
    assert "<script" not in page
    assert 'value="a&quot;b"' in page


def test_a_wrong_password_says_so_and_the_right_one_is_kept(open_board):
    wrong = {"wifi_name": "home", "wifi_password": "a wrong password"}
    assert open_board.ask("/", form=wrong)[0] == 302
    assert "the password is wrong" in open_board.result()
    assert open_board.settings()["wifi_name"] == ""
    # Who comes later finds the result.
    assert open_board.ask("/")[1]["Location"].endswith("/result")
    open_board.ask("/again")
    right = {
        **{"wifi_name": "home", "wifi_password": PASSWORD, "hostname": "cellar"},
        "board": "esp32-c3-devkit",
    }
    open_board.ask("/", form=right)
    text = open_board.result()
    assert f"http://192.168.1.77:{open_board.port}/" in text
    assert f"http://cellar.local:{open_board.port}/" in text
    assert PASSWORD not in text
    settings = open_board.settings()
    assert settings["wifi_password"] == PASSWORD
    assert (settings["uart_rx_pin"], settings["button_pin"]) == (4, 9)
    assert PASSWORD not in open_board.firmware.printed


def test_another_board_by_its_pins_and_an_old_meter(open_board):
    form = {"wifi_name": "home", "wifi_password": PASSWORD, "meter": "old", "uart_id": "1"}
    open_board.ask("/", form={**form, "uart_rx_pin": "14", "uart_tx_pin": "15x"})
    assert "uart_tx_pin" in open_board.result()
    open_board.ask("/again")
    open_board.ask("/", form={**form, "uart_rx_pin": "14", "uart_tx_pin": "15"})
    assert "It works" in open_board.result()
    settings = open_board.settings()
    assert [settings[name] for name in ("uart_id", "uart_rx_pin", "uart_tx_pin")] == [1, 14, 15]
    assert (settings["uart_baudrate"], settings["uart_format"]) == (9600, "7E1")


def test_a_hidden_network_by_its_name(open_board):
    open_board.ask("/", form={"other": "home", "wifi_password": PASSWORD})
    assert "It works" in open_board.result()


def test_a_network_that_vanishes_while_it_is_tried(open_board):
    open_board.world.set(connect_ms=3000)
    open_board.ask("/", form={"wifi_name": "home", "wifi_password": PASSWORD})
    open_board.world.set(access_point=False)
    assert "no network of that name is in reach" in open_board.result()


def test_a_router_that_gives_no_address(open_board):
    open_board.world.set(dhcp=False)
    open_board.ask("/", form={"wifi_name": "home", "wifi_password": PASSWORD})
    assert "the router gives no address" in open_board.result()


@pytest.mark.parametrize(
    "form, said",
    [
        ({"wifi_name": "home", "wifi_password": "short"}, "wifi_password"),
        ({"wifi_name": "home", "hostname": "-a-"}, "hostname"),
        ({"other": "x" * 33}, "wifi_name"),
    ],
)
def test_settings_that_are_wrong_say_why(open_board, form, said):
    open_board.ask("/", form=form)
    assert said in open_board.result()


def test_a_form_from_elsewhere_changes_nothing(open_board):
    form = {"wifi_name": "home", "wifi_password": PASSWORD}
    for more in ({"origin": "http://evil.example"}, {"host": "evil.example"}):
        status, headers, _ = open_board.ask("/", form=form, **more)
        assert (status, headers["Location"]) == (302, f"http://127.0.0.1:{open_board.port}/")
        assert "Nothing was tried" in open_board.result()


def test_only_wifi_name_and_pins_can_be_changed(open_board):
    form = {"wifi_name": "home", "wifi_password": PASSWORD, "admin_password": "of an attacker"}
    open_board.ask("/", form={**form, "http_port": "1", "mqtt_host": "evil.example"})
    assert "It works" in open_board.result()
    assert not {"admin_password", "mqtt_host"} & set(open_board.settings())
    assert open_board.settings()["http_port"] == open_board.port


def test_who_is_not_in_the_access_points_network_is_refused(open_board):
    open_board.world.set(hotspot="192.168.4.1")
    assert open_board.ask()[0] == 403


def test_a_router_with_the_access_points_network_makes_it_move(open_board):
    open_board.world.set(address="127.0.0.200")
    open_board.ask("/", form={"wifi_name": "home", "wifi_password": PASSWORD})
    open_board.firmware.wait_until(lambda: open_board.ask()[0] == 403, "moved")
    assert open_board.settings()["wifi_name"] == "home"


def test_without_a_password_the_hotspot_stays_closed(hotspot):
    board = hotspot(hotspot_password="")
    board.firmware.wait_until(lambda: board.ask("/livez")[0] == 200, "up")
    assert "hotspot" not in board.firmware.printed


def press(board, seconds):
    board.world.set(pressed=[0])
    time.sleep(seconds)
    board.world.set(pressed=[])


def test_the_button_opens_it_on_a_board_that_has_wifi(hotspot):
    board = hotspot(wifi_name="home", wifi_password=PASSWORD)
    board.firmware.wait_until(lambda: board.ask("/livez")[0] == 200, "up")
    time.sleep(6)
    press(board, 4.2)
    board.page()
    assert "The hotspot opens: the button was held" in board.firmware.printed


def test_a_button_that_is_held_from_the_start_on_does_nothing(hotspot, tmp_path):
    board = hotspot(wifi_name="home", wifi_password=PASSWORD)
    board.world.set(pressed=[0])
    board.firmware.wait_until(lambda: board.ask("/livez")[0] == 200, "up")
    time.sleep(5)
    assert "The hotspot opens" not in board.firmware.printed


def test_the_button_held_for_ten_seconds_erases_all_secrets(hotspot):
    board = hotspot(
        wifi_name="home", wifi_password=PASSWORD, admin_password="a secret", mqtt_user="me"
    )
    (board.flash / "update_key").write_text("ab" * 16)
    board.firmware.wait_until(lambda: board.ask("/livez")[0] == 200, "up")
    time.sleep(2)
    press(board, 11.5)
    board.page()
    settings = board.settings()
    assert not {"wifi_name", "wifi_password", "admin_password"} & set(settings)
    assert settings["hotspot_password"] == "of-the-hotspot"
    assert settings["mqtt_user"] == "me"
    assert not (board.flash / "update_key").exists()
