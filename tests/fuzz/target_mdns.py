"""Feeds the mDNS responder with what atheris makes up; `make fuzz` starts it."""

import sys
from pathlib import Path

import atheris

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "lib"), str(ROOT / "tests"), str(ROOT / "tests" / "support")]

# Only what is under test tells the fuzzer where it has been.
with atheris.instrument_imports(include=["mdns"]):
    import mdns.builder
    import mdns.prober
    import mdns.resolver
    import mdns.responder  # noqa: F401

import mdns_side  # noqa: E402

if __name__ == "__main__":
    atheris.Setup(sys.argv, mdns_side.check)
    atheris.Fuzz()
