"""The table of keys."""

from __future__ import annotations

from itertools import chain, combinations

from app.workbench.keys import CONTAINER, GLOBAL, IMAGE, LIST, LOG, OBJECT, PAGES, STACK, TEXT, Key
from app.workbench.screens.help import lay
from app.workbench.screens.yard import YardScreen
from app.workbench.tabs.logs import LogView


def keys_of(table: tuple[Key, ...]) -> list[str]:
    return list(chain.from_iterable(key.keys.split(",") for key in table))


def test_no_key_means_two_things_in_one_place() -> None:
    everywhere = [GLOBAL, IMAGE, CONTAINER, OBJECT]
    for one, other in combinations(everywhere, 2):
        assert not set(keys_of(one)) & set(keys_of(other))
    for table in (*everywhere, LIST, LOG, TEXT, STACK):
        assert len(keys_of(table)) == len(set(keys_of(table)))
    assert not set(keys_of(LIST)) & set(chain.from_iterable(map(keys_of, everywhere)))


def test_ctrl_p_and_ctrl_q_are_left_alone() -> None:
    tables = (GLOBAL, IMAGE, CONTAINER, OBJECT, LIST, LOG, TEXT, STACK)
    assert not {"ctrl+p", "ctrl+q"} & set(chain.from_iterable(map(keys_of, tables)))


def test_every_key_does_something() -> None:
    for table in (GLOBAL, IMAGE, CONTAINER, OBJECT):
        for key in table:
            if key.id not in ("help", "theme", "quit"):
                assert hasattr(YardScreen, f"action_{key.id}"), key
    for key in LOG:
        assert hasattr(LogView, f"action_{key.id.partition('(')[0]}"), key


def test_the_help_page_tells_every_key() -> None:
    for width in (70, 100, 190):
        page = "\n".join("".join(span.text for span in spans) for spans in lay(width))
        assert all(len(line) <= width for line in page.splitlines())
        for title, table in PAGES:
            assert title in page
            assert all(key.shown in page for key in table)


def test_hints_are_one_or_two_short_words() -> None:
    for _, table in PAGES:
        assert all(len(key.hint) <= 8 for key in table)
