"""Puts modules that a board always has in memory together into one, as the tree is built.

A module costs a board a table of names, in which also stands whatever it imports, and the texts of
its name and its path. In a linked module what one part imports from another takes nothing. With
every output on that leaves 11 KB of 164 (on words of 64 bits) to others: 39 modules become four.
Numbers and texts in capitals become constants of the compiler's, if only one linked module uses
them: they would be in its table otherwise. That leaves 1.5 KB more.

Names and imports change, and no line comes or goes: a traceback counts the lines of the linked
text, and a table that the build adds says which module's they are; `firmware.errors` reads it.

What is understood is what the firmware does; of anything else that matters a LinkError says where:

- imports stand at a module's top, or in functions. A `try` that holds nothing but imports of ours
  is decided here: the modules are there, so that what follows `except` is left out;
- one part's module is used by another through its attributes only, and never as a value;
- a name that is handed over as text, as to `setattr`, is not seen; so what two parts call alike is
  not to be used in that way.
"""

import ast
from collections import namedtuple

from host.rewrite import LinkError, bound, rewritten

__all__ = ("LINKED", "LinkError", "link")

#: What is linked: the module that others become part of, and what else belongs to it. Either
#: brings along what it imports at its top. What an earlier line has got is not in a later one.
LINKED = (
    ("dsmr", "dsmr.metrics"),
    ("firmware", "firmware.boards.esp32", "firmware.tasks", "firmware.readout"),
    ("firmware.app", "firmware.outputs.web"),
    ("firmware.outputs.mqtt",),
)

#: Modules that drop themselves when they have been read: they stay apart.
_APART = ("dsmr.table",)

#: Where `const` comes from. The compiler puts its numbers into the code, and needs no import.
_CONST = ("dsmr.const", "micropython")

Linked = namedtuple("Linked", "texts lines")
Linked.__doc__ = """What has become of the modules.

texts: {module: text}, without those that are part of another now; lines: rows of (linked module,
the first line in it of a part, the part's name).
"""


def link(sources, linked=LINKED):
    """Link modules that are given as {name: text}; returns a Linked.

    Raises LinkError, or SyntaxError with the module's name as its file.
    """
    modules = {name: Module(name, text, sources) for name, text in sources.items()}
    units = [Unit(roots, modules) for roots in linked if roots[0] in modules]
    for module in modules.values():
        # For what it wants of others.
        rewritten(module, modules)
    for unit in units:
        unit.find_constants()
    texts = {
        module.name: rewritten(module, modules)
        for module in modules.values()
        if not module.unit and not _is_empty(module, modules)
    }
    lines = []
    for unit in units:
        text = ""
        for part in unit.parts:
            lines.append((unit.name, text.count("\n") + 1, part.name))
            text += rewritten(part, modules)
        texts[unit.name] = text
    return Linked(texts, lines)


def _is_empty(module, modules):
    """Whether it only says what a folder is for; a board needs no file for that."""
    is_package = any(name.startswith(module.name + ".") for name in modules)
    return is_package and not module.imports and not module.body[1:]


class Module:
    """A module, parsed.

    unit: the Unit that it is part of, or None; names: {a name at its top: what it is called in
    the unit}; wanted: those of them that other units use; constants: {a name at its top: the
    value, which is to become a `const`}; imports, body and gone: the statements at its top, gone
    being those that come to nothing, some of whose inner ones are among the imports.
    """

    def __init__(self, name, text, sources):
        self.name = name
        self.text = text
        self.tree = ast.parse(text, name)
        self.unit = None
        self.names = {}
        self.wanted = set()
        self.constants = {}
        self.imports = []
        self.body = []
        self.gone = []
        for statement in self.tree.body:
            if _is_decided(statement, sources):
                self.gone.append(statement)
                self.imports += statement.body
            elif _imports_const(statement) and _all_folded(self.tree):
                self.gone.append(statement)
            elif isinstance(statement, ast.ImportFrom):
                self.imports.append(statement)
            else:
                self.body.append(statement)

    def imported(self, modules):
        """The modules of ours that it imports at its top, in order."""
        for statement in self.imports:
            for alias in statement.names:
                inner = f"{statement.module}.{alias.name}"
                name = inner if inner in modules else statement.module
                if name in modules:
                    yield modules[name]


def _is_decided(statement, sources):
    return isinstance(statement, ast.Try) and all(
        isinstance(one, ast.ImportFrom) and one.module in sources for one in statement.body
    )


def _imports_const(statement):
    return (
        isinstance(statement, ast.ImportFrom)
        and statement.module in _CONST
        and [alias.name for alias in statement.names] == ["const"]
    )


def _all_folded(tree):
    """Whether `const` is used only where the compiler replaces it: NAME = const(…) at the top."""
    folded = [
        statement.value.func
        for statement in tree.body
        if isinstance(statement, ast.Assign) and isinstance(statement.value, ast.Call)
    ]
    return all(
        node in folded
        for node in ast.walk(tree)
        if isinstance(node, ast.Name) and node.id == "const"
    )


def constants(tree):
    """Pairs of a name and its value, of what is set once, at the top, to a number or a text."""
    stored = []
    first_use: dict = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            if isinstance(node.ctx, ast.Load):
                first_use[node.id] = min(node.lineno, first_use.get(node.id, node.lineno))
            else:
                stored.append(node.id)
    for statement in tree.body:
        if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
            name = statement.targets[0].id
            value = statement.value
            is_fixed = _is_const(value) or (
                isinstance(value, ast.Constant) and isinstance(value.value, (int, str, bytes))
            )
            # The compiler reads once, from above.
            is_above = first_use.get(name, value.lineno) >= value.lineno
            if is_fixed and is_above and name.isupper() and stored.count(name) == 1:
                yield name, value


def _is_const(value):
    return isinstance(value, ast.Call) and ast.unparse(value.func) == "const"


class Unit:
    """A module that others become part of. parts: in the order in which they are to run."""

    def __init__(self, roots, modules):
        self.name = roots[0]
        self.is_package = any(name.startswith(self.name + ".") for name in modules)
        self.parts = []
        self._taken = {}
        for name in roots:
            if name in modules:
                self._take(modules[name], modules)

    def _take(self, module, modules):
        if module.unit or module.name in _APART:
            return
        module.unit = self
        for other in module.imported(modules):
            self._take(other, modules)
        self.parts.append(module)
        # What two parts import from elsewhere by one name is one.
        for name, source in {**bound(module.imports), **bound(module.body)}.items():
            module.names[name] = self._own(name, source or (module.name, name))

    def find_constants(self):
        """Let the compiler put values into the code that never change and that no other unit uses.

        It does so with a `const` whose name begins with "_", which is then no name at all.
        """
        for module in self.parts:
            for name, value in constants(module.tree):
                if name not in module.wanted:
                    if not _is_const(value):
                        module.constants[name] = value
                    if not name.startswith("_"):
                        module.names[name] = self._own("_" + name, (module.name, name))

    def _own(self, name, what):
        own = name
        number = 1
        while self._taken.setdefault(own, what) != what:
            number += 1
            own = f"{name}_{number}"
        return own
