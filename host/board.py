"""Talk to a board that runs: its prompt, a restart, what it says.

python -m host.board repl|reset|logs --port /dev/ttyUSB0
"""

import argparse
import subprocess
import sys
import time

from host import session

BAUD = 115200

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
    """Restart the board, program and all."""
    for _ in session.run(port, "reset"):
        pass
    argument = f" PORT={port}" if port else ""
    print(f"The board restarts. What it says: make logs{argument}")


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
