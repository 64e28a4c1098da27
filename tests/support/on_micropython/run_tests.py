"""Runs test files that need no pytest, for a MicroPython: arguments are the names of modules.

Prints a line for each test: "ok" or "failed", the module, the test. Ends with 1 if one failed.
"""

import sys

failed = 0
for name in sys.argv[1:]:
    module = __import__(name)
    for test in sorted(dir(module)):
        if test.startswith("test_"):
            try:
                getattr(module, test)()
                print("ok", name, test)
            except Exception as error:
                failed += 1
                print("failed", name, test)
                sys.print_exception(error)
sys.exit(1 if failed else 0)
