"""What earlier builds did: a key leads to the image of a step, a kin to the last step at the same place.

A *key* says exactly what a step is: what it stands on, its canonical text, its ARGs, what it reads.
The *kin* of a step is coarser: which Dockerfile, which stage, what text. When a key is not found, the
facts of the last step of the same kin tell what is different, and lend its files.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from hashlib import sha256
from typing import Any, NamedTuple

from engine.store.store import Store

TYPE_CHECKING = False
if TYPE_CHECKING:
    import sqlite3

_FRESH_SECONDS = 3600.0
"""A use within this time of the last is not written down."""


class Facts(NamedTuple):
    """What a step's key is made of, apart, so that two can be compared."""

    parent: str
    """The key it stands on."""
    text: str
    """The canonical instruction."""
    arguments: Mapping[str, str] = {}
    """The ARGs it sees: name to a digest of the value, which nobody can read back."""
    reads: str = ""
    """The digest of the files it reads."""
    options: str = ""
    """Flags that change the result without being in the text."""

    @property
    def key(self) -> str:
        """Digest it all."""
        return digest(self.parent, self.text, json.dumps(self.arguments, sort_keys=True), self.reads,
                      self.options)  # fmt: skip


class Kin(NamedTuple):
    """The last step at the same place."""

    facts: Facts
    image: str
    snapshot: int
    """The number of the layer on top of its image, 0 if it has none."""


class Cache:
    """The steps that are known."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def find(self, key: str) -> str | None:
        """Return the image of the step with this key."""
        rows = self.store.query("SELECT image, used FROM steps WHERE key = ?", (key,))
        if not rows:
            return None
        now = time.time()
        if now - rows[0]["used"] > _FRESH_SECONDS:
            with self.store.transaction() as connection:
                connection.execute("UPDATE steps SET used = ? WHERE key = ?", (now, key))
        return str(rows[0]["image"])

    def kin(self, kin: str) -> Kin | None:
        """Return the last step of this kin."""
        rows = self.store.query(
            "SELECT facts, image, ifnull(snapshot, 0) AS snapshot FROM steps JOIN images ON images.id = image"
            " LEFT JOIN layers ON chain_id = top WHERE kin = ? ORDER BY steps.created DESC LIMIT 1",
            (kin,),
        )
        if not rows:
            return None
        fields: dict[str, Any] = json.loads(rows[0]["facts"])
        return Kin(Facts(**fields), rows[0]["image"], rows[0]["snapshot"])


def record(connection: sqlite3.Connection, image: str, facts: Facts, kin: str) -> None:
    """Remember a step, in the transaction that lists its image."""
    now = time.time()
    connection.execute(
        "INSERT INTO steps (key, image, kin, facts, created, used) VALUES (?1, ?2, ?3, ?4, ?5, ?5)"
        " ON CONFLICT (key) DO UPDATE SET image = ?2, kin = ?3, facts = ?4, created = ?5, used = ?5",
        (facts.key, image, kin, json.dumps(facts._asdict()), now),
    )


def digest(*parts: str) -> str:
    """Digest some texts, so that no other texts give the same."""
    joined = "".join(f"{len(part)}:{part}" for part in parts)
    return sha256(joined.encode("utf-8", "surrogateescape")).hexdigest()


def difference(new: Facts, old: Kin | None) -> str:
    """Say in a few words why a step was not found; empty if only the files it reads differ."""
    if old is None:
        return "new"
    was = old.facts
    if was.text != new.text and was.arguments == new.arguments:
        return "its variables changed"
    names = sorted(
        name
        for name in {*was.arguments, *new.arguments}
        if was.arguments.get(name) != new.arguments.get(name)
    )
    if names:
        return f"ARG {', '.join(names)} changed"
    if was.reads != new.reads:
        return ""
    if was.options != new.options:
        return "its options changed"
    if was.parent != new.parent:
        return "parent changed"
    return "its result was removed"
