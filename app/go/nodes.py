"""The tree of a template; every node prints as it was written, for error messages."""

from __future__ import annotations

from typing import NamedTuple


class Text(NamedTuple):
    """Words to be written as they are."""

    text: str


class Literal(NamedTuple):
    """A number, a string or a boolean."""

    value: object
    text: str
    offset: int

    def __str__(self) -> str:
        return self.text


class Nil(NamedTuple):
    """The word nil."""

    offset: int

    def __str__(self) -> str:
        return "nil"


class Dot(NamedTuple):
    """The value at hand."""

    offset: int

    def __str__(self) -> str:
        return "."


class Field(NamedTuple):
    """A walk through fields from the dot."""

    names: tuple[str, ...]
    offset: int

    def __str__(self) -> str:
        return "".join(f".{name}" for name in self.names)


class Variable(NamedTuple):
    """A variable, perhaps with a walk through fields from it."""

    names: tuple[str, ...]
    """The variable with its `$`, then fields."""
    offset: int

    def __str__(self) -> str:
        return ".".join(self.names)


class Chain(NamedTuple):
    """A walk through fields from a pipeline in parentheses or from a function."""

    start: Operand
    names: tuple[str, ...]
    offset: int

    def __str__(self) -> str:
        start = f"({self.start})" if isinstance(self.start, Pipeline) else str(self.start)
        return start + "".join(f".{name}" for name in self.names)


class Identifier(NamedTuple):
    """A function's name."""

    name: str
    offset: int

    def __str__(self) -> str:
        return self.name


class Command(NamedTuple):
    """Operands: a function or a method and its arguments, or one value."""

    operands: tuple[Operand, ...]
    offset: int

    def __str__(self) -> str:
        return " ".join(f"({part})" if isinstance(part, Pipeline) else str(part) for part in self.operands)


class Pipeline(NamedTuple):
    """Commands, each handing its value to the next as the last argument."""

    commands: tuple[Command, ...]
    variables: tuple[str, ...]
    """Set to the value: one, or for a range index and element."""
    assigns: bool
    """The variables exist already (`=` instead of `:=`)."""
    offset: int

    def __str__(self) -> str:
        head = f"{', '.join(self.variables)} {'=' if self.assigns else ':='} " if self.variables else ""
        return head + " | ".join(map(str, self.commands))


class Action(NamedTuple):
    """A pipeline whose value is written."""

    pipeline: Pipeline


class Branch(NamedTuple):
    """An if, a range or a with."""

    kind: str
    pipeline: Pipeline
    body: tuple[Node, ...]
    otherwise: tuple[Node, ...]


class Jump(NamedTuple):
    """A break or a continue."""

    kind: str


class Call(NamedTuple):
    """A template, called by its name."""

    name: str
    pipeline: Pipeline | None
    offset: int

    def __str__(self) -> str:
        from app.units import quoted

        argument = f" {self.pipeline}" if self.pipeline else ""
        return f"{{{{template {quoted(self.name)}{argument}}}}}"


Operand = Literal | Nil | Dot | Field | Variable | Chain | Identifier | Pipeline
Node = Text | Action | Branch | Jump | Call
