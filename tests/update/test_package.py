"""What an update is made of: from the checkout, or from the archive of a release."""

import zipfile

import pytest

from host import build
from host.update import package, release
from host.update.package import Package, PackageError

FILES = {"firmware/app.mpy": b"M\x06app", "firmware/__init__.mpy": b"", "lib/a/b.mpy": b"abc"}


@pytest.fixture
def made():
    return Package("1.2.3", "xtensawin", FILES)


@pytest.fixture
def archive(made, tmp_path):
    path = tmp_path / "release" / "one.zip"
    package.write_archive(made, path)
    return path


def rewritten(archive, name, change):
    """The archive with one of its files changed."""
    with zipfile.ZipFile(archive) as old:
        files = {each: old.read(each) for each in old.namelist()}
    files[name] = change(files[name])
    with zipfile.ZipFile(archive, "w") as new:
        for each, data in files.items():
            if data is not None:
                new.writestr(each, data)
    return archive


def test_the_manifest_lists_the_files_in_order(made):
    lines = made.manifest.decode().splitlines()
    assert lines[:2] == ["power-readout 1.2.3", "mpy 6 3 10"]
    assert [line.split()[2] for line in lines[2:]] == sorted(FILES)
    assert made.folders() == 4


def test_a_file_that_no_board_would_take():
    with pytest.raises(PackageError, match="a b"):
        Package("1.2.3", "xtensawin", {"a b": b""})


def test_an_archive_comes_out_as_it_went_in(made, archive):
    read = package.from_archive(archive)
    assert (read.version, read.arch, read.files) == (made.version, made.arch, made.files)
    assert read.manifest == made.manifest


def test_the_same_version_gives_the_same_archive(made, archive, tmp_path):
    package.write_archive(made, tmp_path / "again.zip")
    assert (tmp_path / "again.zip").read_bytes() == archive.read_bytes()


@pytest.mark.parametrize(
    "name, change, said",
    [
        ("lib/a/b.mpy", lambda data: b"abd", "is damaged"),
        ("lib/a/b.mpy", lambda data: None, "is no archive"),
        ("manifest.txt", lambda data: None, "is no archive"),
        ("manifest.txt", lambda data: b"", "is no archive"),
        ("manifest.txt", lambda data: data.replace(b"lib/", b"../"), "is no archive"),
        ("manifest.txt", lambda data: data.replace(b"mpy 6", b"mpy 9"), "another format"),
        ("manifest.txt", lambda data: data.replace(b"power-readout 1", b"x 1"), "is no archive"),
        ("manifest.txt", lambda data: data + data.splitlines()[2] + b"\n", "is damaged"),
    ],
)
def test_an_archive_that_was_tampered_with(archive, name, change, said):
    with pytest.raises(PackageError, match=said):
        package.from_archive(rewritten(archive, name, change))


def test_a_file_that_is_no_archive(tmp_path):
    (tmp_path / "x.zip").write_bytes(b"PK nothing")
    with pytest.raises(PackageError, match="is no archive"):
        package.from_archive(tmp_path / "x.zip")
    with pytest.raises(PackageError, match="cannot be read"):
        package.from_archive(tmp_path / "none.zip")


def test_a_release_has_an_archive_for_each_architecture(tmp_path, capsys):
    assert release.main(["--out", str(tmp_path)]) == 0
    version = package.version_of()
    assert {path.name for path in tmp_path.iterdir()} == {
        f"power-readout-{version}-{arch}.zip" for arch in ("xtensawin", "rv32imc", "bytecode")
    }
    read = package.from_archive(tmp_path / f"power-readout-{version}-rv32imc.zip")
    assert (read.version, read.arch) == (version, "rv32imc")
    assert "modules" in read.files
    assert not [name for name in read.files if name.startswith(("app/", "main", "boot"))]
    assert capsys.readouterr().out.count(f": {version}, ") == 3


def test_two_versions_and_a_history_fit_the_flash_of_a_board_with_4_mb():
    made = package.from_checkout(build.ESP32)
    manifest = -(-len(made.manifest) // package.BLOCK)
    one = made.blocks() + 2 * made.folders() + manifest
    # 512 blocks: less the root's, a dozen files of settings and the like, and 30 for the history.
    assert 2 * one <= 512 - 2 - 12 - 30
