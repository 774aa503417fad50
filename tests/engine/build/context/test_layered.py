"""A stack of layers read as one tree, with an overlay and without."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

import pytest

from engine.build.context.layered import Layered
from engine.kernel import mounts
from engine.paths import Paths

pytestmark = pytest.mark.root


@pytest.fixture(params=["overlay", "links"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """With an overlay, or where the kernel refuses one."""
    if request.param == "links":

        def refuse(*_: object) -> int:
            raise OSError(errno.EPERM, os.strerror(errno.EPERM))

        monkeypatch.setattr(mounts, "open_overlay", refuse)
    return str(request.param)


@pytest.fixture
def lowers(paths: Paths) -> list[str]:
    """Two layers, the upper first: it changes, adds and deletes a file and hides a directory's content."""
    upper, lower = (Path(paths.root) / name for name in ("upper", "lower"))
    for layer in (upper, lower):
        (layer / "dir").mkdir(parents=True)
        (layer / "hidden").mkdir()
    for name in ("same", "changed", "gone", "dir/below", "hidden/below"):
        (lower / name).write_text(f"lower {name}\n")
    for name in ("changed", "dir/added"):
        (upper / name).write_text(f"upper {name}\n")
    os.mknod(upper / "gone", stat.S_IFCHR, 0)
    os.setxattr(upper / "hidden", "trusted.overlay.opaque", b"y")
    os.chown(lower / "same", 5, 6)
    return [str(upper), str(lower)]


def test_shows_what_a_container_would_see(way: str, lowers: list[str], paths: Paths) -> None:
    tree = Layered(lowers, paths)
    found = {entry.path.decode(): entry for entry in tree.walk(b"")}
    tree.close()
    assert list(found) == ["", "changed", "dir", "dir/added", "dir/below", "hidden", "same"]
    assert (found["same"].uid, found["same"].gid) == (5, 6)
    assert found["changed"].size == len("upper changed\n")
    assert os.listdir(paths.ingest) == []


def test_owners_count_in_its_digest(way: str, lowers: list[str], paths: Paths) -> None:
    digests = []
    for owner in (5, 5, 7):
        os.chown(f"{lowers[1]}/same", owner, owner)
        tree = Layered(lowers, paths)
        digests.append(tree.digest(b"same"))
        tree.close()
    assert digests[0] == digests[1] != digests[2]


def test_one_layer_and_none(lowers: list[str], paths: Paths) -> None:
    one, none = Layered(lowers[1:], paths), Layered([], paths)
    assert one.find(b"dir/below") is not None
    assert [entry.path for entry in none.walk(b"")] == [b""]
    one.close()
    none.close()
