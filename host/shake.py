"""Leaves out of microdot what no program of ours calls, as the tree for a board is built.

microdot whole takes 19 KB of a board's memory, of which routes, requests and responses are half.
What is left out here is checked against microdot's source: it must be there, and nothing that
stays may mention it. The tests run the program on microdot as it comes, too; a PC always does.
What stays keeps its lines, so that tracebacks fit the source.
"""

import ast

from host import tree

#: By class, or "" for what is in none, the names that are left out.
UNUSED = {
    "": (
        "MUTED_SOCKET_ERRORS",
        "urlencode",
        "abort",
        "redirect",
        "send_file",
        "AsyncBytesIO",
    ),
    "NoCaseDict": ("__delitem__", "update"),
    "MultiDict": ("getlist",),
    "Request": (
        "create",
        "_safe_readline",
        "max_readline",
        "max_body_length",
        "stream",
        "files",
        "after_request",
    ),
    "Response": (
        "set_cookie",
        "delete_cookie",
        "redirect",
        "send_file",
        "types_map",
        "default_send_file_max_age",
        "already_handled",
        "default_content_type",
        "send_file_buffer_size",
        "complete",
        "write",
        "body_iter",
    ),
    "URLPattern": ("register_type", "__repr__"),
    "HTTPException": ("__repr__",),
    "Microdot": (
        "patch",
        "delete",
        "query",
        "before_request",
        "after_request",
        "after_error_request",
        "mount",
        "abort",
        "start_server",
        "run",
        "shutdown",
        "handle_request",
    ),
}

#: Names that something else has too, which stays: `dict.update`, a response's `stream`, and so on.
_COMMON = (
    "update",
    "stream",
    "run",
    "delete",
    "query",
    "files",
    "abort",
    "after_request",
    "write",
    "complete",
)


class ShakeError(tree.TreeError):
    """The list does not fit microdot."""


def shaken(sources):
    """microdot's sources, {name: text}, without what is unused.

    Raises ShakeError if something of the list is not there, or is mentioned by what stays.
    """
    missing = {(owner, name) for owner, names in UNUSED.items() for name in names}
    kept = {name: _without(text, missing) for name, text in sources.items()}
    if missing:
        listed = ", ".join(sorted(f"{owner} {name}".strip() for owner, name in missing))
        raise ShakeError(f"host/shake.py lists what microdot has not: {listed}")
    for text in kept.values():
        _check(text)
    return kept


def _without(source, missing):
    """A source without what is unused, of which what is found is removed from `missing`."""
    lines = source.splitlines()
    for statement in ast.parse(source).body:
        members = [("", statement)]
        if isinstance(statement, ast.ClassDef):
            members += [(statement.name, member) for member in statement.body]
        for owner, member in members:
            for name in _names(member):
                # `Response.already_handled = …` stands outside of its class.
                place, _, last = name.rpartition(".")
                if last in UNUSED.get(place or owner, ()):
                    missing.discard((place or owner, last))
                    _blank(lines, member)
        if isinstance(statement, ast.ImportFrom) and statement.module.startswith("microdot"):
            # The package's own list of what it offers.
            names = [alias.name for alias in statement.names if alias.name not in UNUSED[""]]
            _blank(lines, statement)
            lines[statement.lineno - 1] = f"from {statement.module} import {', '.join(names)}"
    return "\n".join(lines) + "\n"


def _check(text):
    """Raise ShakeError if something that was left out is mentioned."""
    gone = {name for names in UNUSED.values() for name in names} - set(_COMMON)
    for node in ast.walk(ast.parse(text)):
        name = getattr(node, "attr", None) or getattr(node, "id", None)
        if name in gone:
            line = getattr(node, "lineno", 0)
            raise ShakeError(f"host/shake.py leaves out {name}, which line {line} uses.")


def _names(statement):
    """What a statement defines."""
    if isinstance(statement, (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
        return [statement.name]
    if isinstance(statement, ast.Assign):
        return [ast.unparse(target) for target in statement.targets]
    return []


def _blank(lines, statement):
    first = min([statement.lineno, *(d.lineno for d in getattr(statement, "decorator_list", []))])
    for number in range(first - 1, statement.end_lineno):
        lines[number] = ""
