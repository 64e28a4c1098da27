"""Values come, stop, and come again: the page against a device that does what devices do."""

import re
from datetime import datetime
from itertools import pairwise

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.system

CABLE = "The last telegram is 10 seconds old; has the cable come out?"

#: Collects what an element says, in `window.said`.
RECORD = """
(id) => {
  const element = document.getElementById(id);
  window.said = [];
  new MutationObserver(() => window.said.push([performance.now(), element.textContent]))
    .observe(element, {childList: true, characterData: true, subtree: true});
}
"""

#: Makes the page believe that it is hidden, or seen.
HIDE = """
(hidden) => {
  Object.defineProperty(document, "hidden", {value: hidden, configurable: true});
  document.dispatchEvent(new Event("visibilitychange"));
}
"""


def until(page, done, seconds=10):
    """Wait until done() is true, while the page goes on."""
    for _ in range(seconds * 20):
        if done():
            return
        page.wait_for_timeout(50)
    raise AssertionError("it did not come to that")


def colour(page, selector):
    return page.locator(selector).evaluate("(element) => getComputedStyle(element).color")


def shown_power(page):
    return page.locator("#power").text_content()


def net(server):
    return abs(server.house.reading().power_used_w - server.house.reading().power_generated_w)


def test_power_moves_every_second(device, look):
    server = device()
    page = look(server)
    expect(page.locator("#direction")).to_have_text("Import from the grid")
    page.evaluate(RECORD, "power")
    begin = server.sent
    until(page, lambda: server.sent >= begin + 6)
    times = [at for at, _ in page.evaluate("window.said")]
    # The household's noise may give the same watts twice.
    assert len(times) >= 4
    assert max(later - earlier for earlier, later in pairwise(times)) < 2600


def test_power_is_what_the_meter_says(device, look):
    server = device(frozen=True)
    page = look(server)
    expect(page.locator("#power")).to_have_text(f"{net(server):,}")
    expect(page).to_have_title(f"{net(server):,}\u00a0W · power-readout")


def test_the_line_shows_five_minutes_from_the_first_second(device, look):
    page = look(device())
    said = re.compile(r"The last five minutes: \d+.W … 4,\d+.W")
    expect(page.locator("#line")).to_have_attribute("aria-label", said)
    course = page.locator("#line .course").get_attribute("d")
    assert float(course[1:].split(" ")[0]) < -290
    assert course.count("L") >= 59


def test_the_line_is_interrupted_where_the_reader_knows_nothing(device, look):
    server = device()
    recent = server.house.recent()
    recent["power"][10:30] = [None] * 20
    server.house.recent = lambda: recent
    page = look(server)
    expect(page.locator("#power")).not_to_have_text("–")
    assert page.locator("#line .course").get_attribute("d").count("M") == 2


def test_export_is_said_in_words_and_colour(device, look):
    server = device(start=datetime(2026, 6, 14, 13, 20))
    page = look(server)
    expect(page.locator("#direction")).to_have_text("Export to the grid")
    assert shown_power(page).replace(",", "").isdigit()
    assert colour(page, "#power") != colour(page, "#age")
    importing = look(device())
    expect(importing.locator("#direction")).to_have_text("Import from the grid")
    assert colour(importing, "#power") != colour(page, "#power")


def test_stale_values_are_grey_and_say_why(device, look):
    server = device()
    page = look(server)
    expect(page.locator("#direction")).to_have_text("Import from the grid")
    live = colour(page, "#power")
    expect(page.locator("#banner")).to_be_hidden()
    server.stale = CABLE
    expect(page.locator("#banner")).to_be_visible(timeout=3000)
    expect(page.locator("#banner-why")).to_have_text(CABLE)
    expect(page.locator("#banner-title")).to_have_text(
        re.compile(r"These values are \d secs? old")
    )
    assert colour(page, "#power") != live
    assert colour(page, "#power") == colour(page, "#now h2")
    expect(page).to_have_title("power-readout")
    server.stale = None
    expect(page.locator("#banner")).to_be_hidden(timeout=3000)
    assert colour(page, "#power") == live


def test_the_age_goes_on_while_values_are_stale(device, look):
    server = device()
    page = look(server)
    expect(page.locator("#age")).to_have_text("now")
    server.stale = CABLE
    for seconds in (2, 3, 4):
        expect(page.locator("#age")).to_have_text(f"{seconds} sec ago")


def test_a_reader_without_a_first_telegram_says_why(device, look):
    server = device()
    server.stale = "No telegram has come yet; is the meter's port open and the cable in?"
    page = look(server)
    expect(page.locator("#banner-title")).to_have_text("There are no values yet")
    expect(page.locator("#banner-why")).to_have_text(server.stale)
    expect(page.locator("#power")).to_have_text("–")
    expect(page.locator("#age")).to_have_text("")
    server.stale = None
    expect(page.locator("#power")).not_to_have_text("–")
    expect(page.locator("#banner")).to_be_hidden()
    # Gas and water could not be asked for before.
    expect(page.locator("#today-table")).to_contain_text("Gas")


def test_a_reader_that_restarts_is_found_again(device, look):
    server = device()
    page = look(server)
    expect(page.locator("#direction")).to_have_text("Import from the grid")
    server.stop()
    expect(page.locator("#banner-why")).to_contain_text("The reader does not answer")
    server.start()
    expect(page.locator("#banner")).to_be_hidden()
    page.evaluate(RECORD, "power")
    until(page, lambda: len(page.evaluate("window.said")) >= 2)


