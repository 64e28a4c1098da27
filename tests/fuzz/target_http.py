"""Feeds the web server with what atheris makes up; `make fuzz` starts it."""

import sys
from pathlib import Path

import atheris

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "lib"), str(ROOT / "tests"), str(ROOT / "tests" / "support")]

with atheris.instrument_imports(include=["firmware", "microdot"]):
    import microdot  # noqa: F401

    import firmware.app
    import firmware.http.pages  # noqa: F401  the program imports it when it starts

from fuzz import http_side  # noqa: E402

if __name__ == "__main__":
    side = http_side.Side()
    atheris.Setup(sys.argv, side.check)
    atheris.Fuzz()
