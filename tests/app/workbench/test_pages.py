"""The texts of the right side."""

from __future__ import annotations

import pytest

from app.workbench import pages
from app.workbench.spans import width_of
from app.workbench.tabs.text import Lay
from app.workbench.yard import Step
from tests.app.workbench.fakeyard import DAY, NOW, FakeYard, container_id, digest, some_containers


def text(lay: Lay, width: int = 50) -> str:
    return "\n".join("".join(span.text for span in spans) for spans in lay(width))


def test_history_is_told_from_the_newest_step() -> None:
    told = text(pages.history(FakeYard().history(digest(2)), NOW)).splitlines()
    assert told[0] == "       —  2 hours ago" + " " * 29
    assert told[1] == '          CMD ["nginx" "-g" "daemon off;"]'
    assert any(line.startswith("   117MB  3 weeks ago") for line in told)


def test_an_image_may_tell_no_history() -> None:
    assert "tells no history" in text(pages.history((), NOW))
    assert "imported from -" in text(pages.history((Step(None, "", 5, "imported from -"),), NOW))


def test_config_begins_with_what_matters() -> None:
    told = text(pages.config("container", FakeYard().inspect("container", container_id(1))))
    lines = told.splitlines()
    assert lines[0] == " Name         web"
    assert lines[1] == " State        running · process 4711"
    assert " Command      nginx -g 'daemon off;'" in lines
    assert " Mounts       data → /srv" in lines
    assert "inspect" in next(line for line in lines if line.startswith("──"))
    assert '     "Pid": 4711,' in lines


def test_config_of_an_image_and_a_volume() -> None:
    assert " Platform     linux/amd64" in text(pages.config("image", FakeYard().inspect("image", digest(2))))
    assert " Folder       /volumes/data/_data" in text(
        pages.config("volume", FakeYard().inspect("volume", "data"))
    )


def test_config_survives_what_is_missing() -> None:
    assert text(
        pages.config("container", {"Config": None, "State": {"Status": "exited", "Error": "no such file"}})
    )
    assert "exit code 0 · no such file" in text(
        pages.config("container", {"State": {"Status": "exited", "Error": "no such file"}})
    )


def test_who_uses_a_volume() -> None:
    assert "web" in text(pages.used_by("data", some_containers(), NOW))
    assert text(pages.used_by("none", some_containers(), NOW)) == " No container uses it."


@pytest.mark.parametrize("width", [30, 51, 130])
def test_pages_fit(width: int) -> None:
    yard = FakeYard()
    history = pages.history(yard.history(digest(2)), NOW + DAY)
    for lay in (history, pages.used_by("data", some_containers(), NOW)):
        assert all(width_of(spans) <= width for spans in lay(width))
