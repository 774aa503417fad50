"""Docker's filters of volumes, each a question to one volume."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence

from engine.errors import InvalidInput

TYPE_CHECKING = False
if TYPE_CHECKING:
    from engine.volumes.volume import Volume

Filters = Mapping[str, Sequence[str]]
Question = Callable[["Volume"], bool]

_TRUTH = {"true": True, "1": True, "false": False, "0": False}


def questions(filters: Filters, used: Callable[[], Collection[str]]) -> list[Question]:
    """Make the questions; `used` names the volumes that containers use. Raises InvalidInput."""
    asked: list[Question] = []
    for key, values in filters.items():
        if key == "name":
            asked.append(_named(values))
        elif key == "label":
            asked.extend(_labelled(value) for value in values)
        elif key == "label!":
            asked.extend(_unlabelled(value) for value in values)
        elif key == "driver":
            asked.append(_driven(values))
        elif key == "dangling":
            asked.append(_dangling(values, used))
        else:
            raise InvalidInput(f"Invalid filter '{key}'")
    return asked


def truth(key: str, values: Sequence[str]) -> bool:
    """Read a filter that is a switch. Raises InvalidInput."""
    wanted = {_TRUTH.get(value) for value in values}
    if len(wanted) != 1 or None in wanted:
        raise InvalidInput(f"Invalid filter '{key}=[{' '.join(values)}]'")
    return bool(wanted.pop())


def _dangling(values: Sequence[str], used: Callable[[], Collection[str]]) -> Question:
    wanted, names = truth("dangling", values), used()
    return lambda volume: (volume.name not in names) == wanted


def _named(values: Sequence[str]) -> Question:
    try:
        patterns = [re.compile(value) for value in values]
    except re.error as error:
        raise InvalidInput(f"Invalid filter 'name={values}'", details=str(error)) from error
    return lambda volume: any(pattern.search(volume.name) for pattern in patterns)


def _driven(values: Sequence[str]) -> Question:
    return lambda volume: volume.driver in values


def _labelled(value: str) -> Question:
    """A `key` must be there, a `key=value` exactly so."""
    key, equals, wanted = value.partition("=")
    if equals:
        return lambda volume: volume.labels.get(key) == wanted
    return lambda volume: key in volume.labels


def _unlabelled(value: str) -> Question:
    has = _labelled(value)
    return lambda volume: not has(volume)
