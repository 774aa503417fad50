"""What may stand in an entry: each shape reads a node, says what it expected, and writes its JSON Schema."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any, NamedTuple, Protocol

from yaml.nodes import Node, ScalarNode, SequenceNode

from app.configuration.document import Wrong, described, entries, unknown

Told = Callable[[Wrong], object]
"""Hears of what is wrong inside of an entry, which then goes on without it."""


class Shape(Protocol):
    """What may stand in an entry."""

    def read(self, node: Node, tell: Told) -> Any:
        """Return the value; raises Wrong."""

    def schema(self) -> dict[str, Any]:
        """Write its JSON Schema."""

    @property
    def kind(self) -> str:
        """A few words for the reference."""


class Text(NamedTuple):
    """One line of words; `check` returns what they mean, and raises ValueError with what is wrong."""

    kind: str = "text"
    check: Callable[[str], str] = str

    def read(self, node: Node, tell: Told) -> str:
        """Return the words as they stand."""
        if not isinstance(node, ScalarNode) or not node.value.strip():
            raise Wrong(node, f"{self.kind} was expected, not {described(node)}")
        try:
            return self.check(node.value)
        except ValueError as error:
            raise Wrong(node, str(error)) from None

    def schema(self) -> dict[str, Any]:
        """Any string."""
        return {"type": "string"}


class Choice(NamedTuple):
    """One of some words; `what` names them."""

    what: str
    words: Collection[str]

    @property
    def kind(self) -> str:
        """Spell a few words out."""
        return " | ".join(f"`{word}`" for word in self.words) if len(self.words) <= 10 else self.what

    def read(self, node: Node, tell: Told) -> str:
        """Return the word."""
        if not isinstance(node, ScalarNode):
            raise Wrong(node, f"{self.what} was expected, not {described(node)}")
        if node.value not in self.words:
            raise Wrong(node, unknown(node.value, self.what, self.words))
        return str(node.value)

    def schema(self) -> dict[str, Any]:
        """An enumeration."""
        return {"enum": list(self.words)}


class Switch(NamedTuple):
    """True or false."""

    kind: str = "`true` | `false`"

    def read(self, node: Node, tell: Told) -> bool:
        """Return it; YAML's yes and no will do."""
        if node.tag != "tag:yaml.org,2002:bool":
            raise Wrong(node, f"true or false was expected, not {described(node)}")
        return str(node.value).lower() in ("true", "yes", "on")

    def schema(self) -> dict[str, Any]:
        """A boolean."""
        return {"type": "boolean"}


class Either(NamedTuple):
    """The first shape that fits; what the last one expected is told."""

    shapes: tuple[Shape, ...]

    @property
    def kind(self) -> str:
        """All of them."""
        return " | ".join(shape.kind for shape in self.shapes)

    def read(self, node: Node, tell: Told) -> Any:
        """Return what the first one makes of it."""
        for shape in self.shapes[:-1]:
            try:
                return shape.read(node, tell)
            except Wrong:
                continue
        try:
            return self.shapes[-1].read(node, tell)
        except Wrong:
            raise Wrong(node, f"{self.kind.replace('`', '')} was expected, not {described(node)}") from None

    def schema(self) -> dict[str, Any]:
        """Any of them."""
        return {"anyOf": [shape.schema() for shape in self.shapes]}


class Several(NamedTuple):
    """A list; a single word is a list of one. What is wrong in it is left out."""

    each: Shape

    @property
    def kind(self) -> str:
        """A list of what."""
        return f"list of {self.each.kind}"

    def read(self, node: Node, tell: Told) -> tuple[Any, ...]:
        """Return what is right."""
        if not isinstance(node, SequenceNode):
            return (self.each.read(node, tell),)
        values = []
        for one in node.value:
            try:
                values.append(self.each.read(one, tell))
            except Wrong as wrong:
                tell(wrong)
        return tuple(values)

    def schema(self) -> dict[str, Any]:
        """An array, or one of its items."""
        each = self.each.schema()
        if each.get("type") == "object":
            return {"type": "array", "items": each}
        return {"anyOf": [each, {"type": "array", "items": each}]}


class Words(NamedTuple):
    """The words of a program: a list, or one line as a shell would read it."""

    kind: str = "command line"

    def read(self, node: Node, tell: Told) -> tuple[str, ...]:
        """Return the words."""
        if isinstance(node, SequenceNode):
            return Several(Text()).read(node, tell)
        try:
            return tuple(shlex.split(Text(self.kind).read(node, tell)))
        except ValueError:
            raise Wrong(node, "a quotation mark is not closed") from None

    def schema(self) -> dict[str, Any]:
        """A string or an array of strings."""
        return Several(Text()).schema()


class Table(NamedTuple):
    """Names that are known, each with a value; what is wrong in it is left out."""

    what: str
    shapes: Mapping[str, Shape]

    @property
    def kind(self) -> str:
        """What to what."""
        return f"{self.what}: {next(iter(self.shapes.values())).kind}"

    def read(self, node: Node, tell: Told) -> dict[str, Any]:
        """Return what is right."""
        values = {}
        for name, key, value in entries(node, "this"):
            try:
                if name not in self.shapes:
                    raise Wrong(key, unknown(name, self.what, self.shapes))
                values[name] = self.shapes[name].read(value, tell)
            except Wrong as wrong:
                tell(wrong)
        return values

    def schema(self) -> dict[str, Any]:
        """An object with these properties."""
        return {
            "type": "object",
            "properties": {name: shape.schema() for name, shape in self.shapes.items()},
            "additionalProperties": False,
        }


class Entry(NamedTuple):
    """One entry of a record."""

    shape: Shape
    about: str
    """A sentence for the reference and the schema."""
    example: str = ""
    """YAML, as it would stand in a file."""
    needed: bool = False


class Record(NamedTuple):
    """Entries that become the arguments of `make`; those that are wrong or missing keep their defaults."""

    make: Callable[..., Any]
    entries: Mapping[str, Entry]
    what: str = "entry"
    kind: str = "entries as below"

    def read(self, node: Node, tell: Told) -> Any:
        """Return the record.

        Raises:
            Wrong: if it is none, or lacks (or has wrong) what it needs.
        """
        values: dict[str, Any] = {}
        for name, key, value in entries(node, "this"):
            entry = self.entries.get(name)
            try:
                if entry is None:
                    raise Wrong(key, unknown(name, self.what, self.entries))
                values[name] = entry.shape.read(value, tell)
            except Wrong as wrong:
                if entry and entry.needed:
                    raise
                tell(wrong)
        missing = [name for name, entry in self.entries.items() if entry.needed and name not in values]
        if missing:
            raise Wrong(node, f"{_listed(missing)} missing here")
        return self.make(**values)

    def schema(self) -> dict[str, Any]:
        """An object with these properties."""
        properties = {
            name: {"description": entry.about, **entry.shape.schema()} for name, entry in self.entries.items()
        }
        needed = [name for name, entry in self.entries.items() if entry.needed]
        more = {"required": needed} if needed else {}
        return {"type": "object", "properties": properties, "additionalProperties": False, **more}


def _listed(names: Iterable[str]) -> str:
    *most, last = [f"`{name}`" for name in names]
    return f"{', '.join(most)} and {last} are" if most else f"{last} is"
