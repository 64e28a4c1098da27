"""Check who imports whom: nothing goes round, and each package imports only what it may.

    python -m host.imports

An import inside a function counts as any other, and so does `load("name")`, which imports a module
of the firmware for a while, and what is imported for types only.
"""

import argparse
import ast
import sys
from pathlib import Path

from host import tree

#: Where packages stand, from the repository's root.
HOMES = {".": ("firmware", "host", "sim"), "lib": ("dsmr", "mdns", "grid", "modbus")}

#: Scripts that run elsewhere, with modules of their own beside them.
NOT_OURS = ("host/on_board", "host/bench/on_micropython")

#: The simulated chip's modules, which import each other without the package's name.
CHIP = "sim.chip."

#: What is pure and shared: no input or output, and nothing of the firmware.
LIBRARIES = {"dsmr", "mdns", "grid", "modbus"}

#: What everything in the firmware may import: the helper that loads, files, and the words of the
#: log.
COMMON = {"firmware", "firmware.files", "firmware.log", *LIBRARIES}

#: What the parts of the firmware may import beside that. What is not listed knows all: the program
#: and what starts it.
ALLOWED = {
    "firmware.settings": {"firmware.http"},
    "firmware.config_file": {"firmware.settings", "firmware.budget", "firmware.json_check"},
    "firmware.budget": set(),
    "firmware.json_check": set(),
    "firmware.log": set(),
    "firmware.files": set(),
    "firmware.meter": set(),
    "firmware.summary": set(),
    "firmware.decryption": set(),
    "firmware.boards": {"firmware.supervisor"},
    "firmware.supervisor": {
        "firmware.config_file",
        "firmware.boards",
        "firmware.setup",
        "firmware.alone",
    },
    "firmware.history": {"firmware.meter"},
    "firmware.renderers": set(),
    "firmware.http": {"firmware.renderers", "firmware.summary", "firmware.history"},
    "firmware.outputs": {"firmware.renderers", "firmware.summary"},
}


def modules(repo=tree.REPO):
    """Our modules: {name: path}."""
    found = {}
    for home, packages in HOMES.items():
        for package in packages:
            paths = [*(repo / home / package).rglob("*.py"), repo / home / f"{package}.py"]
            for path in filter(Path.is_file, paths):
                if path.relative_to(repo).as_posix().startswith(NOT_OURS):
                    continue
                parts = path.relative_to(repo / home).with_suffix("").parts
                found[".".join(parts).removesuffix(".__init__")] = path
    return found


def imports(found):
    """Who imports whom: {name: the names of what it imports}, both among the modules."""
    return {name: _imported(name, path, found) - {name} for name, path in found.items()}


def _imported(name, path, found):
    package = name if path.name == "__init__.py" else name.rpartition(".")[0]
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            source = node.module or ""
            if node.level:
                source = f"{package}.{source}".rstrip(".")
            # `from package import module`, or something of a module's.
            for alias in node.names:
                whole = f"{source}.{alias.name}"
                names.add(whole if whole in found else source)
        elif isinstance(node, ast.Call):
            names.add(f"firmware.{_loaded(node)}")
    if name.startswith(CHIP):
        names = {CHIP + other for other in names}
    return names & set(found)


def _loaded(call):
    """The name in `load("name")`, whatever object the function is of; None in other calls."""
    called = getattr(call.func, "id", getattr(call.func, "attr", None))
    first = call.args[0] if call.args else None
    return first.value if called == "load" and isinstance(first, ast.Constant) else None


def circles(graph):
    """What goes round: lists of names, each of which imports the next, and the last the first."""
    rounds = []
    done = set()
    for start in sorted(graph):
        way = []

        def walk(name, way=way):
            if name in way:
                rounds.append(way[way.index(name) :])
                return
            if name in done:
                return
            way.append(name)
            for other in sorted(graph[name]):
                walk(other)
            way.pop()
            done.add(name)

        walk(start)
    return rounds


def trespasses(graph):
    """Imports that a package may not make: (name, what it imports)."""
    wrong = []
    for name, others in sorted(graph.items()):
        part = _part(name)
        for other in sorted(others):
            if _part(other) == part:
                continue
            if part in LIBRARIES:
                allowed = LIBRARIES
            elif part.startswith("firmware"):
                allowed = COMMON | ALLOWED[part] if part in ALLOWED else None
            else:
                continue
            is_known = other.startswith("firmware") or _part(other) in LIBRARIES
            if not is_known or (allowed is not None and _part(other) not in allowed):
                wrong.append((name, other))
    return wrong


def _part(name):
    """A library, a package or module of the firmware, `host` or `sim`."""
    words = name.split(".")
    return ".".join(words[:2]) if words[0] == "firmware" else words[0]


def main(argv=None):
    parser = argparse.ArgumentParser(
        prog="python -m host.imports", description=__doc__.splitlines()[0]
    )
    parser.parse_args(argv)
    graph = imports(modules())
    said = [
        "These modules import each other in a circle: " + " -> ".join([*way, way[0]])
        for way in circles(graph)
    ]
    said += [
        f"{name} may not import {other}, see host/imports.py." for name, other in trespasses(graph)
    ]
    print("\n".join(said) or f"Imports of {len(graph)} modules: no circle, each in its direction.")
    return int(bool(said))


if __name__ == "__main__":
    sys.exit(main())
