"""The tree as the board gets it."""

import ast
import subprocess
import sys

import pytest
from pty_board import MICROPYTHON
from standin_repo import STANDIN, write_repo

from host import build, tree

NATIVE = "app/lib/dsmr/fast"


@pytest.fixture
def repo(tmp_path):
    return write_repo(tmp_path / "repo")


@pytest.fixture
def out(tmp_path):
    return tmp_path / "build" / "board"


def header(path):
    """Format, and the byte that holds architecture and sub-version, of an .mpy file."""
    data = path.read_bytes()
    assert data[:1] == b"M"
    return data[1], data[2]


def test_the_tree_has_the_boards_files_and_no_others(repo, out):
    built = build.build(repo, out, "xtensawin")
    assert built.files == [
        "app/firmware/__init__.mpy",
        "app/firmware/app.mpy",
        "app/firmware/boards/__init__.mpy",
        "app/firmware/large.mpy",
        "app/firmware/page.gz",
        "app/lib/dsmr/__init__.mpy",
        "app/lib/dsmr/fast.mpy",
        "app/lib/microdot/__init__.mpy",
        "app/lib/microdot/microdot.mpy",
        "boot.py",
        "main.py",
        "trial.py",
    ]
    there = {p.relative_to(out).as_posix() for p in out.rglob("*") if p.is_file()}
    assert there == set(built.files)
    assert built.size == sum(p.stat().st_size for p in out.rglob("*") if p.is_file())
    assert (out / "main.py").read_text() == STANDIN["main.py"]
    assert (out / "app/firmware/page.gz").read_bytes() == STANDIN["firmware/page.gz"]


@pytest.mark.parametrize("arch", ["x64", "xtensawin", "rv32imc"])
def test_only_machine_code_names_an_architecture(repo, out, arch):
    build.build(repo, out, arch)
    number = build.ARCHES.index(arch)
    for path in out.rglob("*.mpy"):
        version, flags = header(path)
        assert version == build.MPY_VERSION
        if path.stem == "fast":
            assert flags == number << 2 | build.MPY_SUB_VERSION
        else:
            assert flags == 0


def test_without_an_emitter_machine_code_is_left_out(repo, out):
    assert not [name for name in build.build(repo, out, "bytecode").files if NATIVE in name]
    source = build.build(repo, out, "bytecode", source_ours=True)
    assert not [name for name in source.files if NATIVE in name]


def test_source_ours(repo, out):
    files = build.build(repo, out, "xtensawin", source_ours=True).files
    assert [name for name in files if name.endswith(".mpy")] == [
        "app/lib/microdot/__init__.mpy",
        "app/lib/microdot/microdot.mpy",
    ]
    assert (out / "app/firmware/app.py").read_text() == STANDIN["firmware/app.py"]


def test_only_what_changed_is_made(repo, out):
    assert build.build(repo, out, "x64").made == 12
    assert build.build(repo, out, "x64").made == 0
    (repo / "firmware/app.py").write_text("a = 1\n")
    assert build.build(repo, out, "x64").made == 1
    # Another architecture concerns the file with machine code alone.
    assert build.build(repo, out, "xtensawin").made == 1
    (out / "app/firmware/app.mpy").unlink()
    assert build.build(repo, out, "xtensawin").made == 1


def test_what_is_gone_is_removed(repo, out):
    build.build(repo, out, "x64")
    (repo / "firmware/boards/__init__.py").unlink()
    (out / "app/firmware/stray.py").write_text("")
    built = build.build(repo, out, "x64")
    assert built.removed == 2
    assert not (out / "app/firmware/boards").exists()
    assert not (out / "app/firmware/stray.py").exists()
    assert build.build(repo, out, "x64", source_ours=True).removed == 5
    assert not (out / "app/firmware/app.mpy").exists()


def test_a_config_json_in_the_tree_stays_and_is_none_of_its_files(repo, out):
    build.build(repo, out, "x64")
    (out / "config.json").write_text("{}")
    built = build.build(repo, out, "x64")
    assert (built.removed, "config.json" in built.files) == (0, False)
    assert (out / "config.json").read_text() == "{}"


