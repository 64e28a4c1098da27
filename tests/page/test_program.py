"""The page of the program itself, with a month of history, in place of the house of the others."""

from types import SimpleNamespace

import pytest
from meters import START
from playwright.sync_api import expect

from sim import past

pytestmark = pytest.mark.system


def test_the_cards_of_the_history_show_what_the_program_tells(board, meter_line, tmp_path, look):
    past.make(tmp_path / "flash" / "history", "t211", START)
    firmware = board(meter_line("t211"), environment={"SIM_PSRAM": "1"}, heap="1m")
    firmware.wait_until_ready()
    page = look(SimpleNamespace(url=firmware.url, port=firmware.settings["http_port"]))
    expect(page.locator("#power")).not_to_have_text("–")
    for card in ("today", "days", "day"):
        expect(page.locator(f"#{card}")).to_be_visible()
    expect(page.locator("#no-history")).to_be_hidden()
    table = page.locator("#today-table tbody th")
    # On a Thursday from 7 o'clock on the meter counts in its first tariff.
    expect(table).to_have_text(
        ["Import, tariff 1", "Import, tariff 2", "Export, tariff 1", "Gas", "Water"]
    )
    days = firmware.json("/history?series=energy&resolution=day")["rows"]
    chart = page.locator("#days-bars [role=slider]")
    expect(chart).to_be_visible()
    chart.focus()
    page.keyboard.press("Home")
    first = days[-31]
    kwh = f"{(first[1] + first[2]) / 1000:.2f}"
    expect(page.locator("#days-bars .readout")).to_contain_text(kwh)
    assert firmware.json("/healthz")["errors"] == []
