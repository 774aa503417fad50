"""Looking around in a stack: where a name comes from, what the uppermost layer did to it, what it hides."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from engine.errors import NotFound
from engine.snapshots.browsing import Browser, Item
from engine.snapshots.copying import Copying
from tests.engine.snapshots.stacks import Layer

pytestmark = pytest.mark.root
Make = Callable[[], Layer]


@pytest.fixture
def layer(tmp_path: Path) -> Make:
    count = iter(range(100))
    return lambda: Layer(str(tmp_path / f"layer-{next(count)}"))


def named(browser: Browser, path: str) -> dict[str, Item]:
    return {item.name: item for item in browser.list(path)}


def marks(browser: Browser, path: str) -> dict[str, str]:
    return {item.name: item.mark for item in browser.list(path)}


@pytest.fixture
def stack(layer: Make) -> list[str]:
    """A base, a layer that changes it, and what a container wrote."""
    base = layer().file("etc/a", "base").file("etc/b", "base").file("etc/c", "base").file("bin/sh", "sh")
    base.file("old/one", "1").file("old/two", "22").symlink("bin/bash", "sh")
    middle = layer().file("etc/a", "the middle's").whiteout("bin/sh")
    upper = layer().file("etc/b", "changed", mtime=2_000_000_000).file("etc/c", "base").whiteout("etc/a")
    upper.file("etc/new", "new").directory("old", opaque=True).file("old/three", "3")
    return [base.path, middle.path, upper.path]


def test_a_name_comes_from_the_uppermost_layer_that_has_it(stack: list[str]) -> None:
    found = named(Browser(stack[:2]), "/etc")
    assert {name: item.layer for name, item in found.items()} == {"a": 2, "b": 1, "c": 1}
    assert (found["a"].shadows, found["a"].hidden) == ((1,), 4)
    assert all(item.mark == "" for item in found.values())


def test_what_a_layer_deletes_is_not_there(stack: list[str]) -> None:
    assert list(named(Browser(stack[:2]), "/bin")) == ["bash"]
    assert named(Browser(stack[:2]), "/bin")["bash"].link == "sh"


def test_the_writable_layers_deeds_are_marked(stack: list[str]) -> None:
    browser = Browser(stack, marked=True)
    assert marks(browser, "/etc") == {"a": "removed", "b": "changed", "c": "copied up", "new": "added"}
    assert marks(browser, "/") == {"bin": "", "etc": "changed", "old": "changed"}


def test_what_an_opaque_directory_hides_is_removed(stack: list[str]) -> None:
    browser = Browser(stack, marked=True)
    assert marks(browser, "/old") == {"one": "removed", "two": "removed", "three": "added"}


def test_a_removed_directory_can_be_looked_into_as_it_was(layer: Make) -> None:
    base, upper = layer().file("d/in/file", "before"), layer().whiteout("d")
    browser = Browser([base.path, upper.path], marked=True)
    assert marks(browser, "/") == {"d": "removed"}
    assert marks(browser, "/d/in") == {"file": "removed"}
    assert browser.read("/d/in/file", 0, 100) == b"before"


def test_one_layer_alone(stack: list[str]) -> None:
    browser = Browser(stack[:2], alone=True)
    assert marks(browser, "/etc") == {"a": "changed"}
    assert marks(browser, "/bin") == {"sh": "removed"}
    assert marks(browser, "/") == {"bin": "changed", "etc": "changed"}


def test_a_file_is_read_in_pieces_from_the_layer_it_comes_from(stack: list[str]) -> None:
    browser = Browser(stack, marked=True)
    assert browser.read("/etc/b", 2, 3) == b"ang"
    assert browser.read("/etc/a", 0, 100) == b"the middle's"
    with pytest.raises(NotFound):
        browser.read("/etc/none", 0, 1)


def test_no_link_is_followed(layer: Make, tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "secret").write_text("the host's")
    base = layer().symlink("way", str(tmp_path / "outside"))
    base.symlink("file", str(tmp_path / "outside" / "secret"))
    browser = Browser([base.path])
    with pytest.raises(NotFound):
        browser.list("/way")
    with pytest.raises(NotFound):
        browser.read("/way/secret", 0, 10)
    with pytest.raises(NotFound):
        browser.read("/file", 0, 10)
    with pytest.raises(NotFound):
        browser.list("/../outside")


def test_a_copied_tree_is_compared_with_what_it_was_copied_from(layer: Make, tmp_path: Path) -> None:
    base = layer().file("etc/a", "a").file("etc/b", "b")
    container = tmp_path / "container"
    container.mkdir()
    Copying().prepare(str(container), [base.path])
    (container / "upper/etc/a").write_text("changed")
    (container / "upper/etc/b").unlink()
    (container / "upper/etc/c").write_text("c")
    browser = Browser([base.path, f"{container}/upper"], marked=True, whole=True)
    assert marks(browser, "/etc") == {"a": "changed", "b": "removed", "c": "added"}
    assert named(browser, "/etc")["a"].layer == 2
