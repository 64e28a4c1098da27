"""What the tests of the page need: devices to look at, and a browser that looks."""

import contextlib
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

from page.browser import chromium
from page.house import House
from page.mock import Server

expect.set_options(timeout=10_000)


@pytest.fixture(scope="module")
def browser():
    # While it runs, asyncio takes a loop to be running in this thread, which asyncio.run in other
    # tests refuses: so it ends with the file.
    with chromium() as running:
        yield running


@pytest.fixture
def device():
    """A function that starts a device: device(kind, peaks=…, places=…, …) -> Server.

    What `House` knows goes to the house, the rest to the server.
    """
    with contextlib.ExitStack() as stack:

        def start(kind="t211", places=1, password="", every=1.0, **house):
            server = Server(House(kind, **house), 0, places, password, every)
            return stack.enter_context(server)

        yield start


@pytest.fixture
def look(browser):
    """A function that opens a device's page: look(device, path, width=…, …) -> playwright's Page.

    Its attribute `complaints` has what the browser found wrong: errors on the console, but not
    those that say only that an answer was not 200 or that a connection failed, exceptions, and
    requests to elsewhere. At the end of a test there must be none.
    """
    contexts, pages = [], []

    def open_page(device, path="", width=1280, height=900, install_clock=False, **options):
        options.setdefault("locale", "en-GB")
        options["viewport"] = {"width": width, "height": height}
        context = browser.new_context(**options)
        contexts.append(context)
        page = context.new_page()
        page.complaints = complaints = []
        pages.append(page)

        def hear(message):
            if message.type == "error" and not message.text.startswith("Failed to load resource"):
                complaints.append(message.text)

        def asked(request):
            if request.url.startswith("http") and urlsplit(request.url).port != device.port:
                complaints.append(f"asked for {request.url}")

        page.on("console", hear)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        context.on("request", asked)
        if install_clock:
            page.clock.install()
        page.goto(device.url + path)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert [complaint for page in pages for complaint in page.complaints] == []
