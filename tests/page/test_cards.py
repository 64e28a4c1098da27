"""What the cards say, compared with what the house and its meter know."""

from datetime import date, datetime, timedelta

import pytest
from playwright.sync_api import expect

from page.house import START
from sim.local_time import to_utc

pytestmark = pytest.mark.system

MARKUP = "<img src=x onerror=alert(1)><b>Message</b> & \"quotes\" 'too'"
TODAY = START.date()
DAY = timedelta(days=1)


def row(page, table, heading):
    """The cells of a table's row, without the heading."""
    found = page.locator(f"#{table}-table tbody tr").filter(
        has=page.get_by_role("rowheader", name=heading, exact=True)
    )
    expect(found).to_have_count(1)
    return [text.replace("\u00a0", " ") for text in found.locator("td").all_text_contents()]


def headings(page, table):
    expect(page.locator(f"#{table}-table tbody tr").first).to_be_visible()
    return page.locator(f"#{table}-table tbody th").all_text_contents()


def slider(page, chart):
    found = page.locator(f"#{chart} [role=slider]")
    expect(found).to_be_visible()
    return found


def over(chart, index, size):
    """The position of a bar in a chart of so many, for the pointer."""
    return {"x": chart.bounding_box()["width"] * (index + 0.5) / size, "y": 20}


def readout(page, chart):
    return page.locator(f"#{chart} .readout")


def amounts(server, day, series="energy"):
    """{column: amount} of a day so far."""
    answer = server.house.history(series, "day", day, day + DAY)
    return dict(zip(answer["columns"][1:-1], answer["rows"][0][1:-1]))


def kwh(watt_hours):
    return f"{watt_hours / 1000:,.2f} kWh"


def imported(day):
    return day["import_t1"] + day["import_t2"]


def exported(day):
    return day["export_t1"] + day["export_t2"]


def test_each_phase_has_power_voltage_and_current(device, look):
    server = device(frozen=True)
    page = look(server)
    expect(page.locator("#phases-table tbody tr")).to_have_count(3)
    for number, phase in enumerate(server.house.reading().phases, 1):
        power = phase.power_used_w - phase.power_generated_w
        voltage, current = phase.voltage_dv / 10, phase.current_ca / 100
        texts = [f"{power:,} W", f"{voltage:.1f} V", f"{current:.1f} A"]
        assert row(page, "phases", f"L{number}") == texts


def test_a_meter_with_one_phase_has_one_row(device, look):
    page = look(device("s211"))
    expect(page.locator("#phases-table tbody tr")).to_have_count(1)


def test_what_a_meter_does_not_send_is_not_shown(device, look):
    server = device()
    names = ("total_power_used", "total_power_generated", "timestamp", "gas_used", "water_used")
    whole = server.house.values

    def values():
        return {
            name: value
            for name, value in whole().items()
            if name not in names and not name.startswith(("l1", "l2", "l3"))
        }

    server.house.values = values
    page = look(server)
    expect(page.locator("#registers-table tbody tr")).to_have_count(4)
    expect(page.locator("#power")).to_have_text("–")
    expect(page.locator("#phases")).to_be_hidden()
    expect(page.locator("#quarter")).to_be_hidden()
    expect(page.locator("#banner")).to_be_hidden()


def test_registers_have_the_meters_decimals(device, look):
    server = device(frozen=True)
    page = look(server)
    expect(page.locator("#registers-table tbody tr")).to_have_count(6)
    reading = server.house.reading()
    used = f"{reading.energy_used_tariff_1_wh / 1000:,.3f} kWh"
    assert row(page, "registers", "Import, tariff 1") == [used]
    assert row(page, "registers", "Gas") == [f"{reading.gas_dm3 / 1000:,.3f} m³"]


def test_a_meter_with_totals_only_shows_them(device, look):
    server = device()
    whole = server.house.values
    server.house.values = lambda: {
        name: value for name, value in whole().items() if "_tariff_" not in name
    }
    page = look(server)
    expect(page.locator("#registers-table tbody tr")).to_have_count(4)
    assert headings(page, "registers") == ["Import", "Export", "Gas", "Water"]


