"""Volumes in the workbench: what the list tells, making one, sorting, looking into one."""

from __future__ import annotations

from app.workbench import rows
from app.workbench.screens.volume import VolumeDialog
from app.workbench.yard import Volume
from tests.app.workbench.conftest import LARGE, Sit
from tests.app.workbench.fakeyard import NOW, FakeYard, some_containers


def test_a_row_tells_size_users_and_driver() -> None:
    volumes = [Volume("data", "shelf", NOW), Volume("idle", "local", NOW)]
    data, idle = rows.volumes(volumes, some_containers(), NOW, {"data": 41_300_000, "idle": None})
    assert [note.text for note in data.notes][:3] == ["41.3MB", "in use by 1", "shelf"]
    assert [note.text for note in idle.notes][:3] == ["", "free", "local"]
    assert (data.mark.text, idle.mark.text) == ("●", "○")
    assert data.title.startswith("shelf · 41.3MB · 1 container")


async def test_the_list_measures_what_it_shows(sit: Sit) -> None:
    async with sit(size=LARGE) as seat:
        await seat.press("3")
        data = next(line for line in seat.screen.splitlines() if "● data" in line)
        assert "41.3MB" in data
        assert "web" in data.split("│")[0]


async def test_a_volume_that_cannot_be_measured_is_shown_without_a_size(sit: Sit) -> None:
    yard = FakeYard(volumes=[Volume("far", "shelf", NOW)])
    async with sit(yard, size=LARGE) as seat:
        await seat.press("3")
        far = next(line for line in seat.screen.splitlines() if "▌○ far" in line)
        assert "free" in far
        assert "shelf" in far


async def test_files_users_and_configuration_are_one_key_apart(sit: Sit) -> None:
    async with sit(size=LARGE) as seat:
        await seat.press("3", "G")
        detail = seat.app.yard_screen.detail
        assert detail.tab == "Files"
        assert "lost" in detail.files.text
        await seat.press("enter", "j", "enter")
        assert "base.dat" in detail.files.text
        assert "changes" not in seat.screen.splitlines()[-1], "a volume has no layers"
        await seat.press("m")
        assert "base.dat" in detail.files.text
        await seat.press("right_square_bracket")
        assert detail.tab == "Used by"
        assert "web" in seat.screen
        await seat.press("right_square_bracket")
        assert "/volumes/data/_data" in seat.screen


async def test_making_one_shows_the_command_it_equals(sit: Sit) -> None:
    async with sit(size=LARGE) as seat:
        await seat.press("3", "n")
        dialog = seat.app.screen
        assert isinstance(dialog, VolumeDialog)
        await seat.type("fast")
        await seat.press("tab", "tab")
        await seat.type("type=tmpfs o=size=1m,uid=7 device")
        assert "$ stackyard volume create" not in seat.screen
        await seat.press("enter")
        assert "device is no key=value." in seat.screen
        await seat.type("=tmpfs")
        assert dialog.words() == [
            "volume", "create", "-o", "type=tmpfs", "-o", "o=size=1m,uid=7", "-o", "device=tmpfs", "fast",
        ]  # fmt: skip
        assert "$ stackyard volume create -o type=tmpfs" in seat.screen
        await seat.press("escape")
        assert seat.app.screen is seat.app.yard_screen
