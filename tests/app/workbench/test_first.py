"""The first steps in an empty yard, and the dialogs that bring something in."""

from __future__ import annotations

from pathlib import Path

from app.workbench.screens.dialog import Dialog, PathSuggester
from app.workbench.screens.first import FirstScreen
from app.workbench.yard import Image
from tests.app.workbench.conftest import Sit
from tests.app.workbench.fakeyard import NOW, FakeYard, container_id, digest, some_containers


def an_empty_yard() -> FakeYard:
    return FakeYard([], [], [])


async def test_an_empty_yard_offers_a_first_image(sit: Sit) -> None:
    async with sit(an_empty_yard()) as seat:
        assert isinstance(seat.app.screen, FirstScreen)
        assert "make a base image out of this machine's own programs" in seat.screen
        assert "this machine's kernel" in seat.screen


async def test_the_base_is_made_and_selected(sit: Sit) -> None:
    yard = an_empty_yard()
    async with sit(yard) as seat:
        yard.child = f"print('collecting'); print({digest(7)!r})"
        yard.stock = [Image(digest(7), ("yard/base:latest",), NOW, 21_000_000)]
        await seat.press("b")
        await seat.until(lambda: not isinstance(seat.app.screen, FirstScreen))
        await seat.until(lambda: seat.selected == "yard/base:latest")
        assert yard.asked == [("command", "import", "--from-host")]


async def test_a_failure_is_told_and_can_be_tried_again(sit: Sit) -> None:
    yard = an_empty_yard()
    async with sit(yard) as seat:
        yard.child = "import sys; print('Error: no room left'); sys.exit(1)"
        await seat.press("b")
        await seat.until(lambda: "✕ Error: no room left" in seat.screen)
        yard.child = "pass"
        await seat.press("b")
        await seat.until(lambda: not isinstance(seat.app.screen, FirstScreen))


async def test_work_is_told_with_its_time(sit: Sit) -> None:
    yard = an_empty_yard()
    async with sit(yard) as seat:
        yard.child = "import time; print('copying bash', flush=True); time.sleep(60)"
        await seat.press("b")
        await seat.until(lambda: "copying bash" in seat.screen)
        assert "$ stackyard import --from-host  … 0 s" in seat.screen
        yard.time += 3
        await seat.until(lambda: "… 3 s" in seat.screen)
        await seat.press("b", "escape")
        assert isinstance(seat.app.screen, FirstScreen)


async def test_the_empty_yard_explains_itself(sit: Sit) -> None:
    async with sit(an_empty_yard()) as seat:
        await seat.press("escape")
        assert "No images yet: i brings" in seat.screen
        assert "The log of a container will run here." in seat.screen
        await seat.press("s")
        assert seat.status == "— There is no container here"


async def test_a_file_is_loaded_or_imported(sit: Sit, tmp_path: Path) -> None:
    archive = tmp_path / "some image.tar"
    archive.touch()
    async with sit(an_empty_yard()) as seat:
        await seat.press("i")
        assert isinstance(seat.app.screen, Dialog)
        await seat.press("enter")
        assert "Which file?" in seat.screen
        seat.app.screen.query_one("#path").value = str(tmp_path / "none")  # type: ignore[attr-defined]
        await seat.press("enter")
        assert "There is no such file." in seat.screen
        seat.app.screen.query_one("#path").value = str(archive)  # type: ignore[attr-defined]
        await seat.settle()
        assert "$ stackyard load -i" in seat.screen
        await seat.press("tab")
        await seat.type("mine")
        assert "$ stackyard import" in seat.screen
        await seat.press("enter")
        await seat.until(lambda: seat.yard.asked)
        assert seat.yard.asked == [("command", "import", str(archive), "mine")]


async def test_paths_are_completed(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").touch()
    suggester = PathSuggester()
    assert await suggester.get_suggestion(f"{tmp_path}/fo") == f"{tmp_path}/folder/"
    assert await suggester.get_suggestion(f"{tmp_path}/fi") == f"{tmp_path}/file"
    assert await suggester.get_suggestion(f"{tmp_path}/none") is None
    assert await suggester.get_suggestion("") is None


async def test_an_image_is_run_and_the_container_selected(sit: Sit) -> None:
    async with sit() as seat:
        seat.yard.child = f"print({container_id(8)!r})"
        await seat.press("1", "x")
        assert "Run a container from shop/web:1.4" in seat.screen
        await seat.type("shop")
        await seat.press("tab")
        await seat.type("sleep 'a")
        await seat.press("enter")
        assert "A quotation mark is not closed." in seat.screen
        await seat.press("backspace", "backspace")
        await seat.type("9")
        assert "$ stackyard run -d --name shop shop/web:1.4 sleep 9" in seat.screen
        seat.yard.crew.append(some_containers()[0]._replace(id=container_id(8), name="shop", created=NOW))
        await seat.press("enter")
        await seat.until(lambda: seat.selected == "shop")
        assert seat.yard.asked == [("command", "run", "-d", "--name", "shop", "shop/web:1.4", "sleep", "9")]
        assert seat.status.startswith("$ stackyard run -d --name shop")


async def test_a_run_that_fails_says_why(sit: Sit) -> None:
    async with sit() as seat:
        seat.yard.child = "import sys; print('Error: the name is taken'); sys.exit(125)"
        await seat.press("1", "x", "enter")
        await seat.until(lambda: seat.status == "✕ Error: the name is taken")