def test_the_quarter_hour_says_where_it_ends_and_what_is_left(device, look):
    server = device(frozen=True)
    page = look(server)
    values = server.house.values()
    expect(page.locator("#quarter")).to_be_visible()
    assert row(page, "quarter", "Average so far") == [
        f"{values['current_average_demand'] / 1000:.2f} kW"
    ]
    assert row(page, "quarter", "Will end at") == [f"{values['demand_forecast'] / 1000:.2f} kW"]
    # 4.3 kW that came on 80 seconds ago lead to more than the month's peak of 2.66 kW.
    expect(page.locator("#verdict")).to_have_text("Heading for a new peak above 2.66\u00a0kW")
    left = (values["max_demand_month"] - values["current_average_demand"]) / 4
    assert row(page, "quarter", "May still be used") == [kwh(left)]
    assert row(page, "quarter", "Peak of this month") == ["2.66 kW, Sat 7 Nov, 08:15"]


def test_a_calm_quarter_hour_stays_below_the_peak(device, look):
    page = look(device(start=datetime(2026, 11, 24, 3, 5)))
    expect(page.locator("#verdict")).to_have_text("Stays below 2.66\u00a0kW")


def test_below_the_floor_no_peak_is_new(device, look):
    server = device(frozen=True)
    server.house.more = {
        "max_demand_month": 1200,
        "current_average_demand": 900,
        "demand_forecast": 1900,
        "demand_headroom": (2500 - 900) * 900 // 821,
    }
    page = look(server)
    expect(page.locator("#verdict")).to_have_text("Stays below 2.50\u00a0kW")


def test_months_and_the_average_that_is_billed(device, look):
    server = device(frozen=True)
    page = look(server)
    values = server.house.values()
    average = values["demand_average_12_months"] / 1000
    expect(readout(page, "months")).to_have_text(f"Average that is billed: {average:.2f}\u00a0kW")
    chart = slider(page, "months")
    expect(chart).to_have_attribute("aria-valuemax", "13")
    chart.focus()
    chart.press("Home")
    first = values["max_demand_history"][0]["value"] / 1000
    expect(readout(page, "months")).to_contain_text(f"October 2025: {first:.2f}\u00a0kW")
    chart.press("End")
    expect(chart).to_have_attribute(
        "aria-valuetext", "November 2026: 2.66\u00a0kW, Sat 7 Nov, 08:15"
    )


def test_a_belgian_meter_without_peaks_says_what_to_do(device, look):
    page = look(device(peaks=False))
    expect(page.locator("#no-peaks")).to_contain_text("renew it at your grid operator")
    expect(page.locator("#quarter-table")).to_contain_text("Average so far")
    expect(page.locator("#verdict")).to_be_hidden()
    expect(page.locator("#months")).to_be_hidden()


@pytest.mark.parametrize("version", ["50213", "50216", "50", "42"])
def test_a_meter_that_cannot_send_peaks_is_not_blamed(device, look, version):
    server = device(peaks=False, more={"protocol_version": version})
    whole = server.house.values
    server.house.values = lambda: {
        name: value for name, value in whole().items() if "demand" not in name
    }
    page = look(server)
    expect(page.locator("#phases")).to_be_visible()
    expect(page.locator("#quarter")).to_be_hidden()


def test_a_dutch_meter_has_no_quarter_hour(device, look):
    page = look(device("dsmr5"))
    expect(page.locator("#phases")).to_be_visible()
    expect(page.locator("#quarter")).to_be_hidden()


