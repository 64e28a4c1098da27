"""Chromium as the tests and the screenshots use it, and axe-core in it."""

import contextlib
import os
import subprocess

from playwright.sync_api import sync_playwright

from host.tree import REPO

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

AXE = "axe-core@4.14.1"
_AXE_FOLDER = REPO / "build" / "axe"


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
    """The script of axe-core, which npm installs into build/ once."""
    script = _AXE_FOLDER / AXE / "node_modules" / "axe-core" / "axe.min.js"
    if not script.is_file():
        prefix = str(_AXE_FOLDER / AXE)
        command = ["npm", "install", "--silent", "--ignore-scripts", "--prefix", prefix, AXE]
        subprocess.run(command, check=True)
    return script.read_text(encoding="utf-8")
