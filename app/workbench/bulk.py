"""One action on all marked rows: who can take it, the commands it equals, what would be lost."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from app.workbench.actions import Question, Selection, container_of, line, refusal, words
from app.workbench.deeds import deed
from app.workbench.figures import count
from app.workbench.yard import Lists, Yard
from engine.errors import EngineError

ACTIONS = frozenset(("start", "stop", "restart", "kill", "pause", "remove"))
"""What can be done to several at once."""
_LISTED = 5


def able(action: str, chosen: Sequence[Selection], lists: Lists) -> list[Selection]:
    """Keep those to which it can be done now."""
    return [one for one in chosen if refusal(action, one, lists) is None]


def command(action: str, chosen: Sequence[Selection], lists: Lists) -> str:
    """Write the commands that it equals: those that differ only in the name are one."""
    grouped: dict[tuple[str, ...], list[str]] = {}
    for one in chosen:
        *head, name = words(action, one, lists)
        grouped.setdefault(tuple(head), []).append(name)
    return "; ".join(line([*head, *names]) for head, names in grouped.items()).replace("; $ ", "; ")


def question(action: str, chosen: Sequence[Selection], lists: Lists) -> Question:
    """Say to which of them it would be done, and what would be lost by removing them."""
    kind = chosen[0].kind
    named = ", ".join(one.name for one in chosen[:_LISTED]) + (" …" if len(chosen) > _LISTED else "")
    losses = [f"{named}."]
    if action != "remove":
        return Question(f"{action.capitalize()} {count(len(chosen), kind)}?", tuple(losses), action)
    alive = sum(1 for one in chosen if (container := container_of(one, lists)) and container.alive)
    if alive:
        losses.append(f"{alive} of them run: they are killed first.")
    if kind == "container":
        losses.append("Their writable layers and their logs are deleted.")
    return Question(f"Remove {count(len(chosen), kind)}?", tuple(losses), "remove")


def deeds(action: str, yard: Yard, chosen: Sequence[Selection], lists: Lists) -> Callable[[], str]:
    """Return the call that does it to one after the other, to the last even if one fails."""
    calls = [deed(action, yard, one, lists) for one in chosen]

    def call() -> str:
        failed: list[EngineError] = []
        for one in calls:
            try:
                one()
            except EngineError as error:
                failed.append(error)
        if failed:
            raise failed[0]
        return count(len(calls), chosen[0].kind)

    return call
