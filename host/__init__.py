"""What only a PC needs: building the board's files, sending them, watching the board."""

import os
import sys


def _python():
    here = os.getcwd() + os.sep
    return sys.executable.removeprefix(here) or "python"


#: This Python as a person types it, for the commands in what is printed: the tools that they name
#: are installed in the project's own environment, not beside any other `python`.
PYTHON = _python()
