"""`python tests/fuzz`, which `make fuzz` runs."""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "lib"), str(ROOT / "tests"), str(ROOT / "tests" / "support")]

from fuzz.command import main  # noqa: E402

sys.exit(main())