def test_today_is_compared_with_yesterday_at_this_time(device, look):
    server = device(frozen=True)
    page = look(server)
    today, yesterday = (
        amounts(server, TODAY),
        server.house.history("energy", "quarter", TODAY - DAY, TODAY),
    )
    until = START - DAY
    before = 0
    for time, import_t1, *_ in yesterday["rows"]:
        begin = datetime.fromisoformat(time).replace(tzinfo=None)
        share = (until - begin - timedelta(seconds=1)) / timedelta(minutes=15)
        before += import_t1 * max(0, min(1, share))
    cells = row(page, "today", "Import, tariff 1")
    assert cells[:2] == [kwh(today["import_t1"]), kwh(before)]
    change = today["import_t1"] / before - 1
    assert cells[2] == f"{change:+.0%}"
    assert headings(page, "today") == [
        "Import, tariff 1",
        "Import, tariff 2",
        "Export, tariff 1",
        "Gas",
        "Water",
    ]
    assert row(page, "today", "Water")[0] == f"{amounts(server, TODAY, 'water')['water']} L"


def test_today_goes_on_with_the_registers(device, look):
    server = device(frozen=True)
    page = look(server)
    so_far = amounts(server, TODAY)["import_t1"]
    assert row(page, "today", "Import, tariff 1")[0] == kwh(so_far)
    register = server.house.values()["power_used_tariff_1"]
    server.house.more = {"power_used_tariff_1": register + 1.5}
    expect(page.locator("#today-table")).to_contain_text(kwh(so_far + 1500).split()[0])


def test_the_days_of_a_month_are_bars(device, look):
    server = device(frozen=True)
    page = look(server)
    chart = slider(page, "days-bars")
    expect(chart).to_have_attribute("aria-valuemax", "30")
    chart.focus()
    chart.press("End")
    today = amounts(server, TODAY)
    said = f"Tue 24 Nov: Import {kwh(imported(today))}, Export {kwh(exported(today))}"
    assert readout(page, "days-bars").text_content().replace("\u00a0", " ") == said
    chart.press("Home")
    expect(readout(page, "days-bars")).to_contain_text("Sun 25 Oct: Import")
    page.locator("#days h2").click()
    expect(readout(page, "days-bars")).to_contain_text("Import ")
    expect(readout(page, "days-bars")).not_to_contain_text("Oct")


def test_enter_on_a_day_shows_its_quarter_hours(device, look):
    server = device(frozen=True)
    page = look(server)
    chart = slider(page, "days-bars")
    chart.focus()
    for key in ("End", "ArrowLeft", "ArrowLeft", "ArrowLeft", "Enter"):
        chart.press(key)
    expect(page.locator("#day-date")).to_have_value("2026-11-21")
    day = amounts(server, date(2026, 11, 21))
    expect(readout(page, "day-bars")).to_contain_text(
        f"Sat 21 Nov: Import {imported(day) / 1000:.2f}"
    )
    assert any("from=2026-11-21&to=2026-11-22" in request for request in server.requests)


def test_a_click_on_a_day_shows_its_quarter_hours(device, look):
    page = look(device())
    expect(page.locator("#days")).to_be_visible()
    chart = slider(page, "days-bars")
    chart.click(position=over(chart, 20, 31))
    expect(page.locator("#day-date")).to_have_value("2026-11-14")


def test_the_pointer_says_what_is_below_it(device, look):
    page = look(device())
    expect(page.locator("#day")).to_be_visible()
    chart = slider(page, "day-bars")
    chart.hover(position=over(chart, 12, 96))
    expect(readout(page, "day-bars")).to_contain_text("03:00–03:15: Import ")
    page.mouse.move(0, 0)
    expect(readout(page, "day-bars")).to_contain_text("Tue 24 Nov: ")


def test_a_quarter_hour_is_shown_as_its_average_power(device, look):
    server = device(frozen=True)
    page = look(server)
    expect(page.locator("#day")).to_be_visible()
    chart = slider(page, "day-bars")
    chart.focus()
    chart.press("Home")
    rows = server.house.history("energy", "quarter", TODAY, TODAY + DAY)["rows"]
    power = 4 * (rows[0][1] + rows[0][2]) / 1000
    expect(readout(page, "day-bars")).to_contain_text(f"00:00–00:15: Import {power:.2f}\u00a0kW")
    chart.press("End")
    expect(readout(page, "day-bars")).to_have_text("23:45–00:00: –")


