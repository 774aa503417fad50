"""What every snapshotter owes: one suite for all of them."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from engine.errors import EngineError
from engine.kernel.mounts import Mount
from engine.snapshots.choice import made_by
from engine.snapshots.copying import Copying
from engine.snapshots.overlay import Overlay
from engine.snapshots.protocol import Snapshotter
from tests.engine.snapshots.stacks import Layer, inside, picture

pytestmark = [
    pytest.mark.root,
    pytest.mark.skipif(os.geteuid() != 0, reason="needs root for whiteouts and mounts"),
]


@pytest.fixture(params=[Overlay, Copying], ids=["overlay", "copy"])
def snapshotter(request: pytest.FixtureRequest) -> Snapshotter:
    made: Snapshotter = request.param()
    return made


class Place:
    """A directory to prepare in, and somewhere to mount."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.directory = str(folder / "prepared")
        self.at = str(folder / "root")
        self.lowers: tuple[str, ...] = ()
        os.mkdir(self.directory)

    def layer(self) -> Layer:
        """Add a layer on top."""
        layer = Layer(str(self.folder / "layers" / str(len(self.lowers) + 1)))
        self.lowers = (layer.path, *self.lowers)
        return layer


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def rich(place: Place) -> None:
    """Make a stack with one of everything that layers can do to each other."""
    bottom = place.layer()
    bottom.directory("", mode=0o755).file("etc/passwd", "root").file("etc/shadow", "secret", mode=0o600)
    bottom.file("bin/tool", "tool", mode=0o4755).link("bin/same", "bin/tool").symlink("bin/away", "/nowhere")
    bottom.file("gone", "gone").directory("gone-dir").file("gone-dir/file", "x")
    bottom.file("hidden/one", "1").file("hidden/two", "2").directory("tmp", mode=0o1777)
    bottom.file("was-file", "file").file("was-dir/below", "x").directory("stays-shut", mode=0o500)
    bottom.file("owned", "x", uid=1234, mtime=1_700_000_000_123_456_789)
    bottom.device("null", stat.S_IFCHR, 1, 3).device("disk", stat.S_IFBLK, 7, 1)
    os.mkfifo(f"{bottom.path}/fifo")
    os.setxattr(f"{bottom.path}/owned", "user.note", b"kept")
    with open(f"{bottom.path}/sparse", "wb") as file:
        file.seek(5 << 20)
        file.write(b"end")
        file.truncate(8 << 20)
    os.utime(f"{bottom.path}/sparse", ns=(5, 5))
    os.setxattr(
        bottom.path + "/bin/tool",
        "security.capability",
        bytes.fromhex("0100000200040000000000000000000000000000"),
    )
    middle = place.layer()
    middle.whiteout("gone").whiteout("gone-dir").directory("hidden", opaque=True).file("hidden/three", "3")
    middle.whiteout("was-dir").file("was-file/below", "now a directory").file("etc/passwd", "root and me")
    top = place.layer()
    top.directory("", mode=0o711).file("gone", "back").directory("hidden", mode=0o700).file(
        "hidden/four", "4"
    )
    top.file("was-dir", "now a file").file(os.fsdecode(b"caf\xe9"), "bytes").directory("gone-dir")
    os.chown(top.path, 7, 8)


def test_the_root_shows_the_stack(place: Place, snapshotter: Snapshotter) -> None:
    rich(place)
    union = snapshotter.prepare(place.directory, place.lowers)
    seen = inside(union, place.at, picture)
    content = {path: entry[8] for path, entry in seen.items()}
    assert content["/etc/passwd"] == b"root and me"
    assert content["/gone"] == b"back"
    assert content["/gone-dir"] == []
    assert content["/hidden"] == ["four", "three"]
    assert content["/was-dir"] == b"now a file"
    assert content["/was-file/below"] == b"now a directory"
    assert content["/bin/away"] == "/nowhere"
    assert seen["/bin/tool"][0] == "0o104755"
    assert seen["/hidden"][0] == "0o40700"
    assert seen["/owned"][1] == 1234
    assert seen["/owned"][7] == 1_700_000_000_123_456_789
    assert seen["/owned"][9] == [("user.note", b"kept")]
    assert [name for name, _ in seen["/bin/tool"][9]] == ["security.capability"]  # type: ignore[attr-defined]
    assert seen["/bin/tool"][3:5] == (2, "/bin/same")
    assert seen["/"][:3] == ("0o40711", 7, 8)


