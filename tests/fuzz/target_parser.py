"""Feeds the parser with what atheris makes up; `make fuzz` starts it."""

import sys
from pathlib import Path

import atheris

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "lib"), str(ROOT / "tests"), str(ROOT / "tests" / "support")]

# Only what is under test tells the fuzzer where it has been.
with atheris.instrument_imports(include=["dsmr", "firmware"]):
    import dsmr.asdict  # noqa: F401
    import firmware.renderers.metrics
    import firmware.renderers.prometheus  # noqa: F401

from fuzz import inputs, oracle  # noqa: E402


def one_input(data):
    stream, how = inputs.decode(data)
    oracle.check(stream, **how)


if __name__ == "__main__":
    atheris.Setup(sys.argv, one_input)
    atheris.Fuzz()
