"""What is said where a package of PyPI has not been installed."""

import sys
from pathlib import Path

_REQUIREMENTS = Path(__file__).with_name("requirements.txt")


def explain(error: ModuleNotFoundError) -> None:
    """End the program with the command that installs it. A module of ours is an error of ours."""
    if not error.name or error.name.partition(".")[0] in ("dsmr", "firmware", "host"):
        raise error
    sys.exit(
        f"The package {error.name} is missing. Install what the program needs:\n"
        f"{sys.executable} -m pip install -r {_REQUIREMENTS}"
    )
