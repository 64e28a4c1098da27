"""Chromium as the tests and the screenshots use it, and axe-core in it."""

import contextlib
import importlib.resources
import os

from playwright.sync_api import sync_playwright

#: Debian's; playwright's own would be downloaded.
CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")

#: It asks nobody for anything that the page does not ask for.
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@contextlib.contextmanager
def chromium():
    """A running browser."""
    if not os.access(CHROMIUM, os.X_OK):
        raise FileNotFoundError(
            f"There is no {CHROMIUM}: apt-get install chromium, or name another in CHROMIUM."
        )
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        try:
            yield browser
        finally:
            browser.close()


def axe_source():
    """The script of axe-core, which comes in a package from PyPI."""
    script = importlib.resources.files("axe_playwright_python") / "axe.min.js"
    return script.read_text(encoding="utf-8")
