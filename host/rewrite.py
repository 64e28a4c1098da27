"""Changes the names and imports in a module's text to those of the linked tree, see `host.link`.

A module is a `host.link.Module`. Only what has to change does, in its place in its line.
"""

import ast

_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


class LinkError(Exception):
    """A module does something that cannot be linked; the text says where."""


def rewritten(module, modules):
    """The text of a module; modules: {name: Module}, all of them."""
    return _Rewriter(module, modules).text()


def _linked_name(module, name, modules, user):
    """What something at a module's top is called in the unit that the module is part of.

    user: the module that asks.
    """
    for statement in module.imports:
        for alias in statement.names:
            source = modules.get(statement.module)
            if (alias.asname or alias.name) == name and source and source.unit is module.unit:
                return _linked_name(source, alias.name, modules, user)
    if name not in module.names:
        raise LinkError(f"{module.name} has no {name}.")
    if user.unit is not module.unit:
        module.wanted.add(name)
    return module.names[name]


def bound(body):
    """The names that statements bind in their own scope: {name: where from, if imported}.

    Where from is (module, name there), a module's own name being "".
    """
    found = {}
    pending = list(body)
    while pending:
        node = pending.pop(0)
        if isinstance(node, (*_FUNCTIONS, ast.ClassDef)):
            found[node.name] = None
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            for alias in node.names:
                name = alias.asname or alias.name.partition(".")[0]
                found[name] = (getattr(node, "module", ""), alias.name)
        elif not isinstance(node, (ast.Lambda, *_COMPREHENSIONS)):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                found[node.id] = None
            if isinstance(node, ast.ExceptHandler) and node.name:
                found[node.name] = None
            pending += ast.iter_child_nodes(node)
    return found


