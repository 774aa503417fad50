"""Files of this machine as offers."""

from __future__ import annotations

from pathlib import Path

from app.completion.places import places


def test_a_directory_goes_on_and_a_file_is_whole(tmp_path: Path) -> None:
    (tmp_path / "a file").touch()
    (tmp_path / "folder").mkdir()
    (tmp_path / ".hidden").touch()
    lead = f"{tmp_path}/"
    assert [(one.text, one.whole) for one in places(lead)] == [
        (f"{lead}a file", True),
        (f"{lead}folder/", False),
    ]
    assert [one.text for one in places(f"{lead}.h")] == [f"{lead}.hidden"]


def test_what_is_no_directory_offers_nothing(tmp_path: Path) -> None:
    assert not list(places(f"{tmp_path}/nothing/here"))
