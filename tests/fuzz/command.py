"""`make fuzz`: runs the fuzzers one after the other, says how far they are and what they found."""

import argparse
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import mdns_side
from frame_cases import Case, printed
from under_micropython import run_cases

from fuzz import http_side, inputs
from sim.encryption import AUTHENTICATION_KEY, KEY
from sim.firmware import micropython

HERE = Path(__file__).parent
FOUND = HERE / "found"

_REPO = HERE.parents[1]
_BUILD = _REPO / "build" / "fuzz"

#: Name: (what is fed, seeds, words, the longest input).
TARGETS = {
    "parser": ("the parser", inputs.seeds, inputs.words, 4000),
    "http": ("the web server", http_side.seeds, http_side.words, 6000),
    "mdns": ("the mDNS responder", mdns_side.seeds, mdns_side.words, 3000),
}

_PROGRESS = re.compile(r"#(\d+)\s+\w+\s+cov: (\d+) .*?corp: (\d+)/(\S+)")
_RUNS = re.compile(r"stat::number_of_executed_units:\s+(\d+)")
_STUCK = 60  # seconds for one input
_EACH = 2  # seconds between two lines of progress
_REPLAYED = 400  # inputs of the corpus that MicroPython reads too


def _number(text):
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number from 1 up.")
    return int(text)


def arguments():
    parser = argparse.ArgumentParser(
        prog="make fuzz",
        description="Feed the parser, the web server and the mDNS responder with what atheris "
        "makes up, guided by what of the program it reaches. What is found is kept in build/fuzz, "
        "so that the next run goes on from there. Exit code 1: something does not hold.",
    )
    parser.add_argument(
        "--time", type=_number, default=60, metavar="SECONDS", help="for all (default: 60)"
    )
    parser.add_argument("--runs", type=_number, metavar="N", help="N inputs each, for no time")
    parser.add_argument("--only", choices=TARGETS, help="one of them")
    parser.add_argument("--seed", type=_number, default=None, metavar="N", help="repeat a run")
    parser.add_argument(
        "--folder",
        type=Path,
        default=_BUILD,
        help="where what is found is kept (default: build/fuzz)",
    )
    parser.add_argument(
        "--fresh", action="store_true", help="begin with the seeds, not where the last run ended"
    )
    return parser


def main(argv=None):
    options = arguments().parse_args(argv)
    try:
        import atheris  # noqa: F401
    except ImportError:
        print(
            "fuzz: atheris is not installed; PyPI has it for Linux on x86-64 and CPython 3.10 to "
            "3.13. What was found before is tested without it: make test.",
            file=sys.stderr,
        )
        return 2
    names = [options.only] if options.only else list(TARGETS)
    trouble = False
    try:
        for name in names:
            share = None if options.runs else max(1, options.time // len(names))
            trouble |= not _fuzz(name, share, options)
            if name == "parser" and not trouble:
                trouble |= not _replay(options.folder / name / "corpus")
    except KeyboardInterrupt:
        print("\nEnded. The next run goes on from what was found so far.")
    return 1 if trouble else 0


def prepare(name, folder, fresh=False):
    """Write a target's seeds and dictionary into the folder."""
    _, seeds, words, _ = TARGETS[name]
    for part in ("corpus", "seeds", "crashes"):
        (folder / part).mkdir(parents=True, exist_ok=True)
    for old in [*(folder / "seeds").iterdir(), *((folder / "corpus").iterdir() if fresh else ())]:
        old.unlink()
    for seed, data in seeds().items():
        (folder / "seeds" / seed).write_bytes(data)
    lines = ['"%s"\n' % "".join("\\x%02x" % byte for byte in word) for word in words()]
    (folder / "words").write_text("".join(lines))


def _fuzz(name, seconds, options):
    """Whether nothing was found."""
    what, _, _, longest = TARGETS[name]
    folder = options.folder.resolve() / name
    prepare(name, folder, options.fresh)
    before = set((folder / "crashes").iterdir())
    command = [
        sys.executable,
        str(HERE / f"target_{name}.py"),
        str(folder / "corpus"),
        str(folder / "seeds"),
        f"-dict={folder / 'words'}",
        f"-artifact_prefix={folder / 'crashes'}/",
        f"-max_len={longest}",
        f"-timeout={_STUCK}",
        "-len_control=0",
        "-print_final_stats=1",
        f"-runs={options.runs}" if options.runs else f"-max_total_time={seconds}",
    ]
    if options.seed:
        command.append(f"-seed={options.seed}")
    print(f"Feeding {what} ({f'{options.runs} inputs' if options.runs else f'{seconds} s'}) ...")
    begin = time.monotonic()
    runs, reached, kept, tail = _watch(command, folder / "log.txt")
    crashes = sorted(set((folder / "crashes").iterdir()) - before)
    print(
        f"{what[0].upper() + what[1:]}: {runs:,} inputs in {time.monotonic() - begin:.0f} s, "
        f"{reached} places of the program reached, {kept} inputs kept"
    )
    for crash in crashes:
        print(f"  FOUND: {crash}")
    if crashes or tail:
        print("".join("    " + line for line in tail))
        print(
            f"  Mend it, and keep the input as a test: cp FILE tests/fuzz/found/{name}-WHAT\n"
            f"  All that was printed: {folder / 'log.txt'}"
        )
    return not crashes and not tail


def _watch(command, log):
    """(inputs run, places reached, inputs kept, the end of the log if it failed)."""
    runs = reached = kept = 0
    shown = time.monotonic()
    process = subprocess.Popen(
        command, cwd=_REPO, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        errors="replace",
    )  # fmt: skip
    try:
        with open(log, "w") as out:
            for line in process.stdout:
                out.write(line)
                found = _PROGRESS.match(line)
                if found:
                    runs, reached, kept = int(found[1]), int(found[2]), int(found[3])
                    now = time.monotonic()
                    if now - shown >= _EACH:
                        shown = now
                        print(f"  {runs:,} inputs, {reached} places, {kept} kept", flush=True)
                elif found := _RUNS.match(line):
                    runs = int(found[1])
    finally:
        if process.poll() is None:
            process.terminate()
        process.wait()
    if not process.returncode:
        return runs, reached, kept, []
    lines = log.read_text().splitlines(keepends=True)
    starts = [at for at, line in enumerate(lines) if "Uncaught Python exception" in line]
    return runs, reached, kept, lines[starts[-1] :][:30] if starts else lines[-20:]


def _replay(corpus):
    """Whether MicroPython's machine code says of the corpus what CPython says."""
    if not micropython():
        return True
    files = sorted(corpus.iterdir(), key=lambda path: (path.stat().st_size, path.name))
    step = max(1, len(files) // _REPLAYED)
    files = files[::step]
    differing = compare([(path.name, path.read_bytes()) for path in files])
    print(f"MicroPython: {len(files)} inputs of the corpus read too, {len(differing)} differ")
    for name in differing:
        print(f"  FOUND: {corpus / name}")
    return not differing


def compare(named):
    """Names of the inputs of which the two Pythons' commands do not say the same."""
    streams = {}
    keys = {}
    for name, data in named:
        stream, how = inputs.decode(data)
        streams[name] = stream, how["crc_required"]
        keys[name] = KEY.hex() if how["keyed"] else "", AUTHENTICATION_KEY.hex()
    with tempfile.TemporaryDirectory() as folder:
        found = run_cases("native", streams, (0, 7), Path(folder), "frame_cases.py", keys)
    return sorted(
        {
            name
            for (name, _), output in found.items()
            if output
            != printed(Case(name, streams[name][0], [], *keys[name], streams[name][1]), 0)
        }
    )
