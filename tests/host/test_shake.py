"""What a board gets of microdot: all that is used, nothing that is not, and it serves the same."""

import ast
import http.client
import shutil

import pytest

from host import build, shake, tree
from sim.firmware import Firmware
from sim.ports import free_port

WHOLE = {name: source.read_text() for name, source in tree.microdot_files().items()}
SHAKEN = shake.shaken(WHOLE)
LISTED = [(owner, name) for owner, names in shake.UNUSED.items() for name in names]


def defined(sources):
    """What the sources define: pairs of a class, or "" for none, and a name."""
    found = set()
    for text in sources.values():
        for statement in ast.parse(text).body:
            found.update(("", name) for name in names(statement))
            if isinstance(statement, ast.ClassDef):
                for member in statement.body:
                    found.update((statement.name, name) for name in names(member))
    # `Response.already_handled = …` stands outside of its class.
    return {tuple(name.split(".")) if "." in name else (owner, name) for owner, name in found}


def names(statement):
    if isinstance(statement, (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
        return [statement.name]
    if isinstance(statement, ast.Assign):
        return [ast.unparse(target) for target in statement.targets]
    return []


def test_all_of_the_list_is_left_out_and_nothing_else():
    gone = defined(WHOLE) - defined(SHAKEN)
    # Of a class that is left out, nothing is there.
    assert {pair for pair in gone if ("", pair[0]) not in LISTED} == set(LISTED)
    assert defined(SHAKEN) <= defined(WHOLE)


def test_the_lines_that_stay_are_those_of_microdot():
    for name, text in SHAKEN.items():
        for ours, theirs in zip(text.splitlines(), WHOLE[name].splitlines(), strict=True):
            assert ours in ("", theirs) or ours.startswith("from microdot.microdot import ")


def test_the_package_offers_what_is_left():
    (package,) = (name for name in WHOLE if name.endswith("__init__.py"))
    whole, ours = (
        [alias.name for line in ast.parse(text).body for alias in getattr(line, "names", ())]
        for text in (WHOLE[package], SHAKEN[package])
    )
    assert ours == [name for name in whole if name not in shake.UNUSED[""]]
    assert {"Microdot", "Request", "Response"} <= set(ours)


@pytest.mark.parametrize("owner, name", LISTED, ids=lambda part: part or "-")
def test_each_name_of_the_list_must_be_there(monkeypatch, owner, name):
    """A newer microdot may have it no more, or under another name."""
    another = [f"{listed}_" if listed == name else listed for listed in shake.UNUSED[owner]]
    monkeypatch.setattr(shake, "UNUSED", {**shake.UNUSED, owner: another})
    with pytest.raises(shake.ShakeError) as error:
        shake.shaken(WHOLE)
    assert str(error.value).endswith(f" has not: {owner} {name}_".replace("  ", " "))


@pytest.mark.parametrize(
    "owner, name", [("Microdot", "find_route"), ("URLPattern", "match"), ("", "NoCaseDict")]
)
def test_what_is_used_cannot_be_left_out(monkeypatch, owner, name):
    longer = {**shake.UNUSED, owner: (*shake.UNUSED[owner], name)}
    monkeypatch.setattr(shake, "UNUSED", longer)
    with pytest.raises(shake.ShakeError, match=rf"leaves out {name}, which line \d+ uses"):
        shake.shaken(WHOLE)


#: Names that other things of microdot's have too, so that a use of them cannot be told.
UNIQUE = sorted({name for _, name in LISTED} - set(shake._COMMON))


@pytest.mark.parametrize("name", UNIQUE)
def test_a_use_of_what_is_left_out_is_noticed(name):
    """A newer microdot may use it."""
    path = next(path for path in WHOLE if path.endswith("microdot.py"))
    used = f"{WHOLE[path]}\n\ndef newer(thing):\n    return thing.{name}\n"
    with pytest.raises(shake.ShakeError, match=f"leaves out {name}, "):
        shake.shaken({**WHOLE, path: used})


def test_no_page_and_no_output_of_ours_uses_what_is_left_out():
    # `create` is also what each output has.
    gone = set(UNIQUE) - {"create"}
    for name in tree.our_files().values():
        if name.startswith(("firmware/http/", "firmware/outputs/")) and name.endswith(".py"):
            used = {
                getattr(node, "attr", None) or getattr(node, "id", None)
                for node in ast.walk(ast.parse((tree.REPO / name).read_text(encoding="utf-8")))
            }
            assert not used & gone, name


REQUESTS = [
    *(("GET", path, {}) for path in ("/", "/livez", "/readyz", "/telegram", "/raw", "/log")),
    *(("GET", path, {}) for path in ("/metrics", "/metrics?format=json", "/metrics?format=x")),
    *(("GET", path, {}) for path in ("/api", "/api/v1/data", "/api/v1/telegram", "/nowhere")),
    ("GET", "/metrics?format=%zz", {}),
    ("GET", "/metrics/?format=%6Ason&a=1&a=2", {}),
    ("HEAD", "/metrics", {}),
    ("HEAD", "/nowhere", {}),
    ("POST", "/metrics", {}),
    ("PUT", "/", {"Content-Length": "0"}),
    ("OPTIONS", "/metrics", {}),
    ("GET", "/", {"Host": "evil.example"}),
    ("BREW", "/", {}),
]


def served(firmware):
    """What it answers to each request: (status, headers, body)."""
    answers = []
    for method, path, headers in REQUESTS:
        connection = http.client.HTTPConnection("127.0.0.1", firmware.settings["http_port"])
        connection.request(method, path, headers=headers)
        response = connection.getresponse()
        answers.append((response.status, sorted(response.headers.items()), response.read()))
    return answers


def test_microdot_as_pypi_ships_it_serves_the_same(tmp_path, meter_line, board_interpreter):
    settings = {"http_port": free_port(), "allowed_hosts": "meter.example", "stale_after": 600}
    found = {}
    for kind in ("shaken", "whole"):
        line = meter_line("t211", count=1, speed=0)
        flash = tmp_path / kind
        firmware = Firmware(
            flash,
            line.port,
            settings,
            heap="1m",
            environment={"SIM_PSRAM": "1"},
            interpreter=board_interpreter,
        )
        if kind == "whole":
            (flash / "app").unlink()
            arch = build.arch_of(board_interpreter.command)
            apart = build.build(tree.REPO, tmp_path / "apart", arch)
            shutil.copytree(apart.out / "app", flash / "app")
            shutil.rmtree(flash / "app" / "lib" / "microdot")
            build.compile_microdot(flash / "app" / "lib")
        with firmware:
            firmware.wait_until_ready()
            firmware.wait_until(lambda one=firmware: "rssi" in one.json("/healthz")["wifi"], "up")
            found[kind] = served(firmware)
            health = firmware.json("/healthz")
        assert health["errors"] == []
    for request, ours, theirs in zip(REQUESTS, found["shaken"], found["whole"], strict=True):
        assert ours == theirs, request
    statuses = {answer[0] for answer in found["whole"]}
    assert statuses == {200, 400, 404, 405, 421}