def test_a_connection_that_falls_silent_is_made_anew(device, look):
    server = device()
    page = look(server)
    expect(page.locator("#direction")).to_have_text("Import from the grid")
    server.hung = True
    expect(page.locator("#banner-why")).to_contain_text("The reader does not answer")
    server.hung = False
    expect(page.locator("#banner")).to_be_hidden()
    until(page, lambda: server.listening == 1)


def test_without_a_place_for_events_it_asks_for_metrics(device, look):
    server = device(places=0)
    page = look(server)
    expect(page.locator("#direction")).to_have_text("Import from the grid")
    page.evaluate(RECORD, "power")
    until(page, lambda: len(page.evaluate("window.said")) >= 3)
    expect(page.locator("#banner")).to_be_hidden()
    times = [at for at, _ in page.evaluate("window.said")]
    assert 1900 < times[1] - times[0] < 4500
    # Once more after three seconds, then once a minute.
    assert server.asked("/events") == 2


def test_a_place_that_is_free_again_is_taken(device, look):
    server = device(places=0)
    page = look(server, install_clock=True)
    expect(page.locator("#direction")).to_have_text("Import from the grid")
    until(page, lambda: server.asked("/events") == 2)
    server.places = 1
    page.clock.fast_forward(58_000)
    assert server.asked("/events") == 2
    page.clock.fast_forward(3_000)
    until(page, lambda: server.sent >= 4)
    asked = server.asked("/metrics")
    until(page, lambda: server.sent >= 8)
    assert server.asked("/metrics") == asked


def test_without_a_place_one_refusal_is_no_alarm(device, look):
    server = device(places=0)
    page = look(server)
    expect(page.locator("#direction")).to_have_text("Import from the grid")
    before = server.asked("/metrics")
    server.stale = "Too many clients are connected; ask again."
    until(page, lambda: server.asked("/metrics") > before)
    server.stale = None
    until(page, lambda: server.asked("/metrics") > before + 1)
    expect(page.locator("#banner")).to_be_hidden()


def test_without_a_place_stale_shows_as_well(device, look):
    server = device(places=0)
    page = look(server)
    expect(page.locator("#direction")).to_have_text("Import from the grid")
    server.stale = CABLE
    expect(page.locator("#banner-why")).to_have_text(CABLE)
    server.stale = None
    expect(page.locator("#banner")).to_be_hidden()


def test_the_second_page_falls_back_and_the_first_goes_on(device, look):
    server = device(places=1)
    first = look(server)
    until(first, lambda: server.listening == 1)
    second = look(server)
    expect(second.locator("#direction")).to_have_text("Import from the grid")
    until(second, lambda: server.asked("/metrics") >= 2)
    assert server.listening == 1
    for page in (first, second):
        expect(page.locator("#banner")).to_be_hidden()


def test_a_page_that_is_reloaded_gets_its_place_back(device, look):
    server = device()
    page = look(server)
    until(page, lambda: server.listening == 1)
    page.reload()
    expect(page.locator("#direction")).to_have_text("Import from the grid")
    begin = server.sent
    until(page, lambda: server.sent >= begin + 3)
    asked = server.asked("/metrics")
    until(page, lambda: server.sent >= begin + 6)
    assert server.asked("/metrics") == asked


def test_a_page_that_nobody_sees_gives_its_place_back(device, look):
    server = device()
    page = look(server)
    until(page, lambda: server.listening == 1)
    page.evaluate(HIDE, True)
    until(page, lambda: server.listening == 0)
    asked = len(server.requests)
    page.wait_for_timeout(2500)  # longer than any of its intervals but the longest
    assert len(server.requests) == asked
    page.evaluate(HIDE, False)
    until(page, lambda: server.listening == 1)
    expect(page.locator("#banner")).to_be_hidden()


def test_a_screen_reader_hears_changes_of_power_every_15_seconds_at_most(device, look):
    server = device(every=0.2)
    page = look(server)
    spoken = page.locator("#spoken")
    expect(spoken).to_contain_text("Import from the grid: ")
    page.evaluate(RECORD, "spoken")
    for watts in range(1000, 9000, 500):
        server.house.more = {"total_power_used": watts}
        expect(page.locator("#power")).to_have_text(f"{watts:,}")
    assert page.evaluate("window.said") == []


def test_a_screen_reader_hears_of_a_changed_state_at_once(device, look):
    server = device()
    page = look(server)
    expect(page.locator("#spoken")).to_contain_text("Import from the grid: ")
    server.stale = CABLE
    expect(page.locator("#spoken")).to_contain_text(CABLE, timeout=3000)
    page.evaluate(RECORD, "spoken")
    begin = server.sent
    until(page, lambda: server.sent >= begin + 4)
    assert page.evaluate("window.said") == []
    server.stale = None
    expect(page.locator("#spoken")).to_contain_text("Import from the grid: ", timeout=3000)


def test_with_a_password_events_and_history_come_too(device, look):
    server = device(password="correct horse")
    credentials = {"username": "any", "password": "correct horse"}
    page = look(server, http_credentials=credentials)
    expect(page.locator("#direction")).to_have_text("Import from the grid")
    expect(page.locator("#days")).to_be_visible()
    expect(page.locator("#reader-table")).to_contain_text("0.2.0")
    assert server.listening == 1


def test_an_unchanged_page_is_not_sent_twice(device, look):
    server = device()
    page = look(server)
    expect(page.locator("#direction")).to_have_text("Import from the grid")
    page.reload()
    expect(page.locator("#direction")).to_have_text("Import from the grid")
    assert [status for path, status in server.answers if path == "/"] == [200, 304]