def test_a_failed_build_is_made_good_by_the_next(repo, out):
    build.build(repo, out, "x64")
    (repo / "firmware/app.py").write_text("a =\n")
    with pytest.raises(build.BuildError, match=r"(?s)firmware/app\.py.*SyntaxError"):
        build.build(repo, out, "x64")
    (repo / "firmware/app.py").write_text(STANDIN["firmware/app.py"])
    assert build.build(repo, out, "x64").made == 12


@pytest.mark.parametrize("name", ["main.py", "boot.py"])
def test_a_mistake_in_what_is_sent_as_source_is_found(repo, out, name):
    (repo / name).write_text("def f(:\n")
    with pytest.raises(build.BuildError, match=name):
        build.build(repo, out, "x64")


def test_tracebacks_name_the_module_and_the_function(repo, out):
    (repo / "firmware/app.py").write_text("def run():\n    a = 1\n    return a[0]\n")
    build.build(repo, out, "x64")
    done = subprocess.run([MICROPYTHON, "main.py"], cwd=out, capture_output=True, text=True)
    assert 'File "firmware.app", line 1, in run' in done.stdout
    assert "TypeError" in done.stdout


def test_a_folder_that_is_not_a_builds_is_left_alone(repo, tmp_path):
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "letter.txt").write_text("dear")
    with pytest.raises(build.BuildError, match="name a new folder"):
        build.build(repo, tmp_path / "home", "x64")
    assert (tmp_path / "home" / "letter.txt").read_text() == "dear"


@pytest.mark.parametrize(
    "pin, words",
    [
        ("microdot==2.6.0", "pins 2.6.0; install that"),
        ("microdot", "must name microdot's version"),
    ],
)
def test_another_microdot_than_the_pinned_one_is_refused(repo, out, pin, words):
    (repo / tree.MICRODOT_PIN).write_text(pin + "\n")
    with pytest.raises(tree.TreeError, match=words):
        build.build(repo, out, "x64")


def test_a_checkout_that_lacks_main_is_refused(repo, out, capsys):
    (repo / "main.py").unlink()
    assert build.main(["--arch", "x64", "--out", str(out)], repo) == 1
    assert "no main.py" in capsys.readouterr().err


def test_the_command_prints_one_line(repo, out, capsys):
    assert build.main(["--arch", "host", "--out", str(out)], repo) == 0
    line = capsys.readouterr().out
    assert line.startswith(f"{out}: 12 files, ")
    assert line.count("\n") == 1
    done = subprocess.run([MICROPYTHON, "main.py"], cwd=out, capture_output=True, text=True)
    assert done.stdout == "crc 1\n"


def imports(path):
    """Dotted names of all modules that a source file imports, wherever it does."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def test_every_module_that_the_firmware_imports_is_in_the_tree():
    files = tree.our_files()
    microdot = {"microdot/" + name for name in tree.MICRODOT_FILES}
    there = {name.removeprefix("lib/") for name in files.values()} | microdot
    for name in files.values():
        if not name.endswith(".py"):
            continue
        for module in imports(tree.REPO / name):
            if module.split(".")[0] not in ("firmware", "dsmr", "microdot"):
                continue
            path = module.replace(".", "/")
            parent = path.rpartition("/")[0]
            forms = {path + ".py", path + "/__init__.py", parent + ".py", parent + "/__init__.py"}
            host_only = {one.removeprefix("lib/") for one in tree.HOST_ONLY}
            assert forms & (there | host_only), f"{name} imports {module}"


def test_host_only_modules_exist():
    assert [name for name in tree.HOST_ONLY if not (tree.REPO / name).is_file()] == []


def test_the_projects_own_tree_builds(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "host.build", "--arch", "xtensawin", "--out", tmp_path / "board"],
        cwd=tree.REPO,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "board/app/lib/dsmr/__init__.mpy").is_file()
    assert (tmp_path / "board/app/firmware/app.mpy").is_file()
    assert not list((tmp_path / "board").rglob("host.*"))
