"""Setting a board up as a person does: with a phone in its hotspot, and then at /settings."""

import re

import pytest
from hotspots import PASSWORD, PROBES, HotspotBoard
from page.browser import CHROMIUM, FLAGS, axe_source
from playwright.sync_api import expect, sync_playwright

from sim.ports import free_port

pytestmark = pytest.mark.system

ADMIN = "of the admin"


@pytest.fixture(scope="module")
def browser():
    # Each name leads to this machine, as the hotspot's own server of names has it.
    flags = [*FLAGS, "--host-resolver-rules=MAP * 127.0.0.1"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=flags)
        yield browser
        browser.close()


@pytest.fixture
def phone(browser):
    """A page on a phone, which has the admin's password at hand."""
    context = browser.new_context(
        viewport={"width": 390, "height": 844},
        is_mobile=True,
        has_touch=True,
        http_credentials={"username": "me", "password": ADMIN},
    )
    page = context.new_page()
    page.set_default_timeout(60_000)
    yield page
    context.close()


@pytest.fixture
def board(tmp_path):
    board = HotspotBoard(tmp_path, admin_password=ADMIN)
    board.page()
    yield board
    board.end()


def assert_fits(phone):
    """All of the page is on the screen, and axe-core finds nothing to complain of."""
    wide = phone.evaluate("document.documentElement.scrollWidth")
    assert wide <= 390
    phone.evaluate(axe_source())
    found = phone.evaluate("axe.run()")["violations"]
    assert [each["id"] for each in found] == []


def try_network(phone, name, password):
    """Fill the form in and send it; returns when the result is there."""
    if name:
        phone.get_by_label(name).check()
    phone.get_by_label("Its password").fill(password)
    phone.get_by_role("button", name="Try it").tap()
    expect(phone.get_by_role("heading", name=re.compile("It works|Not yet"))).to_be_visible(
        timeout=60_000
    )


def back(phone):
    phone.get_by_role("link", name="Back").tap()


@pytest.mark.parametrize("system", PROBES)
def test_the_probe_of_each_system_opens_the_page(phone, board, system):
    host, path = PROBES[system]
    phone.goto(f"http://{host}:{board.port}{path}")
    expect(phone.get_by_role("heading", name="power-readout")).to_be_visible()
    assert phone.url == f"http://127.0.0.1:{board.port}/"
    assert_fits(phone)


def test_from_the_hotspot_to_the_settings_page(phone, board):
    phone.goto(f"http://captive.apple.com:{board.port}/")

    try_network(phone, "home", "a wrong password")
    expect(phone.get_by_text("the password is wrong")).to_be_visible()
    assert_fits(phone)
    back(phone)

    board.world.set(dhcp=False)
    try_network(phone, "home", PASSWORD)
    expect(phone.get_by_text("the router gives no address")).to_be_visible()
    back(phone)

    board.world.set(dhcp=True, connect_ms=3000)
    phone.get_by_label("home").check()
    phone.get_by_label("Its password").fill(PASSWORD)
    phone.get_by_role("button", name="Try it").tap()
    expect(phone.get_by_role("heading", name="Trying")).to_be_visible()
    board.world.set(access_point=False)
    expect(phone.get_by_text("no network of that name is in reach")).to_be_visible(timeout=60_000)
    back(phone)

    board.world.set(access_point=True)
    phone.get_by_label("A hidden one").fill("home")
    phone.get_by_label("The board's name").fill("cellar")
    phone.get_by_label("Which board is it?").select_option("esp32-devkit")
    try_network(phone, None, PASSWORD)
    place = f"http://cellar.local:{board.port}/"
    expect(phone.get_by_text(place)).to_be_visible()
    assert_fits(phone)

    # The hotspot closes; the board reads its meter, and has its settings page.
    board.firmware.wait_until(lambda: board.ask("/livez")[0] == 200, "closed", 90)
    phone.goto(place + "settings")
    expect(phone.get_by_label("hostname")).to_have_value("cellar")
    assert_fits(phone)
    phone.get_by_role("link", name="access").tap()
    port = free_port()
    phone.get_by_label("http_port").fill("not a port")
    phone.get_by_role("button", name="Save").tap()
    expect(phone.locator(".wrong")).to_contain_text("http_port")
    phone.get_by_label("http_port").fill(str(port))
    phone.get_by_role("button", name="Save").tap()
    expect(phone.get_by_text("confirm them within two minutes")).to_be_visible()
    board.firmware.wait_until(lambda: board.ask("/livez", port=port)[0] == 200, "moved", 60)
    phone.goto(f"http://cellar.local:{port}/settings")
    phone.get_by_role("button", name="Keep them").tap()
    expect(phone.get_by_text("The settings are kept.")).to_be_visible()
    assert board.settings()["http_port"] == port