def test_all_snapshotters_show_the_same(place: Place) -> None:
    rich(place)
    pictures = []
    for number, made in enumerate((Overlay(), Copying())):
        directory = f"{place.directory}/{number}"
        os.mkdir(directory)
        pictures.append(inside(made.prepare(directory, place.lowers), place.at, picture))
    assert pictures[0] == pictures[1]


def test_the_layers_are_never_written_to(place: Place, snapshotter: Snapshotter) -> None:
    rich(place)
    before = [picture(lower) for lower in place.lowers]

    def write(root: str) -> None:
        Path(root, "etc/passwd").write_text("changed")
        Path(root, "bin/tool").unlink()
        Path(root, "new").write_text("x")
        os.chmod(f"{root}/owned", 0o600)

    inside(snapshotter.prepare(place.directory, place.lowers), place.at, write)
    assert [picture(lower) for lower in place.lowers] == before


def test_what_is_written_stays_for_the_next_mount(place: Place, snapshotter: Snapshotter) -> None:
    place.layer().file("a", "a").file("b", "b")
    union = snapshotter.prepare(place.directory, place.lowers)

    def write(root: str) -> None:
        Path(root, "a").unlink()
        Path(root, "b").write_text("B")
        Path(root, "c").mkdir()

    inside(union, place.at, write)
    assert sorted(inside(union, place.at, os.listdir)) == ["b", "c"]
    assert inside(union, place.at, lambda root: Path(root, "b").read_text()) == "B"


def test_the_directory_may_move_with_its_mounts(place: Place, snapshotter: Snapshotter) -> None:
    place.layer().file("a", "a")
    union = snapshotter.prepare(place.directory, place.lowers)
    elsewhere = f"{place.folder}/elsewhere"
    os.rename(place.directory, elsewhere)

    def moved(mount: Mount) -> Mount:
        return mount._replace(
            source=mount.source.replace(place.directory, elsewhere),
            options=tuple(option.replace(place.directory, elsewhere) for option in mount.options),
        )

    assert inside([moved(mount) for mount in union], place.at, os.listdir) == ["a"]
    assert made_by(elsewhere, Overlay()).name == snapshotter.name
    assert made_by(elsewhere, Copying()).name == snapshotter.name
    assert snapshotter.usage(elsewhere) == 0


def test_a_stack_of_nothing_is_an_empty_root(place: Place, snapshotter: Snapshotter) -> None:
    before = os.umask(0o077)
    union = snapshotter.prepare(place.directory, ())
    os.umask(before)
    assert inside(union, place.at, os.listdir) == []
    inside(union, place.at, lambda root: Path(root, "a").write_text("abc"))
    assert stat.S_IMODE(os.stat(f"{place.directory}/upper").st_mode) == 0o755
    assert [tuple(change) for change in snapshotter.changes(place.directory, ())] == [("A", "/a")]
    assert snapshotter.usage(place.directory) == 3


def test_a_stack_of_150_layers(place: Place, snapshotter: Snapshotter) -> None:
    for number in range(150):
        layer = place.layer().file("latest", str(number)).file(f"of/{number}", "x")
        if number:
            layer.whiteout(f"of/{number - 1}")
    union = snapshotter.prepare(place.directory, place.lowers)
    assert inside(
        union, place.at, lambda root: (Path(root, "latest").read_text(), os.listdir(f"{root}/of"))
    ) == ("149", ["149"])


