"""Make a board ready: find it, put MicroPython and the program on it, set it up, start it.

python -m host.setup
"""

import argparse
import sys

from host import build, flash, session, tree
from host.setup import answers, boards, steps


def set_up(given):
    """All of it; prints what it does."""
    setup = steps.Setup(given)
    print("1. Looking for the board ...", flush=True)
    setup.find_port()
    print("2. Looking for MicroPython on it ...", flush=True)
    setup.find_micropython()
    print("3. Sending the program ...", flush=True)
    setup.send_program()
    print("\n4. Settings", flush=True)
    setup.read_settings()
    setup.choose_kind()
    settings = {**setup.kind.settings, **setup.ask_wifi(), **setup.ask_name()}
    made, key = setup.make_secrets()
    setup.write({**settings, **made}, key)
    print("5. Starting the board ...", flush=True)
    urls = setup.start()
    steps.show(setup, made, urls)


def arguments():
    parser = argparse.ArgumentParser(
        prog="python -m host.setup",
        description="Make a board ready. What no flag says is asked for; it can be run again.",
    )
    parser.add_argument("--port", help="the board's serial port; default: the one that is found")
    parser.add_argument("--firmware", metavar="FILE", help="MicroPython's image, if there is none")
    parser.add_argument(
        "--board", choices=[kind.name for kind in boards.BOARDS], help="which board it is"
    )
    parser.add_argument("--wifi-name", metavar="NAME")
    parser.add_argument("--wifi-password", metavar="PASSWORD", help='"" for a network without one')
    parser.add_argument(
        "--hotspot", action="store_true", help="leave WiFi to the board's own hotspot"
    )
    parser.add_argument("--name", help="what the board is called in the network")
    parser.add_argument(
        "--new-secrets", action="store_true", help="make all passwords and the update key anew"
    )
    return parser


def main(argv=None):
    given = arguments().parse_args(argv)
    try:
        set_up(given)
    except (
        *(steps.SetupError, answers.NoAnswer, flash.FlashError, session.BoardError),
        *(build.BuildError, tree.TreeError, OSError),
    ) as error:
        print(f"setup: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nsetup: stopped. Run it again; it goes on where it is needed.", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
