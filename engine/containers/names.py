"""Names and ids of containers."""

from __future__ import annotations

import os
import re

from engine.errors import InvalidInput

_QUALITIES = (
    "amber", "able", "brisk", "bright", "calm", "clever", "copper", "daring", "eager", "early", "fair",
    "fleet", "gentle", "glad", "golden", "hardy", "honest", "indigo", "jolly", "keen", "kind", "lively",
    "loyal", "lucky", "merry", "mighty", "modest", "neat", "nimble", "noble", "patient", "placid",
    "plucky", "proud", "quick", "quiet", "ready", "rosy", "salty", "serene", "sharp", "shy", "silver",
    "sleek", "snug", "sober", "steady", "stout", "sturdy", "sunny", "swift", "tidy", "trim", "trusty",
    "upbeat", "vivid", "warm", "wily", "windy", "wise", "witty", "zesty",
)  # fmt: skip
_THINGS = (
    "anchor", "barge", "beacon", "berth", "bollard", "bow", "bridge", "buoy", "cabin", "cable", "capstan",
    "cargo", "chart", "clipper", "coaster", "compass", "crane", "crate", "cutter", "davit", "derrick",
    "dinghy", "dock", "drifter", "ferry", "frigate", "galley", "gantry", "gull", "halyard", "harbour",
    "hawser", "helm", "hold", "hoist", "hull", "jetty", "keel", "ketch", "lantern", "ledger", "lighter",
    "lock", "mast", "mooring", "pallet", "pier", "pilot", "pontoon", "porter", "quay", "rudder",
    "schooner", "sextant", "skiff", "sling", "sloop", "spar", "tackle", "tender", "tide", "tiller", "tug",
    "wharf", "winch", "windlass", "yard", "yawl",
)  # fmt: skip
_VALID = re.compile(r"/?[a-zA-Z0-9][a-zA-Z0-9_.-]+")


def new_id() -> str:
    """Make an id: 64 hexadecimal digits, the first twelve never all decimal, so that an id is no number."""
    while True:
        id = os.urandom(32).hex()
        if not id[:12].isdigit():
            return id


def new_name() -> str:
    """Make a name that is easy to say."""
    quality, thing = os.urandom(2), os.urandom(2)
    return f"{_pick(_QUALITIES, quality)}_{_pick(_THINGS, thing)}"


def checked(name: str) -> str:
    """Return a name without its leading slash. Raises InvalidInput, in docker's words."""
    if not _VALID.fullmatch(name):
        raise InvalidInput(
            f"Invalid container name ({name}), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed",
            resolution="a name has two characters or more" if len(name) == 1 else None,
        )
    return name.removeprefix("/")


def _pick(words: tuple[str, ...], chance: bytes) -> str:
    return words[int.from_bytes(chance, "big") % len(words)]
