"""Modules that are put together for the board."""

import subprocess
import sys

import pytest
from pty_board import MICROPYTHON

from host import build, link, tree

UNIT = (("pack", "pack.extra"),)


def linked(**modules):
    """The texts of linked modules; a "__" in a name stands for the dot."""
    sources = {name.replace("__", "."): text for name, text in modules.items()}
    return link.link(sources, UNIT)


@pytest.fixture
def run(tmp_path):
    """run(texts, module): what importing one of the linked modules prints, under both Pythons."""

    def run(texts, module="pack"):
        folder = tmp_path / str(len(list(tmp_path.iterdir())))
        for name, text in texts.items():
            is_package = name == "pack" or any(other.startswith(name + ".") for other in texts)
            path = folder / (name.replace(".", "/") + ("/__init__.py" if is_package else ".py"))
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("from micropython import const\n" * ("const" in text) + text)
        (folder / "micropython.py").write_text("def const(n):\n    return n\n")
        printed = set()
        for python in (sys.executable, MICROPYTHON):
            done = subprocess.run(
                [python, "-c", f"import {module}"], cwd=folder, capture_output=True, text=True
            )
            assert done.returncode == 0, done.stderr + done.stdout
            printed.add(done.stdout)
        assert len(printed) == 1, printed
        return printed.pop()

    return run


def test_what_is_imported_at_the_top_becomes_part_and_an_import_inside_is_gone(run):
    found = linked(
        pack="from pack.a import f\nprint(f(1))\n",
        pack__a="from pack.b import g\ndef f(n):\n    return g(n) + 1\n",
        pack__b="def g(n):\n    return n * 10\n",
        pack__other="def h():\n    return 0\n",
    )
    assert set(found.texts) == {"pack", "pack.other"}
    assert "import" not in found.texts["pack"]
    assert run(found.texts) == "11\n"


def test_parts_stand_in_the_order_in_which_they_would_run(run):
    found = linked(
        pack="from pack import a\nfrom pack.b import y\n",
        pack__a="from pack.b import y\nprint('a')\n",
        pack__b="print('b')\ny = 1\n",
        pack__extra="print('extra')\n",
    )
    assert [part for _, _, part in found.lines] == ["pack.b", "pack.a", "pack", "pack.extra"]
    assert run(found.texts) == "b\na\nextra\n"


def test_two_parts_may_call_things_alike(run):
    found = linked(
        pack="from pack.a import f\nfrom pack.b import f as g\nprint(f(), g(), f.__name__)\n",
        pack__a="_N = 1\ndef f():\n    return _N\nclass C:\n    pass\n",
        pack__b="_N = 2\ndef f():\n    return _N\nclass C:\n    def m(self):\n        return C\n"
        "assert C().m() is C\n",
    )
    assert run(found.texts) == "1 2 f\n"


def test_a_name_of_a_function_or_a_class_is_not_the_modules(run):
    found = linked(
        pack="from pack import a, b\n"
        "print(b.f(5), b.C.n, b.C().m(), b.g([1]), b.h(3), b.k()(4))\n",
        pack__a="n = 1\nm = 2\n",
        pack__b="n = 10\nm = 20\ndef f(n, k=n):\n    return n + k + m\n"
        "class C:\n    n = 100\n    def m(self):\n        return n\n"
        "def g(of):\n    return [n for n in of] + [n]\n"
        "def h(a):\n    n = a\n    return (lambda m: m + n)(1)\n"
        "def k():\n    def inner(m):\n        return m + n\n    return inner\n",
    )
    assert run(found.texts) == "35 100 10 [1, 10] 4 14\n"


def test_modules_that_stay_apart_find_what_has_moved(run):
    found = linked(
        pack="from pack.a import n\nfrom pack.b import m\n",
        pack__a="n = 1\n",
        pack__b="from pack import a\nn = 2\nm = a.n\n",
        pack__late="from pack import a, b\nfrom pack.b import n as two\n"
        "def f():\n    from pack.b import n\n    return n\n"
        "print(a.n, b.n, b.m, two, f())\na.n = 7\nfrom pack.a import n\nprint(n)\n",
    )
    assert set(found.texts) == {"pack", "pack.late"}
    assert run(found.texts, "pack.late") == "1 2 1 2 2\n7\n"


def test_a_name_that_is_passed_on_is_the_first_ones(run):
    found = linked(
        pack="from pack.b import f as h\nprint(h())\n",
        pack__a="def f():\n    return 'a'\n",
        pack__b="from pack.a import f\n",
        pack__late="from pack.b import f\nprint(f())\n",
    )
    assert run(found.texts, "pack.late") == "a\na\n"


def test_a_try_of_imports_alone_is_decided_and_another_is_not(run):
    decided = "try:\n    from pack.%s import f\nexcept ImportError:\n    from pack.b import f\n"
    sources = {"pack__a": "def f():\n    return 'a'\n", "pack__b": "def f():\n    return 'b'\n"}
    found = linked(pack=decided % "a" + "print(f())\n", **sources)
    assert "pack.b" in found.texts and "except" not in found.texts["pack"]
    assert run(found.texts) == "a\n"
    found = linked(pack=decided % "none" + "print(f())\n", **sources)
    assert {"pack.a", "pack.b"} < set(found.texts)
    assert run(found.texts) == "b\n"


