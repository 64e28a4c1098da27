"""Make the pictures of docs/page.md and of the README: python tests/page/screenshots.py

The house's time stands still, so that they show the same each time; the font is the system's. The
pictures in the repository were made with fonts-inter as fontconfig's system-ui.
"""

import sys
from datetime import datetime
from pathlib import Path

REPO = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(REPO), str(REPO / "tests")]

from playwright.sync_api import expect  # noqa: E402

from page.browser import chromium  # noqa: E402
from page.house import START, House  # noqa: E402
from page.mock import Server  # noqa: E402

#: Bytes of a picture that the README shows, at most.
LIMIT = 120_000

STALE = "The last telegram is 31 seconds old; has the cable come out?"
WIDE = {"viewport": {"width": 1280, "height": 840}, "locale": "en-GB"}
PHONE = {
    "viewport": {"width": 360, "height": 740},
    "locale": "en-GB",
    "color_scheme": "dark",
    "device_scale_factor": 2,
}

#: A summer's noon, at which import has just become export.
NOON = datetime(2026, 6, 14, 12, 19, 45)

#: name: (the house's moment, the browser's options, whether to show all, the reader's complaint)
PICTURES = {
    "page-wide": (NOON, WIDE, False, None),
    "page-phone": (START, PHONE, False, None),
    "page-all": (NOON, WIDE, True, None),
    "page-stale": (START, PHONE, False, STALE),
}


def picture(browser, name, moment, options, whole, complaint):
    with Server(House(start=moment, frozen=True)) as server:
        context = browser.new_context(**options)
        page = context.new_page()
        page.goto(server.url)
        expect(page.locator("#day")).to_be_visible()
        expect(page.locator("#reader-table tbody tr")).to_have_count(9)
        if complaint:
            server.stale_for(31, complaint)
            expect(page.locator("#banner")).to_be_visible()
        path = REPO / "docs" / f"{name}.png"
        page.screenshot(path=path, full_page=whole)
        context.close()
    size = path.stat().st_size
    print(f"{path.relative_to(REPO)}: {size} bytes")
    return size


def main():
    with chromium() as browser:
        sizes = {name: picture(browser, name, *how) for name, how in PICTURES.items()}
    return max(sizes["page-wide"], sizes["page-phone"]) > LIMIT


if __name__ == "__main__":
    sys.exit(main())
