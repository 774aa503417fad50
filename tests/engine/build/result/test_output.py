from __future__ import annotations

import errno
import io
import json
import os
import stat
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.build.request import Destination
from engine.build.result.output import checked, export
from engine.errors import Conflict, EngineError, InvalidInput, NoSpace, Unsupported
from engine.events import EventLog
from engine.images.images import Images
from engine.oci.reference import Reference
from engine.paths import Paths
from engine.store.store import Store
from tests.engine.build.result.test_squash import put

pytestmark = pytest.mark.root


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(Paths(f"{tmp_path}/yard", f"{tmp_path}/yard/run")) as store:
        yield store


@pytest.fixture
def image(store: Store) -> str:
    """An image of two layers, the upper of which deletes a file of the lower."""
    id = put(
        store, "app:1", {"etc/a": "a", "etc/gone": "x", "bin/tool": "tool"}, {"etc/gone": None, "top": "t"}
    )
    lower = Path(store.paths.snapshot(1))
    os.chown(lower / "bin/tool", 12, 34)
    (lower / "bin/tool").chmod(0o4755)
    os.utime(lower / "bin/tool", (1, 981173106))
    (lower / "bin/same").hardlink_to(lower / "bin/tool")
    (lower / "etc/link").symlink_to("/bin/tool")
    (lower / "etc").chmod(0o750)
    os.utime(lower / "etc", (1, 2))
    os.utime(Path(store.paths.snapshot(2)) / "etc", (1, 2))
    (Path(store.paths.snapshot(2)) / "etc").chmod(0o750)
    return id


def write(store: Store, image: str, kind: str, place: object = "", **options: str) -> None:
    export(store, EventLog(store.paths.events), image, Destination(kind, str(place), options))


