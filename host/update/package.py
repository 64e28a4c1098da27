"""A version of the firmware as an update sends it: its files, and the manifest of them.

It is made of a checkout, or of an archive that `make release` has made: a zip with manifest.txt
and the files, one for each architecture. boot.py, main.py and trial.py are no part of it: they
stay as they are on the board.
"""

import hashlib
import re
import zipfile
from pathlib import PurePosixPath

from firmware.update import manifest
from host import build, tree

#: Times in an archive do not change with the day on which it is made.
_TIME = (1980, 1, 1, 0, 0, 0)

_PREFIX = tree.APP + "/"

#: Bytes of a block of a board's flash.
BLOCK = 4096


class PackageError(Exception):
    """There is no such version; the text is for the person and says what to do."""


class Package:
    """version: as firmware/__init__.py has it; arch: one of build.ARCHES; files: a dict from the
    path below the tree to the bytes; manifest: the text, as bytes."""

    def __init__(self, version, arch, files):
        self.version = version
        self.arch = arch
        self.files = dict(sorted(files.items()))
        needs = (build.MPY_VERSION, build.MPY_SUB_VERSION, build.ARCHES.index(arch))
        lines = [f"power-readout {version}", "mpy %d %d %d" % needs]
        lines += [
            f"{hashlib.sha256(data).hexdigest()} {len(data)} {path}"
            for path, data in self.files.items()
        ]
        self.manifest = ("\n".join(lines) + "\n").encode()
        for line in lines[2:]:
            if manifest.parse_file(line) is None:
                raise PackageError(f"A board would not take this file of the tree: {line[65:]}")

    def size(self):
        return sum(map(len, self.files.values()))

    def blocks(self):
        """How many blocks of a board's flash the files take: each ends amid one, and LittleFS has
        a few bytes of its own in each but the first."""
        sizes = map(len, self.files.values())
        return sum(-(-(size + 8 * (size // BLOCK)) // BLOCK) for size in sizes)

    def folders(self):
        """How many folders the files are in, the tree's own included."""
        return len({parent for path in self.files for parent in PurePosixPath(path).parents})

    def begin(self):
        """The words of the message that announces it, see `firmware.update.session`."""
        needs = self.manifest.split(b"\n", 2)[1].decode().split()[1:]
        digest = hashlib.sha256(self.manifest).hexdigest()
        numbers = (len(self.manifest), self.size(), self.blocks(), self.folders())
        return ["begin", digest, *map(str, numbers), *needs]


def from_checkout(arch, repo=tree.REPO):
    """The version that the checkout has, built for an architecture."""
    built = build.packed(repo, repo / "build" / f"board-{arch}", arch)
    files = {
        name.removeprefix(_PREFIX): (built.out / name).read_bytes()
        for name in built.files
        if name.startswith(_PREFIX)
    }
    return Package(version_of(repo), arch, files)


def version_of(repo=tree.REPO):
    """The version that the checkout has."""
    source = (repo / "firmware" / "__init__.py").read_text(encoding="utf-8")
    found = re.search(r'^VERSION = "([^"]+)"', source, re.MULTILINE)
    if not found:
        raise PackageError('firmware/__init__.py must name the version: VERSION = "1.2.3".')
    return found.group(1)


def from_archive(path):
    """The version in an archive that `make release` has made."""
    try:
        with zipfile.ZipFile(path) as archive:
            lines = archive.read(manifest.NAME).decode().splitlines()
            version = manifest.parse_version(lines[0])
            needs = manifest.parse_needs(lines[1])
            if version is None:
                raise ValueError
            files = {}
            for line in lines[2:]:
                name, size, digest = manifest.parse_file(line)
                files[name] = archive.read(name)
                if len(files[name]) != size or hashlib.sha256(files[name]).hexdigest() != digest:
                    raise PackageError(f"{path} is damaged: {name} is not as its manifest says.")
        if needs[:2] != (build.MPY_VERSION, build.MPY_SUB_VERSION):
            raise PackageError(f"{path} has another format of compiled files than this program.")
        package = Package(version, build.ARCHES[needs[2]], files)
    except OSError as error:
        raise PackageError(f"{path} cannot be read: {error.strerror}.") from None
    except (zipfile.BadZipFile, KeyError, IndexError, TypeError, ValueError):
        raise PackageError(f"{path} is no archive that make release has made.") from None
    if package.manifest.decode().splitlines() != lines:
        raise PackageError(f"{path} is damaged: its manifest is not in order.")
    return package


def write_archive(package, path):
    """Write an archive; the same version gives the same bytes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in ((manifest.NAME, package.manifest), *package.files.items()):
            info = zipfile.ZipInfo(name, _TIME)
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, data)
