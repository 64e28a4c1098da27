"""Takes out of microdot's source what a board never uses, so that it never takes memory or flash.

What that is stands in firmware/outputs/slim.py, which does without it on a board that has microdot
as it comes: there the names and texts stay. What remains stands in the same lines.
"""

import ast

from host import tree

TABLES = "firmware/outputs/slim.py"


class TrimError(tree.TreeError):
    """The tables name what microdot has not."""


def tables(repo):
    """What is unused, as {(class or "", name): None, or the code of what serves instead}."""
    found = {}
    path = repo / TABLES
    # A program that has no tables uses all of microdot.
    text = path.read_text() if path.exists() else ""
    for statement in ast.parse(text).body:
        if isinstance(statement, ast.Assign):
            for row in getattr(statement.value, "elts", ()):
                owner, names, *other = row.elts
                for name in names.value.split():
                    found[owner.value, name] = ast.unparse(other[0]) if other else None
    return found


def trimmed(source, unused):
    """A source of microdot's without what is unused, see `tables`."""
    lines = source.splitlines()
    body = ast.parse(source).body
    for statement in body:
        if isinstance(statement, ast.ClassDef) and ("", statement.name) not in unused:
            for member in statement.body:
                _trim(lines, member, statement.name, unused)
        _trim(lines, statement, "", unused)
    return "\n".join(lines) + "\n"


def check(sources, unused):
    """Raise TrimError if something in the tables is in none of the sources."""
    there = set()
    for source in sources:
        for statement in ast.parse(source).body:
            there.update(("", name) for name in _names(statement))
            if isinstance(statement, ast.ClassDef):
                for member in statement.body:
                    there.update((statement.name, name) for name in _names(member))
    missing = sorted(" ".join(pair).strip() for pair in set(unused) - there)
    if missing:
        raise TrimError(f"{TABLES} names what microdot has not: {', '.join(missing)}")


def _names(statement):
    """What a statement defines."""
    if isinstance(statement, (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
        return [statement.name]
    if isinstance(statement, ast.Assign):
        return [ast.unparse(target) for target in statement.targets]
    if isinstance(statement, (ast.Import, ast.ImportFrom)):
        return [alias.asname or alias.name for alias in statement.names]
    if isinstance(statement, ast.Try):
        handlers = [inner for handler in statement.handlers for inner in handler.body]
        return [name for inner in statement.body + handlers for name in _names(inner)]
    return []


def _trim(lines, statement, owner, unused):
    instead = ""
    if isinstance(statement, ast.ImportFrom) and statement.module.startswith("microdot"):
        kept = [alias.name for alias in statement.names if ("", alias.name) not in unused]
        instead = f"from {statement.module} import {', '.join(kept)}"
    else:
        keys = []
        for name in _names(statement):
            # `Response.already_handled = …` stands outside of its class.
            last = name.rpartition(".")
            keys.append((last[0] or owner, last[2]))
        # What is in a class goes with it.
        if not keys or not all(key in unused or ("", key[0]) in unused for key in keys):
            return
        if unused.get(keys[0]):
            instead = f"{keys[0][1]} = {unused[keys[0]]}"
    first = min([statement.lineno, *(d.lineno for d in getattr(statement, "decorator_list", []))])
    for number in range(first - 1, statement.end_lineno):
        lines[number] = ""
    lines[first - 1] = " " * statement.col_offset + instead if instead else ""