def below(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


NAMES = ["bin", "bin/same", "bin/tool", "etc", "etc/a", "etc/link", "top"]


class TestLocal:
    def test_the_files_are_the_caller_s_with_their_modes_and_times(
        self, store: Store, image: str, tmp_path: Path
    ) -> None:
        out = tmp_path / "some/out"
        write(store, image, "local", out)

        assert below(out) == NAMES
        status = (out / "bin/tool").stat()
        assert (stat.S_IMODE(status.st_mode), status.st_uid, status.st_mtime) == (
            0o4755,
            os.getuid(),
            981173106,
        )
        assert (out / "bin/same").samefile(out / "bin/tool")
        assert os.readlink(out / "etc/link") == "/bin/tool"
        assert (stat.S_IMODE((out / "etc").stat().st_mode), (out / "etc").stat().st_mtime) == (0o750, 2)

    def test_what_is_there_already_stays_or_is_replaced(
        self, store: Store, image: str, tmp_path: Path
    ) -> None:
        out = tmp_path / "out"
        (out / "bin").mkdir(parents=True)
        (out / "bin/mine").write_text("mine")
        (out / "top").write_text("old and longer")
        write(store, image, "local", out)

        assert below(out) == sorted([*NAMES, "bin/mine"])
        assert (out / "top").read_text() == "t"

    def test_a_link_out_of_the_directory_is_not_followed(
        self, store: Store, image: str, tmp_path: Path
    ) -> None:
        out, other = tmp_path / "out", tmp_path / "other"
        out.mkdir()
        other.mkdir()
        (out / "bin").symlink_to(other)
        (out / "top").symlink_to(other / "top")
        try:
            write(store, image, "local", out)
        except EngineError:
            pass

        assert below(other) == []

    def test_a_directory_in_a_file_s_way_is_told(self, store: Store, image: str, tmp_path: Path) -> None:
        (tmp_path / "out/top/full").mkdir(parents=True)

        with pytest.raises(Conflict, match="cannot write top: a directory of that name is in the way"):
            write(store, image, "local", tmp_path / "out")


class TestTar:
    def test_it_holds_the_files_with_their_owners(self, store: Store, image: str, tmp_path: Path) -> None:
        write(store, image, "tar", tmp_path / "out.tar")

        with tarfile.open(tmp_path / "out.tar") as tar:
            assert tar.getnames() == NAMES
            tool, same = tar.getmember("bin/tool"), tar.getmember("bin/same")
            assert (same.mode, same.uid, same.gid, same.mtime) == (0o4755, 12, 34, 981173106)
            assert (tool.type, tool.linkname) == (tarfile.LNKTYPE, "bin/same")
            content = tar.extractfile("top")
            assert content
            assert content.read() == b"t"

    def test_the_same_image_gives_the_same_bytes(self, store: Store, image: str, tmp_path: Path) -> None:
        for name in ("one", "two"):
            write(store, image, "tar", tmp_path / name)

        assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()

    def test_a_disk_that_is_full_is_told(self, store: Store, image: str) -> None:
        with pytest.raises(NoSpace, match="cannot write the tar output to /dev/full"):
            write(store, image, "tar", "/dev/full")

    def test_what_could_not_be_finished_is_taken_away(
        self, store: Store, image: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def full(out: io.RawIOBase, data: bytes) -> int:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        monkeypatch.setattr("engine.build.result.rootfs._put", full)
        with pytest.raises(NoSpace):
            write(store, image, "tar", tmp_path / "out.tar")
        assert not (tmp_path / "out.tar").exists()


class TestArchives:
    @pytest.mark.parametrize("kind", ["oci", "docker"])
    def test_they_load_as_the_same_image_under_the_same_names(
        self, store: Store, image: str, tmp_path: Path, kind: str
    ) -> None:
        place, names = tmp_path / "out.tar", [Reference.parse("given:1")]
        id = put(store, "app:2", {"a": "1"}, {"b": "2"})
        write_with = Destination(kind, str(place), {"name": "x.example/other:2"})
        export(store, EventLog(store.paths.events), id, write_with, names)
        with Store(Paths(f"{tmp_path}/second", f"{tmp_path}/second/run")) as second:
            images = Images(second, EventLog(second.paths.events))
            loaded = list(images.load(io.BytesIO(place.read_bytes())))

        assert {one.id for one in loaded} == {id}
        assert {one.reference for one in loaded} == {"given:1", "x.example/other:2"}

    def test_an_oci_layout_may_be_a_directory(self, store: Store, tmp_path: Path) -> None:
        id = put(store, "app:2", {"a": "1"})
        write(store, id, "oci", tmp_path / "layout", tar="false")

        index = json.loads((tmp_path / "layout/index.json").read_bytes())
        assert len(index["manifests"]) == 1


@pytest.mark.parametrize("kind", ["image", "docker"])
def test_into_the_store_only_names_are_given(store: Store, kind: str) -> None:
    id = put(store, "app:2", {"a": "1"})
    write(store, id, kind, name="one,two:2")

    assert Images(store, EventLog(store.paths.events)).get(id).tags == ("app:2", "one:latest", "two:2")


@pytest.mark.parametrize(
    ("destination", "error", "sentence"),
    [
        (Destination("foo"), InvalidInput, 'exporter "foo" could not be found'),
        (Destination("local"), InvalidInput, "dest is required for local output"),
        (Destination("tar"), InvalidInput, "dest is required for tar output"),
        (Destination("local", "-"), InvalidInput, "cannot be written to standard output"),
        (Destination("tar", "x", {"foo": "bar"}), InvalidInput, "does not understand foo"),
        (Destination("oci", "x", {"compression": "zstd"}), InvalidInput, "does not understand compression"),
        (Destination("image", "", {"push": "true"}), Unsupported, "cannot push"),
        (Destination("registry"), Unsupported, "cannot push"),
        (Destination("image", "", {"name": "UPPER"}), InvalidInput, "must be lowercase"),
    ],
)
def test_what_cannot_be_done_is_refused(
    destination: Destination, error: type[Exception], sentence: str
) -> None:
    with pytest.raises(error, match=sentence):
        checked(destination)