def test_days_before_and_after(device, look):
    page = look(device())
    expect(page.locator("#day-date")).to_have_value("2026-11-24")
    expect(page.locator("#day-after")).to_be_disabled()
    page.get_by_role("button", name="Previous day").click()
    expect(page.locator("#day-date")).to_have_value("2026-11-23")
    page.get_by_role("button", name="Next day").click()
    expect(page.locator("#day-date")).to_have_value("2026-11-24")
    page.locator("#day-date").fill("2026-11-02")
    expect(readout(page, "day-bars")).to_contain_text("Mon 2 Nov: ")


@pytest.mark.parametrize(
    ("start", "day", "quarters"),
    [
        (datetime(2026, 10, 26, 12), "2026-10-25", 100),
        (datetime(2026, 3, 30, 12), "2026-03-29", 92),
    ],
)
def test_a_day_on_which_the_time_changes_has_all_its_hours(device, look, start, day, quarters):
    server = device(start=start, frozen=True)
    page = look(server)
    expect(page.locator("#day")).to_be_visible()
    page.get_by_role("button", name="Previous day").click()
    expect(page.locator("#day-date")).to_have_value(day)
    chart = slider(page, "day-bars")
    expect(chart).to_have_attribute("aria-valuemax", str(quarters - 1))
    chart.focus()
    chart.press("End")
    expect(readout(page, "day-bars")).to_contain_text("23:45–00:00: Import ")
    said = []
    for _ in range(quarters - 12):
        chart.press("ArrowLeft")
        said.append(readout(page, "day-bars").text_content()[:11])
    assert said[-1] == {100: "02:45–03:00", 92: "03:45–04:00"}[quarters]


def test_gas_and_water_have_their_own_bars(device, look):
    server = device(frozen=True)
    page = look(server)
    page.get_by_text("Gas", exact=True).first.click()
    total = sum(
        row[1] for row in server.house.history("gas", "day", TODAY - 30 * DAY, TODAY + DAY)["rows"]
    )
    expect(readout(page, "days-bars")).to_have_text(f"{total / 1000:,.2f}\u00a0m³")
    today = amounts(server, TODAY, "gas")["gas"]
    expect(readout(page, "day-bars")).to_have_text(f"Tue 24 Nov: {today / 1000:.2f}\u00a0m³")
    page.get_by_role("radio", name="Water").focus()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("radio", name="Water")).to_be_checked()
    expect(readout(page, "days-bars")).to_contain_text("\u00a0L")


def test_a_house_without_water_does_not_offer_it(device, look):
    server = device("s211")
    page = look(server)
    expect(page.locator("#series-gas")).to_be_visible()
    expect(page.locator("#series-water")).to_be_hidden()
    assert not any("series=water" in request for request in server.requests)


def test_a_gap_is_pale_and_said(device, look):
    server = device()
    server.house.gaps.add(to_utc(datetime(2026, 11, 24, 1, 0)))
    page = look(server)
    expect(page.locator("#day")).to_be_visible()
    chart = slider(page, "day-bars")
    chart.focus()
    for key in ("Home", *["ArrowRight"] * 4):
        chart.press(key)
    expect(readout(page, "day-bars")).to_contain_text("course not known")
    assert page.locator("#day-bars .pale").get_attribute("d").startswith("M4.1 ")


def test_without_history_the_page_says_so_and_goes_on(device, look):
    server = device()
    server.history = False
    page = look(server, install_clock=True)
    expect(page.locator("#no-history")).to_have_text("There is no history yet.")
    for card in ("today", "days", "day"):
        expect(page.locator(f"#{card}")).to_be_hidden()
    expect(page.locator("#power")).not_to_have_text("–")
    server.history = True
    page.clock.fast_forward(61_000)
    expect(page.locator("#days")).to_be_visible()
    expect(page.locator("#no-history")).to_be_hidden()


