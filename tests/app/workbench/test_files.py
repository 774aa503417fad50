"""The Files tab: a tree read a directory at a time, its marks, one layer at a time, a file's content."""

from __future__ import annotations

import threading

from app.workbench.screens.file import FileScreen
from app.workbench.screens.found import FoundScreen
from tests.app.workbench.conftest import LARGE, Seat, Sit
from tests.app.workbench.fakeyard import FakeYard


def text(seat: Seat) -> str:
    return seat.app.yard_screen.detail.files.text


def row(seat: Seat, name: str) -> str:
    return next(line for line in seat.screen.splitlines() if f" {name}" in line).split("┃")[-1]


async def opened(seat: Seat) -> None:
    """Open the tab of a container."""
    await seat.press("2")
    while seat.app.yard_screen.detail.tab != "Files":
        await seat.press("right_square_bracket")
    await seat.press("enter")


async def to(seat: Seat, name: str) -> None:
    """Put the cursor on a name."""
    await seat.press("g")
    files = seat.app.yard_screen.detail.files.list
    for _ in range(50):
        if files.current and files.current.file.name == name:
            return
        await seat.press("j")
    raise AssertionError(f"{name} is not shown")


async def test_a_directory_is_read_when_it_is_opened(sit: Sit) -> None:
    async with sit() as seat:
        await opened(seat)
        assert "passwd" not in text(seat)
        await to(seat, "etc")
        await seat.press("enter")
        assert "passwd" in text(seat)
        assert seat.yard.looked[-1] == "/etc"
        assert "/srv" not in seat.yard.looked
        await seat.press("enter")
        assert "passwd" not in text(seat)


async def test_what_the_writable_layer_did_is_marked(sit: Sit) -> None:
    async with sit() as seat:
        await opened(seat)
        await to(seat, "etc")
        await seat.press("enter", "j", "enter")
        assert row(seat, "nginx.conf").split()[0] == "~"
        assert row(seat, "mime.types").split()[0] == "^"
        assert row(seat, "run.pid").split()[0] == "+"
        assert row(seat, "motd").split()[0] == "-"
        assert row(seat, "passwd").split()[0] == "passwd"


async def test_the_layer_a_file_comes_from_and_what_it_hides_are_told(sit: Sit) -> None:
    async with sit(size=LARGE) as seat:
        await opened(seat)
        await to(seat, "etc")
        await seat.press("enter", "j", "enter")
        await to(seat, "nginx.conf")
        assert "changed by the writable layer" in seat.screen
        assert "hides what is in layers 4, 2: 648B that nobody sees" in seat.screen
        await to(seat, "srv")
        assert "from layer 3 · COPY site /usr/share/nginx/html" in seat.screen


async def test_one_layer_at_a_time(sit: Sit) -> None:
    async with sit(size=LARGE) as seat:
        await seat.press("1", "right_square_bracket", "enter")
        assert "4 layers, merged" in seat.screen
        assert "3.4MB wasted · 98.1% efficient" in seat.screen
        await seat.press("left_curly_bracket", "left_curly_bracket")
        assert "layer 3 of 4 · +2 -1 · COPY site" in seat.screen
        assert "srv" in text(seat)
        assert "bin" not in text(seat)
        await seat.press("right_curly_bracket", "right_curly_bracket")
        assert "bin" in text(seat)


async def test_a_file_is_shown_and_the_command_that_shows_it(sit: Sit) -> None:
    async with sit() as seat:
        await opened(seat)
        await to(seat, "etc")
        await seat.press("enter", "j", "enter")
        await to(seat, "nginx.conf")
        await seat.press("enter")
        assert isinstance(seat.app.screen, FileScreen)
        assert "worker_processes 4;" in seat.screen
        await seat.press("escape")
        assert seat.status == "$ stackyard cp worker:/etc/nginx/nginx.conf -"


async def test_names_are_found_in_directories_nobody_opened(sit: Sit) -> None:
    async with sit() as seat:
        await opened(seat)
        await seat.press("slash")
        await seat.type("index")
        await seat.press("enter")
        assert "index.html" in text(seat)
        assert "passwd" not in text(seat)
        assert "⟨index⟩" in seat.screen
        await seat.press("slash", "escape")
        assert "etc/" in text(seat)


async def test_the_largest_first(sit: Sit) -> None:
    async with sit() as seat:
        await opened(seat)
        await to(seat, "srv")
        await seat.press("enter")
        assert text(seat).index("index.html") < text(seat).index("site.tar")
        await seat.press("o")
        assert text(seat).index("site.tar") < text(seat).index("index.html")


async def test_only_what_was_changed(sit: Sit) -> None:
    async with sit() as seat:
        await opened(seat)
        await seat.press("m")
        assert "etc/" in text(seat)
        assert "bin/" not in text(seat)


async def test_what_is_wasted_is_listed(sit: Sit) -> None:
    async with sit() as seat:
        await seat.press("1", "right_square_bracket", "enter", "w")
        assert isinstance(seat.app.screen, FoundScreen)
        assert "3.4MB    2×  /srv/site.tar" in seat.screen
        assert "98.1% efficient" in seat.screen


async def test_the_largest_files_lead_to_their_places(sit: Sit) -> None:
    async with sit(size=LARGE) as seat:
        await seat.press("1", "right_square_bracket", "enter", "z")
        assert text(seat).count("site.tar") == 0
        assert "1.2MB    3  /srv/site.tar" in seat.screen
        await seat.press("o", "enter")
        current = seat.app.yard_screen.detail.files.list.current
        assert current is not None
        assert current.path == "/srv/site.tar"
        assert "from layer 3" in seat.screen


async def test_a_first_look_tells_how_far_it_is_and_can_be_stopped(sit: Sit, yard: FakeYard) -> None:
    yard.known_files, yard.walks = False, threading.Event()
    async with sit(size=LARGE) as seat:
        await seat.pilot.press("1", "right_square_bracket", "enter")
        await seat.until(lambda: "looking through the layers · Esc stops" in seat.screen)
        await seat.until(lambda: "etc/" in text(seat))
        await seat.pilot.press("escape")
        yard.walks.set()
        await seat.settle()
        assert "stopped: w goes on" in seat.screen
        await seat.press("w")
        assert "98.1% efficient" in seat.screen


async def test_names_of_an_image_are_found_without_reading_what_holds_none(sit: Sit) -> None:
    async with sit() as seat:
        await seat.press("1", "right_square_bracket", "enter", "slash")
        await seat.type("passwd")
        assert "passwd" in text(seat)
        assert "/srv" not in seat.yard.looked


async def test_a_link_leads_to_what_it_names(sit: Sit) -> None:
    async with sit() as seat:
        await opened(seat)
        await seat.press("enter")
        await to(seat, "sh")
        await seat.press("enter")
        row = seat.app.yard_screen.detail.files.list.current
        assert row is not None
        assert row.path == "/bin/busybox"


async def test_a_name_is_traced_through_the_stack(sit: Sit) -> None:
    async with sit(size=LARGE) as seat:
        await opened(seat)
        await to(seat, "etc")
        await seat.press("enter", "j", "enter")
        await to(seat, "nginx.conf")
        await seat.press("t")
        assert seat.app.yard_screen.detail.tab == "Stack"
        lines = seat.screen.splitlines()
        assert sum("/etc/nginx/nginx.conf comes from here" in line for line in lines) == 1
        assert sum("hidden: its /etc/nginx/nginx.conf" in line for line in lines) == 2
        await seat.press("right_square_bracket", "left_square_bracket")
        assert "comes from here" not in seat.screen
        assert "3 added, 2 changed, 1 deleted" in seat.screen
