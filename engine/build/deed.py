"""What a step is about to do: known before it is done, so that the cache can be asked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from engine.build.cache import Facts, Kin, digest
from engine.build.chain import Execution
from engine.build.hashing import Hashing


class Deed(NamedTuple):
    """One step, worked out."""

    text: str
    """For the history."""
    facts: Facts
    execution: Execution
    """The config after it."""
    do: Callable[[Kin | None], Hashing | None] | None = None
    """Write the layer; None where only the config changes."""
    changed: Callable[[Kin], str] | None = None
    """Say which of the files it reads changed."""
    silent: bool = False
    """Docker makes no container for it."""


def hashed(values: Mapping[str, str]) -> dict[str, str]:
    """Digest the values of ARGs, which may be secret."""
    return {name: digest(value)[:16] for name, value in sorted(values.items())}