class _Rewriter:
    """Goes through a module and notes what to change.

    A scope is a function or a class around what is looked at: (whether it is a class, the names
    that it binds); scopes are a tuple of them, from the outside in.
    """

    def __init__(self, module, modules):
        self._module = module
        self._modules = modules
        self._lines = [line.encode() for line in module.text.splitlines()]
        self._edits = []
        #: What names at the top have become, and those that stand for a part of a unit.
        self._names = dict(module.names)
        self._parts = {}

    def text(self):
        module = self._module
        inner = [one for statement in module.gone for one in getattr(statement, "body", ())]
        for statement in module.gone:
            self._replace(statement, "pass")
        for statement in module.imports:
            new = self._import(statement, ())
            if statement not in inner:
                self._replace(statement, new)
        self._visit_all(module.body, ())
        for value in module.constants.values():
            self._edits.append((value.lineno, value.col_offset, value.col_offset, "const("))
            self._edits.append((value.end_lineno, value.end_col_offset, value.end_col_offset, ")"))
        for number, start, end, new in sorted(self._edits, reverse=True):
            line = self._lines[number - 1]
            self._lines[number - 1] = line[:start] + new.encode() + line[end:]
        return "".join(line.decode() + "\n" for line in self._lines)

    def _import(self, statement, scopes):
        """What an import becomes. What one at the top binds is remembered."""
        top = not scopes
        own = self._module.unit
        kept = []
        for alias in statement.names:
            name = alias.name
            local = alias.asname or name
            source = self._modules.get(statement.module)
            part = self._modules.get(f"{statement.module}.{name}")
            unit = (part or source).unit if part or source else None
            here = self._names.get(local, local) if top else local
            if part and unit:
                if top:
                    self._parts[local] = part
                elif part.name != unit.name:
                    self._fail(statement, f"import {part.name} at the top; it is linked")
                if not (top and unit is own):
                    kept.append(f"import {unit.name} as {here}")
            elif unit:
                name = _linked_name(source, name, self._modules, self._module)
                if top and unit is own:
                    self._names[local] = name
                else:
                    kept.append(_import_from(unit.name, name, here))
            else:
                kept.append(_import_from(statement.module, name, here))
        return "; ".join(kept) or "pass"

    def _visit_all(self, nodes, scopes):
        for node in nodes:
            self._visit(node, scopes)

    def _visit(self, node, scopes):
        if isinstance(node, ast.ImportFrom):
            self._replace(node, self._import(node, scopes))
        elif isinstance(node, ast.Import):
            for alias in node.names:
                module = self._modules.get(alias.name)
                if module and ("." in alias.name or _is_elsewhere(module)):
                    self._fail(node, "write from … import …")
        elif isinstance(node, ast.Global):
            if any(self._names.get(name, name) != name for name in node.names):
                self._fail(node, "another part has something of that name")
        elif isinstance(node, ast.Name):
            self._visit_name(node, scopes)
        elif isinstance(node, ast.Attribute) and self._part(node.value, scopes):
            part = self._part(node.value, scopes)
            name = _linked_name(part, node.attr, self._modules, self._module)
            is_own = part.unit is self._module.unit
            self._replace(node, name if is_own else f"{ast.unparse(node.value)}.{name}")
        elif isinstance(node, (*_FUNCTIONS, ast.ClassDef)):
            self._visit_definition(node, scopes)
        elif isinstance(node, ast.Lambda):
            self._visit(node.args, scopes)
            self._visit(node.body, (*scopes, (False, _arguments(node.args))))
        elif isinstance(node, _COMPREHENSIONS):
            targets = bound([one.target for one in node.generators])
            self._visit_all(ast.iter_child_nodes(node), (*scopes, (False, targets)))
        else:
            before = len(self._edits)
            self._visit_all(ast.iter_child_nodes(node), scopes)
            if isinstance(node, ast.JoinedStr) and len(self._edits) > before:
                # Not all versions of Python know where in an f-string a name stands.
                self._fail(node, "an f-string has names that change; write it with %")

    def _visit_name(self, node, scopes):
        part = self._part(node, scopes)
        if part and part.unit is self._module.unit:
            self._fail(node, f"the module {node.id} is used as a value")
        if _is_global(node.id, scopes):
            new = self._names.get(node.id, node.id)
            unit = self._module.unit
            if node.id == "__file__" and unit and unit.name != self._module.name:
                new = self._file()
            if new != node.id:
                self._replace(node, new)

    def _visit_definition(self, node, scopes):
        new = self._names.get(node.name, node.name)
        if not scopes and new != node.name:
            start = self._lines[node.lineno - 1].index(b" " + node.name.encode()) + 1
            self._edits.append((node.lineno, start, start + len(node.name), new))
        self._visit_all(node.decorator_list, scopes)
        names = bound(node.body)
        if isinstance(node, ast.ClassDef):
            self._visit_all(node.bases, scopes)
            self._visit_all(node.body, (*scopes, (True, names)))
            return
        self._visit(node.args, scopes)
        names.update(_arguments(node.args))
        for inner in ast.walk(node):
            if isinstance(inner, ast.Global):
                names = {name: names[name] for name in names if name not in inner.names}
        self._visit_all(node.body, (*scopes, (False, names)))

    def _part(self, node, scopes):
        """The part of a unit that a name stands for, or None."""
        if isinstance(node, ast.Name) and _is_global(node.id, scopes):
            return self._parts.get(node.id)
        return None

    def _file(self):
        """What `__file__` was: beside the unit's file, or in a folder beside it."""
        unit = self._module.unit
        folder = unit.name if unit.is_package else unit.name.rpartition(".")[0]
        below = self._module.name[len(folder) :].replace(".", "/")
        return f'(__file__.rpartition("/")[0] + "{below}.py")'

    def _replace(self, node, new):
        """Put a text in the place of a node; there are as many lines as before."""
        start = node.col_offset
        for number in range(node.lineno, node.end_lineno + 1):
            is_last = number == node.end_lineno
            end = node.end_col_offset if is_last else len(self._lines[number - 1])
            self._edits.append((number, start, end, new))
            start, new = 0, ""

    def _fail(self, node, why):
        raise LinkError(f"{self._module.name}, line {node.lineno}: {why}.")


def _import_from(module, name, local):
    return f"from {module} import {name}" + (f" as {local}" if local != name else "")


def _is_global(name, scopes):
    # What a class binds is seen in its own body, and not in its functions.
    return not any(
        name in names and (not is_class or at == len(scopes))
        for at, (is_class, names) in enumerate(scopes, 1)
    )


def _arguments(args):
    every = [*args.posonlyargs, *args.args, *args.kwonlyargs, args.vararg, args.kwarg]
    return dict.fromkeys(arg.arg for arg in every if arg)


def _is_elsewhere(module):
    """Whether a module is to be found by another's name."""
    return module.unit is not None and module.unit.name != module.name
