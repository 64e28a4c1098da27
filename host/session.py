"""One mpremote session with a board, and what to do when it fails.

mpremote is run as a command: its command line is documented, the classes behind it are declared
subject to change. A session costs seconds on a board, so that one carries as many scripts as there
are. `resume` keeps mpremote from a soft reset, which would clear the memory but leave a watchdog
running; Ctrl-C, which it sends in any case, lets the firmware close in order and give the watchdog
a long timeout.
"""

import json
import os
import queue
import stat
import subprocess
import sys
import threading

from host import PYTHON

#: A board that says nothing for so many seconds is lost. mpremote itself gives up on the prompt
#: after 10, but waits for ever for a board that was reset in the middle.
IDLE_S = 15

#: What our scripts on the board put before each line that is for us.
MARK = "\x02"

#: Parts of what mpremote prints when the port or the board went away in the middle.
_LOST = (
    "unexpected read",
    "could not complete",
    "could not exec",
    "timeout waiting",
    "disconnected",
    "write failed",
    "[Errno 5]",
    "ClearCommError",
    "WriteFile",
)


class BoardError(Exception):
    """The board cannot be reached or does not do it; the text says why and what to do."""


class BoardLost(BoardError):
    """The board stopped in the middle; what has arrived there is kept, so that it can go on."""

    #: Whole files that had arrived in this session.
    arrived = 0


def command(port, *words):
    """mpremote's command line for a board at `port`, or at the first port that it finds."""
    return [sys.executable, "-m", "mpremote", *(("connect", port) if port else ()), *words]


def shown(port, *words):
    """mpremote's command line as a person types it."""
    return " ".join([PYTHON, *command(port, *words)[1:]])


def run_scripts(port, scripts):
    """Run script files on the board in one session; yields what `run` yields."""
    words = []
    for script in scripts:
        words += ["run", str(script), "+"]
    return run(port, *words[:-1])


def run(port, *words):
    """Give mpremote its words in one session; yields each event: a list, its kind first."""
    process = subprocess.Popen(
        command(port, "resume", *words),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    lines: queue.Queue = queue.Queue()
    threading.Thread(target=_read, args=(process.stdout, lines), daemon=True).start()
    noise = []
    answered = False
    try:
        while True:
            try:
                line = lines.get(timeout=IDLE_S)
            except queue.Empty:
                raise _silent(port, answered) from None
            if line is None:
                break
            event = _event(line)
            if event is None:
                noise.append(line)
                continue
            answered = True
            yield event
        if process.wait():
            raise explain(port, "\n".join(noise))
    finally:
        process.kill()
        process.wait()


def _read(stream, lines):
    for line in stream:
        lines.put(line.decode(errors="replace").strip())
    lines.put(None)


def _event(line):
    """The event on a line, behind whatever the program printed before it, or None."""
    _, mark, text = line.partition(MARK)
    try:
        return json.loads(text) if mark else None
    except ValueError:
        return None


def place(port):
    return port or "the first serial port found"


def _silent(port, answered):
    if answered:
        return BoardLost(
            f"The board at {place(port)} stopped answering: a pulled cable, or a watchdog that "
            "restarted it. It keeps the program that it had; run the same command again."
        )
    return _no_prompt(port)


def _no_prompt(port):
    return BoardError(
        f"The board at {place(port)} does not give MicroPython's prompt. If its program cannot be "
        "interrupted, press EN (RST) on the board and run this again at once. If there is no "
        "MicroPython on it yet: make flash."
    )


def explain(port, text):
    """The BoardError for what mpremote, or MicroPython through it, printed when it failed."""
    if "No module named mpremote" in text:
        return BoardError(f"mpremote is not installed: {PYTHON} -m pip install mpremote")
    if "no device found" in text:
        return _no_device()
    if "failed to access" in text:
        return _no_access(port)
    if "could not enter raw repl" in text:
        return _no_prompt(port)
    if "ENOSPC" in text:
        return BoardError(
            "The board's file system is full: remove files of yours "
            f"(`{shown(port, 'tree', '-s')}` lists them) and run this again."
        )
    if "MemoryError" in text:
        return BoardError(
            "The stopped program left the board too little memory. Clear it with "
            f"`{shown(port, 'soft-reset')}` and run this again at once."
        )
    if any(words in text for words in _LOST):
        return BoardLost(
            f"The connection to the board at {place(port)} was lost; it keeps the program that it "
            "had. Check the cable, close other programs that use the port, and run this again."
        )
    tail = "\n".join(text.strip().splitlines()[-8:])
    return BoardError(f"The board did not do what it was asked; it said:\n{tail}")


def _no_device():
    ports = usb_ports()
    for port in ports:
        if port.startswith("/") and not os.access(port, os.R_OK | os.W_OK):
            return _no_access(port)
    if ports:
        return BoardError(
            f"No board could be opened ({', '.join(ports)} may be in use): close `make logs`, "
            "`make repl` or the serial monitor, or name the port: PORT=..."
        )
    return BoardError(
        "No board was found: plug it in with a USB cable that carries data, or name its port: "
        f"PORT=/dev/ttyUSB0 (`{shown(None, 'devs')}` lists them)."
    )


def _no_access(port):
    """Why a port cannot be opened: mpremote says the same of all causes."""
    if port.startswith("/"):
        try:
            mode = os.stat(port).st_mode
        except OSError:
            return BoardError(
                f"There is no port {port}: plug the board in, or see what is there with "
                f"`{shown(None, 'devs')}` and name that: PORT=..."
            )
        if not stat.S_ISCHR(mode):
            return BoardError(f"{port} is no serial port: name one that is: PORT=...")
        if not os.access(port, os.R_OK | os.W_OK):
            return BoardError(
                f"You may not use {port}: become a member of its group "
                "(`sudo usermod -aG dialout $USER` on Debian and Ubuntu), log in again, and retry."
            )
    return BoardError(
        f"{port} cannot be opened: another program uses it (close `make logs`, `make repl` or the "
        "serial monitor), or it is no serial port."
    )


def usb_ports():
    """The ports of USB serial devices, in the order in which mpremote tries them."""
    try:
        from serial.tools import list_ports
    except ImportError:
        raise BoardError(
            f"pyserial is not installed; it comes with mpremote: {PYTHON} -m pip install mpremote"
        ) from None
    return [
        port.device
        for port in sorted(list_ports.comports())
        if port.vid is not None and port.pid is not None
    ]
