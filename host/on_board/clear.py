# Runs on the board, sent by host.deploy first: the program that was interrupted lets go of the
# memory, or there may be too little left to write a file. It cannot go on after this; a reset
# starts the one that is sent.
import sys

for _name in list(sys.modules):
    if _name != "__main__":
        del sys.modules[_name]
for _name in list(globals()):
    if not _name.startswith("__"):
        del globals()[_name]

import gc  # noqa: E402  not before its name would have gone too

gc.collect()
