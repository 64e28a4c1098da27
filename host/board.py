"""Talk to a board that runs: its prompt, a restart, what it says.

python -m host.board repl|reset|logs --port /dev/ttyUSB0
"""

import argparse
import re
import subprocess
import sys
import time

from host import session

BAUD = 115200

#: Seconds in which a board's program must have said that it runs; and what it says then, what it
#: says where it cannot go on, and what its prompt says where it has ended.
START_S = 30
STARTED = re.compile(r"^power-readout \d", re.MULTILINE)
ENDED = re.compile(r"^(The program cannot go on|Traceback .*\n(?s:.*)\n>>> )", re.MULTILINE)

#: A board with its own USB disappears while it restarts; so long `logs` waits for it.
RETURN_S = 10


def repl(port):
    """mpremote's terminal, on the program as it runs."""
    print(
        "Ctrl-C stops the program and gives the prompt: status(), telegram(), config(), and run() "
        "to go on. Ctrl-] leaves.",
        flush=True,
    )
    done = subprocess.run(session.command(port, "repl"), stderr=subprocess.PIPE)
    if done.returncode:
        raise session.explain(port, done.stderr.decode(errors="replace"))


def reset(port):
    """Restart the board, program and all, and look whether the program comes up."""
    for _ in session.run(port, "reset"):
        pass
    print("The board restarts. It says:", flush=True)
    watch_start(port)
    argument = f" PORT={port}" if port else ""
    print(f"The program runs. What it says from now on: make logs{argument}")


def watch_start(port, seconds=START_S):
    """Print what the board says until its program has come up.

    Raises BoardError if the program ends instead, or nothing is heard of it in so many seconds.
    """
    watch(port, STARTED, seconds)


def watch(port, pattern, seconds):
    """Print what the board says until it matches a pattern; returns the match.

    Raises BoardError as `watch_start` does.
    """
    ports = session.usb_ports() if port is None else [port]
    if not ports:
        raise session.explain(port, "no device found")
    line = _reopen(ports[0])
    said = ""
    end = time.monotonic() + seconds
    try:
        while time.monotonic() < end:
            try:
                data = line.read(line.in_waiting or 1)
            except OSError:
                # A board with its own USB goes away as it restarts.
                line.close()
                line = _reopen(ports[0])
                continue
            text = data.decode(errors="replace")
            print(text, end="", flush=True)
            said += text
            found = pattern.search(said)
            if found:
                return found
            if ENDED.search(said):
                raise session.BoardError(
                    "the program did not come up: what the board says above begins with its "
                    "reason. Mend that, then: make deploy, make reset."
                )
    finally:
        line.close()
    raise session.BoardError(
        f"nothing was heard of the program in {seconds} s. Is it there (make deploy)? Press the "
        "board's reset button, and look at: make logs"
    )


def logs(port):
    """Print what the board says, without a byte to it, until Ctrl-C."""
    ports = session.usb_ports() if port is None else [port]
    if not ports:
        raise session.explain(port, "no device found")
    port = ports[0]
    print(f"Listening to {port}. Ctrl-C ends this; the board goes on.", flush=True)
    line = _open(port)
    while True:
        try:
            # What is there, but at least one byte: blocks for the timeout at most.
            data = line.read(line.in_waiting or 1)
        except OSError:
            line.close()
            print("\n(the board went away; waiting for it)", flush=True)
            line = _reopen(port)
            continue
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()


def _open(port):
    import serial

    try:
        return serial.serial_for_url(port, BAUD, timeout=0.5, exclusive=True)
    except (OSError, ValueError):
        raise session.explain(port, "failed to access") from None


def _reopen(port):
    deadline = time.monotonic() + RETURN_S
    while True:
        try:
            return _open(port)
        except session.BoardError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)


def main(argv=None):
    parser = argparse.ArgumentParser(
        prog="python -m host.board", description="Talk to a board that runs."
    )
    parser.add_argument(
        "what",
        choices=("repl", "reset", "logs"),
        help="repl: its prompt; reset: restart it; logs: what it says, without a disturbance",
    )
    parser.add_argument(
        "--port", help="the board's serial port, such as /dev/ttyUSB0; default: the first found"
    )
    args = parser.parse_args(argv)
    port = args.port or None
    try:
        if args.what == "repl":
            repl(port)
        elif args.what == "reset":
            reset(port)
        else:
            logs(port)
    except session.BoardError as error:
        print(f"{args.what}: {error}", file=sys.stderr)
        return 1
    except BrokenPipeError:
        pass  # What read the logs, such as `head`, has enough.
    except KeyboardInterrupt:
        print()
    return 0


if __name__ == "__main__":
    sys.exit(main())