def test_const_needs_no_import_where_the_compiler_replaces_it():
    start = "from micropython import const\n"
    found = linked(pack=start + "_A = const(1)\n", pack__extra=start + "print(const(2))\n")
    assert found.texts["pack"].count("import") == 1
    found = linked(pack=start + "_A = const(1)\n", pack__extra=start + "_A = const(2)\n")
    assert found.texts["pack"] == "pass\n_A = const(1)\npass\n_A_2 = const(2)\n"


def test_what_never_changes_and_nobody_else_uses_is_put_into_the_code(run):
    found = linked(
        pack="from pack import a\nfrom pack.a import N, f\nprint(N, a.T, f())\n",
        pack__a="N = 5\nT = 'text'\n_O = b'octets'\nlower = 1\nF = 1.5\nTWICE = 1\nTWICE = 2\n"
        "SET = 3\nOUT = 6\nFAR = 7\n\ndef g():\n    return LATE\n\n"
        "LATE = 8\n\ndef f():\n    global SET\n    SET = 4\n"
        "    return N, T, _O, lower, F, TWICE, SET, OUT, FAR, g()\n",
        pack__late="from pack import a\nfrom pack.a import OUT\nprint(OUT, a.FAR, a.f())\n",
    )
    lines = found.texts["pack"].splitlines()
    assert lines[:3] == ["_N = const(5)", "_T = const('text')", "_O = const(b'octets')"]
    assert lines[3:7] == ["lower = 1", "F = 1.5", "TWICE = 1", "TWICE = 2"]
    assert lines[7:10] == ["SET = 3", "OUT = 6", "FAR = 7"]
    values = "(5, 'text', b'octets', 1, 1.5, 2, 4, 6, 7, 8)"
    assert run(found.texts, "pack.late") == f"5 text {values}\n6 7 {values}\n"


def test_a_file_beside_a_module_is_found_where_it_was(run):
    text = "print(__file__.rpartition('/')[0].rpartition('pack')[1:])\n"
    found = linked(
        pack="from pack.deep.b import n\n" + text,
        pack__deep="'Says what it is for.'\n",
        pack__deep__b="n = 1\n" + text,
    )
    assert set(found.texts) == {"pack"}
    assert run(found.texts) == "('pack', '/deep')\n('pack', '')\n"


def test_the_lines_are_counted_through():
    found = linked(
        pack="from pack.a import f\n\n\nf()\n",
        pack__a='"""Doc."""\n\n\ndef f():\n    (\n        1\n    )\n',
    )
    assert found.lines == [("pack", 1, "pack.a"), ("pack", 8, "pack")]
    lines = found.texts["pack"].splitlines()
    assert lines[3] == "def f():" and lines[10] == "f()"


def test_an_empty_package_needs_no_file():
    found = linked(pack="n = 1\n", pack__deep='"""Doc."""\n', pack__deep__a="m = 1\n")
    assert set(found.texts) == {"pack", "pack.deep.a"}


@pytest.mark.parametrize(
    "text, words",
    [
        ("from pack import a\nb = [a]\n", "pack, line 2: the module a is used as a value"),
        ("from pack.a import n\nimport pack.a\n", "line 2: write from"),
        ("from pack.a import none\n", "pack.a has no none"),
        ("from pack import a\nprint(a.none)\n", "pack.a has no none"),
        ("from pack.a import n\nm = 1\ndef f():\n    global m\n    m = 2\n", "line 4: another"),
        ("from pack.a import n\nm = 1\nprint(f'{m}')\n", "line 3: an f-string"),
        (
            "from pack.a import n\ndef f():\n    from pack import a\n    return a\n",
            "line 3: import pack.a at the top",
        ),
    ],
)
def test_what_cannot_be_linked_is_said(text, words):
    with pytest.raises(link.LinkError, match=words):
        linked(pack=text, pack__a="n = m = 1\n")


@pytest.mark.parametrize("arch", ["host", "bytecode"])
def test_the_parser_of_a_tree_parses(tmp_path, arch):
    arch = build.arch_of_this_machine() if arch == "host" else arch
    build.build(tree.REPO, tmp_path / "board", arch)
    code = (
        "import sys\nsys.path[:0] = ['app/lib']\nfrom dsmr.parser import TelegramParser\n"
        "from dsmr.backend import crc16\n"
        "data = b'/XXX5\\r\\n\\r\\n1-0:1.8.1(000001.234*kWh)\\r\\n!'\n"
        "crc = crc16(0, data, 0, len(data))\n"
        "parser = TelegramParser()\nparser.receive_data(data + b'%04X\\r\\n' % crc)\n"
        "telegram = parser.next_event()\nprint(telegram.raw == data + b'%04X\\r\\n' % crc)\n"
    )
    done = subprocess.run(
        [MICROPYTHON, "-c", build.for_linked(code, arch)],
        cwd=tmp_path / "board",
        capture_output=True,
        text=True,
    )
    assert done.stdout == "True\n", done.stdout + done.stderr
