"""Who may import whom, on made-up sources and on our own."""

import pytest

from host import imports


@pytest.fixture
def tree(tmp_path):
    """A function that writes sources, {path: text}, and returns who imports whom in them."""

    def write(sources):
        for path, text in sources.items():
            (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / path).write_text(text)
        return imports.imports(imports.modules(tmp_path))

    return write


def test_our_own_sources_are_in_order(capsys):
    assert imports.main([]) == 0
    assert "no circle" in capsys.readouterr().out


@pytest.mark.parametrize(
    "back",
    [
        "from firmware import one",
        "import firmware.one",
        "def f():\n    from firmware.one import g",
        'def f():\n    load("one")',
        'def f():\n    firmware.load("one")',
    ],
)
def test_a_circle_is_found_also_through_a_function(tree, back):
    graph = tree({"firmware/one.py": "import firmware.two", "firmware/two.py": back})
    assert imports.circles(graph) == [["firmware.one", "firmware.two"]]


def test_a_long_circle_is_found_once(tree):
    graph = tree(
        {
            "sim/a.py": "from sim import b",
            "sim/b.py": "from sim import c, d",
            "sim/c.py": "from sim.a import x",
            "sim/d.py": "",
        }
    )
    assert imports.circles(graph) == [["sim.a", "sim.b", "sim.c"]]


def test_what_is_imported_for_types_only_counts_too(tree):
    text = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from sim.b import B\n"
    graph = tree({"sim/a.py": text, "sim/b.py": "import sim.a"})
    assert imports.circles(graph) == [["sim.a", "sim.b"]]


def test_a_circle_among_the_chips_modules_is_found(tree):
    graph = tree(
        {"sim/chip/machine.py": "import chip_pin", "sim/chip/chip_pin.py": "import machine"}
    )
    assert imports.circles(graph) == [["sim.chip.chip_pin", "sim.chip.machine"]]


@pytest.mark.parametrize(
    "path, text, wrong",
    [
        ("lib/dsmr/new.py", "from firmware import meter", ("dsmr.new", "firmware.meter")),
        (
            "firmware/boards/new.py",
            "from firmware.http import guard",
            ("firmware.boards.new", "firmware.http.guard"),
        ),
        (
            "firmware/outputs/new/part.py",
            "def f():\n    from firmware.app import App",
            ("firmware.outputs.new.part", "firmware.app"),
        ),
        ("firmware/app.py", "from host import tree", ("firmware.app", "host.tree")),
    ],
)
def test_an_import_in_the_wrong_direction_is_found(tree, path, text, wrong):
    others = {"firmware/meter.py": "", "firmware/http/guard.py": "", "host/tree.py": ""}
    others["firmware/app.py"] = ""
    assert imports.trespasses(tree({**others, path: text})) == [wrong]


def test_outputs_may_import_renderers_and_libraries(tree):
    graph = tree(
        {
            "firmware/outputs/one.py": "import dsmr\nfrom firmware.renderers import metrics",
            "firmware/renderers/metrics.py": "",
            "lib/dsmr/__init__.py": "",
        }
    )
    assert imports.trespasses(graph) == []
