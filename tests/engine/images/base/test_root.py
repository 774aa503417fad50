"""A directory read as a root: no link, however it is written, leads out of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.images.base.root import Root


@pytest.fixture
def place(tmp_path: Path) -> Path:
    (tmp_path / "usr/bin").mkdir(parents=True)
    (tmp_path / "usr/bin/tool").write_bytes(b"tool")
    (tmp_path / "usr/bin/tool").chmod(0o755)
    (tmp_path / "bin").symlink_to("usr/bin")
    (tmp_path / "usr/bin/absolute").symlink_to("/usr/bin/tool")
    (tmp_path / "usr/bin/relative").symlink_to("../bin/./tool")
    (tmp_path / "usr/bin/climbing").symlink_to("../../../../../../usr/bin/tool")
    (tmp_path / "usr/bin/outside").symlink_to("/etc/passwd")
    (tmp_path / "usr/bin/circle").symlink_to("circle")
    (tmp_path / "usr/bin/through").symlink_to("tool/more")
    return tmp_path


@pytest.mark.parametrize("name", ["tool", "absolute", "relative", "climbing"])
@pytest.mark.parametrize("folder", ["/bin", "/usr/bin", "/usr/../bin", "/../usr/bin/.", "//usr//bin"])
def test_links_are_followed_inside(place: Path, folder: str, name: str) -> None:
    root = Root(str(place))
    assert root.real(f"{folder}/{name}") == "/usr/bin/tool"
    assert root.is_program(f"{folder}/{name}")
    with root.open(f"{folder}/{name}") as file:
        assert file.read() == b"tool"


@pytest.mark.parametrize("name", ["outside", "circle", "through", "nothing", "tool/below"])
def test_what_leads_nowhere_is_nothing(place: Path, name: str) -> None:
    root = Root(str(place))
    assert root.real(f"/bin/{name}") is None
    assert not root.is_file(f"/bin/{name}")
    with pytest.raises(OSError, match=r"No such file"):
        root.open(f"/bin/{name}")


def test_every_step_of_the_way_is_told(place: Path) -> None:
    steps = Root(str(place)).walk("/bin/absolute")
    assert [step.path for step in steps] == (
        ["/bin", "/usr", "/usr/bin", "/usr/bin/absolute", "/usr", "/usr/bin", "/usr/bin/tool"]
    )
    assert [step.target for step in steps if step.target] == ["usr/bin", "/usr/bin/tool"]


def test_links_directories_and_programs_are_told_apart(place: Path) -> None:
    root = Root(str(place))
    assert root.is_link("/bin")
    assert not root.is_link("/usr/bin")
    assert not root.is_link("/nowhere/at/all")
    assert root.is_directory("/bin")
    assert not root.is_directory("/bin/tool")
    (place / "usr/bin/data").write_bytes(b"")
    assert root.is_file("/bin/data")
    assert not root.is_program("/bin/data")
    assert root.names("/bin")[:2] == ["absolute", "circle"]
    assert root.names("/nowhere") == []


def test_only_the_running_machine_is_its_own() -> None:
    assert Root("/").own
    assert Root("").own
    assert not Root("/tmp").own
