"""How the page looks and speaks: widths, colours, languages, and what axe-core finds."""

import pytest
from playwright.sync_api import expect

from page.browser import axe_source

pytestmark = pytest.mark.system

WIDTHS = (360, 768, 1280)
LANGUAGES = {
    "en-GB": ("Power now", "Import from the grid", "4,2"),
    "nl-BE": ("Vermogen nu", "Afname van het net", "4.2"),
    "fr-BE": ("Puissance actuelle", "Prélèvement sur le réseau", "4\u202f2"),
    "de-DE": ("Leistung jetzt", "Bezug aus dem Netz", "4.2"),
}

#: Elements that reach out of their card or out of the page, and those too small for their text.
OVERFLOWING = """
() => [...document.querySelectorAll("body *")]
  .filter((element) => element.getClientRects().length && !element.closest(".unseen, svg"))
  .filter((element) => {
    const inner = element.getBoundingClientRect();
    const outer = element.parentElement.closest("section, #banner, html").getBoundingClientRect();
    const out = inner.left < outer.left || inner.right > outer.right;
    // A scale stands beside its chart on purpose.
    const cut = element.clientWidth && element.scrollWidth > element.clientWidth + 1;
    return out || (cut && !element.matches(".plot, .axis"));
  })
  .map(({tagName, id, className, textContent}) => [tagName, id, className, textContent].join())
"""

AXE = """
async () => (await axe.run()).violations
  .filter(({impact}) => impact === "serious" || impact === "critical")
  .map(({id, nodes}) => `${id}: ${nodes.map(({target}) => target).join(" ")}`)
"""


def wait_until_complete(page):
    expect(page.locator("#direction")).not_to_have_text("")
    expect(page.locator("#day")).to_be_visible()
    expect(page.locator("#reader-table tbody tr")).to_have_count(9)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("locale", LANGUAGES)
@pytest.mark.parametrize("width", WIDTHS)
def test_nothing_reaches_out_of_its_place(device, look, width, locale, scheme):
    page = look(device(), width=width, locale=locale, color_scheme=scheme)
    wait_until_complete(page)
    assert page.evaluate(OVERFLOWING) == []


@pytest.mark.parametrize("width", WIDTHS)
def test_nothing_reaches_out_while_there_is_much_to_say(device, look, width):
    server = device(peaks=False, more={"text_message": "x" * 400, "total_power_used": 98765})
    server.health["errors"] = [{"error": "MemoryError: " + "memory allocation failed " * 9}]
    page = look(server, width=width, locale="de-DE")
    wait_until_complete(page)
    server.stale = "bytes come that begin no telegram: check uart_invert, uart_baudrate " * 3
    expect(page.locator("#banner")).to_be_visible()
    assert page.evaluate(OVERFLOWING) == []


@pytest.mark.parametrize("locale", LANGUAGES)
def test_the_page_speaks_the_browsers_language(device, look, locale):
    heading, direction, power = LANGUAGES[locale]
    page = look(device(), locale=locale)
    expect(page.locator("#now h2")).to_have_text(heading)
    expect(page.locator("#direction")).to_have_text(direction)
    expect(page.locator("#power")).to_contain_text(power)
    expect(page.locator("html")).to_have_attribute("lang", locale)


def test_a_language_without_texts_is_english(device, look):
    page = look(device(), locale="es-ES")
    expect(page.locator("#now h2")).to_have_text("Power now")
    expect(page.locator("html")).to_have_attribute("lang", "en")


def test_a_language_can_be_asked_for(device, look):
    page = look(device(), "?lang=fr")
    expect(page.locator("#now h2")).to_have_text("Puissance actuelle")


@pytest.mark.parametrize("lang", ["xx", "<b>", ""])
def test_one_that_does_not_exist_is_the_browsers(device, look, lang):
    page = look(device(), f"?lang={lang}", locale="nl-NL")
    expect(page.locator("#now h2")).to_have_text("Vermogen nu")


def test_what_linux_adds_to_a_language_does_no_harm(device, look, browser):
    server = device()
    context = browser.new_context(locale="en-US")
    context.add_init_script(
        "Object.defineProperty(navigator, 'languages', {value: ['en-US@posix']})"
    )
    page = context.new_page()
    page.goto(server.url)
    expect(page.locator("#direction")).to_have_text("Import from the grid")
    context.close()


def test_the_meters_clock_counts_wherever_somebody_looks_from(device, look):
    page = look(device(), timezone_id="Pacific/Auckland")
    expect(page.locator("#meter-table")).to_contain_text("Tue 24 Nov, 19:16")
    expect(page.locator("#day-date")).to_have_value("2026-11-24")


@pytest.mark.parametrize("state", ["live", "stale", "without peaks"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious(device, look, scheme, state):
    server = device(peaks=state != "without peaks")
    page = look(server, color_scheme=scheme)
    wait_until_complete(page)
    if state == "stale":
        server.stale = "The last telegram is 10 seconds old; has the cable come out?"
        expect(page.locator("#banner")).to_be_visible()
    page.evaluate(axe_source())
    assert page.evaluate(AXE) == []


def test_everything_can_be_reached_by_keyboard(device, look):
    page = look(device())
    wait_until_complete(page)
    reached = set()
    for _ in range(20):
        page.keyboard.press("Tab")
        reached.add(page.evaluate("document.activeElement.id || document.activeElement.role"))
        reached.add(page.evaluate("document.activeElement.parentElement.id"))
    charts = {"months", "days-bars", "day-bars"}
    assert charts | {"series-energy", "day-before", "day-date"} <= reached


def test_where_the_keyboard_is_can_be_seen(device, look):
    page = look(device())
    wait_until_complete(page)
    page.keyboard.press("Tab")
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline == "solid"


def test_the_page_does_not_move_by_itself(device, look):
    """There is no animation, so that nothing is left to switch off for who wants none."""
    page = look(device(), reduced_motion="no-preference")
    wait_until_complete(page)
    assert page.evaluate("document.getAnimations().length") == 0


def test_there_is_one_live_region(device, look):
    page = look(device())
    wait_until_complete(page)
    regions = "[aria-live], [role=status], [role=alert], [role=log], output"
    assert page.locator(regions).evaluate_all("(all) => all.map(({id}) => id)") == ["spoken"]


def test_the_policy_of_the_page_is_in_force(device, look):
    page = look(device())
    wait_until_complete(page)
    refused = page.evaluate(
        "fetch('http://127.0.0.1:9/').then(() => 'sent', (error) => error.message)"
    )
    assert refused == "Failed to fetch"
    assert any("Content Security Policy" in complaint for complaint in page.complaints)
    page.complaints.clear()
