"""What editors leave for a moment is no save; what people write is."""

from __future__ import annotations

import pytest

from engine.develop.passing import passing

MOMENTS = (
    "4913", "src/4913", ".app.py.swp", "src/.app.py.swo", ".app.py.swx", "app.py~", ".#app.py", "#app.py#",
    "app.py___jb_tmp___", "app.py___jb_old___", ".goutputstream-X1Y2Z3", ".app.py.kate-swp",
    ".git/index.lock", ".git/HEAD", ".git", "lib/.git/config", ".hg/store", ".svn/entries",
    ".idea/workspace.xml", ".DS_Store", ".~lock.notes.odt#",
)  # fmt: skip
SAVES = (
    "app.py", "49130", "2024", ".env", ".gitignore", ".github/workflows/ci.yml", "a#b.c", "notes.swp.md",
    "swap/file.txt", ".dockerignore", "src/app.tmp.py",
)  # fmt: skip


@pytest.mark.parametrize("path", MOMENTS)
def test_what_comes_and_goes_is_no_save(path: str) -> None:
    assert passing(path)


@pytest.mark.parametrize("path", SAVES)
def test_what_people_write_is_a_save(path: str) -> None:
    assert not passing(path)
