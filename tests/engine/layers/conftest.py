"""Archives for the tests: written by the standard library, which is happy to write hostile ones."""

from __future__ import annotations

import io
import os
import stat
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

import pytest

from engine.layers.apply import DEFAULT, Applied, Limits, apply

Member = tuple[tarfile.TarInfo, bytes]
ROOT = os.geteuid() == 0


class Archives:
    """Makes members and archives of them."""

    def file(self, name: str, data: bytes = b"", **fields: object) -> Member:
        return self.member(name, tarfile.REGTYPE, data, size=len(data), **fields)

    def folder(self, name: str, **fields: object) -> Member:
        return self.member(name, tarfile.DIRTYPE, **{"mode": 0o755, **fields})

    def symlink(self, name: str, target: str) -> Member:
        return self.member(name, tarfile.SYMTYPE, linkname=target)

    def hard_link(self, name: str, target: str, **fields: object) -> Member:
        return self.member(name, tarfile.LNKTYPE, linkname=target, **fields)

    def member(self, name: str, kind: bytes, data: bytes = b"", **fields: object) -> Member:
        info = tarfile.TarInfo(name)
        info.type = kind
        info.uid, info.gid = os.geteuid(), os.getegid()
        for field, value in fields.items():
            setattr(info, field, value)
        return info, data

    def tar(self, *members: Member, format: int = tarfile.PAX_FORMAT) -> io.BytesIO:
        out = io.BytesIO()
        with tarfile.open(fileobj=out, mode="w", format=format, errors="surrogateescape") as archive:
            for info, data in members:
                archive.addfile(info, io.BytesIO(data))
        out.seek(0)
        return out


@pytest.fixture(scope="session")
def archives() -> Archives:
    return Archives()


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """An empty directory to unpack into."""
    path = tmp_path / "layer"
    path.mkdir()
    return path


Unpack = Callable[..., Applied]


@pytest.fixture
def unpack(root: Path) -> Unpack:
    """Unpack into `root`, as far as this user may."""

    def run(tar: BinaryIO, where: Path = root, limits: Limits = DEFAULT) -> Applied:
        return apply(tar, str(where), owners=ROOT, limits=limits, whiteouts="trusted" if ROOT else "user")

    return run


def portrait(path: Path) -> list[tuple[object, ...]]:
    """Describe a tree completely, so that two trees can be compared."""
    found: list[tuple[object, ...]] = []
    inodes: dict[int, str] = {}
    for folder, folders, files in os.walk(os.fsencode(path)):
        for name in sorted([*folders, *files, b"."]):
            full = os.path.join(folder, name)
            status = os.lstat(full)
            relative = os.path.relpath(full, os.fsencode(path))
            first = relative.decode("utf-8", "backslashreplace")
            if not stat.S_ISDIR(status.st_mode):
                first = inodes.setdefault(status.st_ino, first)
            content: bytes = b""
            if stat.S_ISREG(status.st_mode) and os.access(full, os.R_OK):
                content = Path(os.fsdecode(full)).read_bytes()
            elif stat.S_ISLNK(status.st_mode):
                content = os.readlink(full)
            found.append(
                (
                    relative,
                    status.st_mode,
                    status.st_uid,
                    status.st_gid,
                    status.st_rdev,
                    status.st_mtime_ns,
                    first,
                    content,
                )
            )
    return sorted(found, key=repr)


@pytest.fixture(scope="session")
def look() -> Callable[[Path], list[tuple[object, ...]]]:
    return portrait


@pytest.fixture
def victim(tmp_path: Path) -> Iterator[Path]:
    """A directory of the host's: whatever the test does, it is as it was afterwards."""
    path = tmp_path / "victim"
    path.mkdir()
    (path / "secret").write_text("untouched")
    os.chmod(path / "secret", 0o640)
    os.utime(path / "secret", (1, 1))
    os.utime(path, (1, 1))
    before = portrait(path)
    yield path
    assert portrait(path) == before
    assert os.stat(path / "secret").st_nlink == 1
