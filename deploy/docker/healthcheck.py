"""Docker's health check: exit code 0 if the program answers at /livez, else 1 and a sentence.

    python healthcheck.py [port]

The port is else that of the setting POWER_READOUT_HTTP_PORT, or 80. A meter that is silent is no
reason to start the program anew, so /readyz is not asked.
"""

import os
import sys
import urllib.request


def main(argv):
    port = argv[0] if argv else os.environ.get("POWER_READOUT_HTTP_PORT", "80")
    url = f"http://127.0.0.1:{port}/livez"
    try:
        with urllib.request.urlopen(url, timeout=4) as answer:
            answer.read()
    except OSError as error:
        print(f"{url} does not answer: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
