"""Docker's filters of networks, each a question to one network."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence

from engine.errors import InvalidInput
from engine.network.network import Network

Filters = Mapping[str, Sequence[str]]
Question = Callable[[Network], bool]

_TRUTH = {"true": True, "1": True, "false": False, "0": False}


def questions(filters: Filters, used: Callable[[], Collection[str]]) -> list[Question]:
    """Make the questions; `used` gives the ids of networks that containers are on. Raises InvalidInput."""
    return [_question(key, values, used) for key, values in filters.items()]


def prunable(filters: Filters) -> list[Question]:
    """Make the questions of a prune. Raises InvalidInput."""
    for key in filters:
        if key not in ("label", "label!", "until"):
            raise InvalidInput(f"invalid filter '{key}'")
    return questions(filters, tuple)


def _question(key: str, values: Sequence[str], used: Callable[[], Collection[str]]) -> Question:
    if key == "name":
        return lambda network: any(value in network.name for value in values)
    if key == "id":
        return lambda network: any(network.id.startswith(value) for value in values)
    if key == "driver":
        return lambda network: network.driver in values
    if key == "scope":
        return lambda network: "local" in values
    if key == "label":
        return lambda network: all(_has(network, value) for value in values)
    if key == "label!":
        return lambda network: not any(_has(network, value) for value in values)
    if key == "type":
        return _of_type(values)
    if key == "until":
        from engine.moments import past

        before = min(map(past, values))
        return lambda network: network.created < before
    if key == "dangling":
        return _dangling(values, used())
    raise InvalidInput(f"invalid filter '{key}'")


def _has(network: Network, value: str) -> bool:
    key, equals, wanted = value.partition("=")
    return key in network.labels and (not equals or network.labels[key] == wanted)


def _of_type(values: Sequence[str]) -> Question:
    for value in values:
        if value not in ("custom", "builtin"):
            raise InvalidInput(f"invalid filter: 'type'='{value}'")
    return lambda network: any((value == "builtin") == network.predefined for value in values)


def _dangling(values: Sequence[str], used: Collection[str]) -> Question:
    wanted = {_TRUTH.get(value.lower()) for value in values}
    if len(wanted) != 1 or None in wanted:
        raise InvalidInput(f"invalid filter 'dangling={values}'")
    (dangling,) = wanted
    return lambda network: not network.predefined and (network.id not in used) == dangling
