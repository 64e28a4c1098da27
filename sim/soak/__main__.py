"""`python -m sim.soak`: see `sim.soak.command`."""

import sys

from sim.soak.command import main

sys.exit(main())