def test_odd_names_of_folders_are_no_options(tmp_path: Path, snapshotter: Snapshotter) -> None:
    odd = tmp_path / "a,b:c=é"
    odd.mkdir()
    place = Place(odd)
    place.layer().file("a", "a")
    place.layer().file("b", "b")
    assert sorted(inside(snapshotter.prepare(place.directory, place.lowers), place.at, os.listdir)) == [
        "a",
        "b",
    ]


def write_of_everything(root: str) -> None:
    Path(root, "added").write_text("12345")
    Path(root, "added-dir/deeper").mkdir(parents=True)
    Path(root, "added-dir/deeper/file").write_text("123")
    Path(root, "etc/passwd").write_text("changed!!")
    Path(root, "etc/shadow").unlink()
    os.chmod(f"{root}/bin/tool", 0o755)
    os.unlink(f"{root}/hidden/three")
    os.unlink(f"{root}/hidden/four")
    os.rmdir(f"{root}/hidden")
    os.unlink(f"{root}/was-dir")
    os.mkdir(f"{root}/was-dir")
    os.symlink("x", f"{root}/was-dir/link")
    os.mkdir(f"{root}/empty")


CHANGES = [
    ("A", "/added"),
    ("A", "/added-dir"),
    ("A", "/added-dir/deeper"),
    ("A", "/added-dir/deeper/file"),
    ("C", "/bin"),
    ("C", "/bin/tool"),
    ("A", "/empty"),
    ("C", "/etc"),
    ("C", "/etc/passwd"),
    ("D", "/etc/shadow"),
    ("D", "/hidden"),
    ("C", "/was-dir"),
    ("A", "/was-dir/link"),
]


def test_changes_are_told_as_docker_tells_them(place: Place, snapshotter: Snapshotter) -> None:
    pytest.importorskip("engine.layers.changes", reason="the reader of overlay directories is not there")
    rich(place)
    os.unlink(f"{place.lowers[-1]}/bin/same")
    union = snapshotter.prepare(place.directory, place.lowers)
    assert list(snapshotter.changes(place.directory, place.lowers)) == []
    inside(union, place.at, write_of_everything)
    assert sorted(tuple(change) for change in snapshotter.changes(place.directory, place.lowers)) == sorted(
        CHANGES
    )


def test_usage_counts_what_was_written(place: Place, snapshotter: Snapshotter) -> None:
    pytest.importorskip("engine.layers.changes", reason="the reader of overlay directories is not there")
    place.layer().file("base", "x" * 1000)
    union = snapshotter.prepare(place.directory, place.lowers)
    assert snapshotter.usage(place.directory) == 0

    def write(root: str) -> None:
        Path(root, "a").write_bytes(b"x" * 100)
        os.link(f"{root}/a", f"{root}/b")
        os.symlink("somewhere", f"{root}/c")
        Path(root, "base").write_bytes(b"y" * 10)

    inside(union, place.at, write)
    assert snapshotter.usage(place.directory) == 110


@pytest.mark.parametrize("writes", [False, True])
def test_remove_takes_everything_and_can_be_repeated(
    place: Place, snapshotter: Snapshotter, writes: bool
) -> None:
    rich(place)
    union = snapshotter.prepare(place.directory, place.lowers)
    if writes:
        inside(union, place.at, write_of_everything)
    for _ in range(2):
        snapshotter.remove(place.directory)
        assert os.listdir(place.directory) == []


def test_a_place_that_cannot_be_written_to_is_an_error_with_a_sentence(
    place: Place, snapshotter: Snapshotter
) -> None:
    with pytest.raises(EngineError, match="cannot"):
        snapshotter.prepare(f"{place.folder}/none", place.lowers)


def test_sparse_files_stay_sparse(place: Place) -> None:
    rich(place)
    Copying().prepare(place.directory, place.lowers)
    status = os.stat(f"{place.directory}/upper/sparse")
    assert status.st_size == 8 << 20
    assert status.st_blocks * 512 < 1 << 20