def test_a_reader_that_keeps_power_only_shows_the_last_day(device, look):
    server = device(frozen=True)
    server.history = "power"
    page = look(server, install_clock=True)
    expect(page.locator("#day")).to_be_visible()
    for card in ("today", "days", "no-history"):
        expect(page.locator(f"#{card}")).to_be_hidden()
    chart = slider(page, "day-bars")
    chart.focus()
    chart.press("Home")
    rows = server.house.history("power", "minute", TODAY, TODAY + DAY)["rows"]
    first = [row[1] for row in rows if row[0] >= "2026-11-24T00:00:00"][:3]
    power = sum(first) / 3 / 1000
    expect(readout(page, "day-bars")).to_contain_text(f"00:00–00:15: Import {power:.2f}\u00a0kW")
    chart.press("End")
    expect(readout(page, "day-bars")).to_have_text("23:45–00:00: –")
    # Of the day before it has a part, and of none before that.
    page.get_by_role("button", name="Previous day").click()
    expect(page.locator("#day-date")).to_have_value("2026-11-23")
    expect(page.get_by_role("button", name="Previous day")).to_be_disabled()
    chart.focus()
    chart.press("End")
    expect(readout(page, "day-bars")).to_contain_text("23:45–00:00: Import ")
    expect(page.locator("#day-error")).to_be_hidden()
    # It is asked again in a quarter-hour, and not each minute.
    asked = server.asked("/history")
    page.clock.fast_forward(61_000)
    expect(page.locator("#power")).not_to_have_text("–")
    assert server.asked("/history") == asked


def test_history_is_asked_for_once_in_a_quarter_hour(device, look):
    server = device(start=datetime(2026, 11, 24, 18, 15, 14))
    page = look(server)
    expect(page.locator("#days")).to_be_visible()
    asked = server.asked("/history")
    # At 18:15:20 the quarter-hour that has ended is there.
    pattern = "**/history?series=energy&resolution=day*"
    with page.expect_response(pattern, timeout=15_000):
        pass
    assert server.asked("/history") == 2 * asked


def test_text_of_the_meter_is_never_markup(device, look):
    more = {"text_message": MARKUP, "identification": MARKUP, "power_device_serial_number": MARKUP}
    server = device(more=more)
    server.health["version"] = MARKUP
    server.health["settings_problems"] = [MARKUP]
    page = look(server)
    assert row(page, "meter", "Message") == [MARKUP]
    assert row(page, "meter", "Identification") == [MARKUP]
    expect(page.locator("#reader-table tbody tr")).to_have_count(9)
    assert row(page, "reader", "Wrong settings") == [MARKUP]
    assert page.locator("main img, main b").count() == 0


def test_an_error_of_the_reader_is_text_too(device, look):
    server = device()
    server.stale = MARKUP
    page = look(server)
    expect(page.locator("#banner-why")).to_have_text(MARKUP)
    assert page.locator("main img, main b").count() == 0


def test_the_reader_says_how_it_is(device, look):
    server = device()
    server.health["errors"] = [{"task": "web", "error": "OSError: 104", "times": 2}]
    server.health["problems"] = [{"obis": "0-1:24.2.1", "reason": "value"}]
    page = look(server)
    expect(page.locator("#reader-table tbody tr")).to_have_count(9)
    assert row(page, "reader", "Board") == ["esp32, plain"]
    assert row(page, "reader", "WiFi signal") == ["78 %, -61 dBm"]
    assert row(page, "reader", "Running for") == ["3 days"]
    assert row(page, "reader", "Rejected") == ["crc 3"]
    assert row(page, "reader", "Errors") == ["OSError: 104"]
    assert row(page, "reader", "Lines not used") == ["0-1:24.2.1 value"]
    assert row(page, "reader", "Wrong settings") == ["none"]


def test_what_machines_read_is_linked(device, look):
    page = look(device())
    links = page.locator("footer a").evaluate_all(
        "(all) => all.map((link) => link.getAttribute('href'))"
    )
    assert links == [
        "/metrics",
        "/metrics?format=prometheus",
        "/telegram",
        "/api/v1/data",
        "/healthz",
        "/log",
        "/history?series=energy&resolution=day&format=csv",
    ]
