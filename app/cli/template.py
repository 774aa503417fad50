"""Go's text/template as `--format` uses it: evaluation of a parsed template on our documents and rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from app.cli import govalues
from app.cli.govalues import GoMap, printed, typed
from app.cli.template_functions import FUNCTIONS, truth
from app.cli.template_syntax import (
    Action,
    Block,
    Literal,
    Name,
    Node,
    Operand,
    Path,
    Pipeline,
    Text,
    failure,
    parse,
)
from engine.errors import InvalidInput

__all__ = ["Template"]
_NO_VALUE = object()


class Template:
    """A parsed template; `render` applies it to one value."""

    def __init__(self, text: str, nodes: tuple[Node, ...]) -> None:
        self.text = text
        self.nodes = nodes

    @classmethod
    def parse(cls, text: str) -> Template:
        """Parse, checking that every function exists. Raises InvalidInput, in docker's words."""
        nodes = parse(text)
        for name in _names(nodes):
            if name not in FUNCTIONS:
                raise failure(f'function "{name}" not defined')
        return cls(text, nodes)

    def render(self, value: object) -> str:
        """Write the template for one value. Raises InvalidInput for a field that is not there."""
        out: list[str] = []
        _Run(out, {"$": value}).nodes(self.nodes, value)
        return "".join(out)


class _Run:
    """One rendering: what has been written, and the variables in scope."""

    def __init__(self, out: list[str], variables: dict[str, Any]) -> None:
        self.out = out
        self.variables = variables

    def nodes(self, nodes: Sequence[Node], dot: object) -> None:
        for node in nodes:
            if isinstance(node, Text):
                self.out.append(node.text)
            elif isinstance(node, Action):
                value = self.pipeline(node.pipeline, dot)
                if not node.pipeline.variables:
                    self.out.append("<no value>" if value is _NO_VALUE else printed(value))
            else:
                self._block(node, dot)

    def _block(self, block: Block, dot: object) -> None:
        outside = dict(self.variables)
        value = self.pipeline(block.pipeline, dot)
        value = None if value is _NO_VALUE else value
        if block.kind == "range":
            self._range(block, value, dot)
        elif truth(value):
            self.nodes(block.body, value if block.kind == "with" else dot)
        else:
            self.nodes(block.otherwise, dot)
        self.variables = outside

    def _range(self, block: Block, value: object, dot: object) -> None:
        pairs = list(_pairs(value))
        names = block.pipeline.variables
        for key, element in pairs:
            if len(names) == 2:
                self.variables[names[0]], self.variables[names[1]] = key, element
            elif names:
                self.variables[names[0]] = element
            self.nodes(block.body, element)
        if not pairs:
            self.nodes(block.otherwise, dot)

    def pipeline(self, pipeline: Pipeline, dot: object) -> object:
        """Evaluate the commands from left to right."""
        value: object = _NO_VALUE
        for number, command in enumerate(pipeline.commands):
            value = self._command(command, dot, () if number == 0 else (value,))
        if len(pipeline.variables) == 1:
            self.variables[pipeline.variables[0]] = value
        return value

    def _command(self, command: Sequence[Operand], dot: object, piped: tuple[object, ...]) -> object:
        first, *rest = command
        arguments = [self._value(operand, dot) for operand in rest] + list(piped)
        if isinstance(first, Name):
            return FUNCTIONS[first.name](*(None if value is _NO_VALUE else value for value in arguments))
        if isinstance(first, Path) and first.fields:
            return self._walk(first, dot, arguments)
        if arguments:
            what = first.text if isinstance(first, Path) else "value"
            raise failure(f"can't give argument to non-function {what}")
        return self._value(first, dot)

    def _value(self, operand: Operand, dot: object) -> object:
        if isinstance(operand, Literal):
            return operand.value
        if isinstance(operand, Name):
            return FUNCTIONS[operand.name]()
        return self._walk(operand, dot, ())

    def _walk(self, path: Path, dot: object, arguments: Sequence[object]) -> object:
        if isinstance(path.start, Pipeline):
            value = self.pipeline(path.start, dot)
        elif path.start == ".":
            value = dot
        elif path.start in self.variables:
            value = self.variables[path.start]
        else:
            raise failure(f'undefined variable "{path.start}"')
        for number, name in enumerate(path.fields):
            last = number == len(path.fields) - 1
            value = _field(value, name, path, arguments if last else ())
        return value


def _field(value: object, name: str, path: Path, arguments: Sequence[object]) -> object:
    """Look a field up, or call the method of that name."""
    if isinstance(value, Mapping) and name in value:
        found = typed(name, value[name])
    elif isinstance(value, GoMap) or value is _NO_VALUE:
        return _NO_VALUE
    elif value is None:
        raise _execution(path, f"nil pointer evaluating interface {{}}.{name}")
    elif isinstance(value, Mapping) and not hasattr(value, name):
        raise _execution(path, f'map has no entry for key "{name}"')
    elif not name.startswith("_") and isinstance(value, Mapping):
        found = getattr(value, name)
    else:
        raise _execution(path, f"can't evaluate field {name} in type {govalues.kind(value)}")
    if callable(found):
        call: Callable[..., object] = found
        return call(*arguments)
    if arguments:
        raise _execution(path, f"{name} has arguments but cannot be invoked as function")
    return found


def _execution(path: Path, words: str) -> InvalidInput:
    return InvalidInput(
        f'template parsing error: template: :1:{path.offset}: executing "" at <{path.text}>: {words}'
    )


def _pairs(value: object) -> Iterator[tuple[object, object]]:
    if isinstance(value, Mapping):
        yield from ((key, typed(key, value[key])) for key in sorted(value))
    elif isinstance(value, Sequence) and not isinstance(value, str):
        yield from enumerate(value)
    elif isinstance(value, int):
        yield from ((number, number) for number in range(value))
    elif value is not None:
        raise failure(f"range can't iterate over {printed(value)}")


def _names(nodes: Sequence[Node]) -> Iterator[str]:
    for node in nodes:
        if isinstance(node, Action):
            yield from _names_in(node.pipeline)
        elif isinstance(node, Block):
            yield from _names_in(node.pipeline)
            yield from _names((*node.body, *node.otherwise))


def _names_in(pipeline: Pipeline) -> Iterator[str]:
    for command in pipeline.commands:
        for operand in command:
            if isinstance(operand, Name):
                yield operand.name
            elif isinstance(operand, Path) and isinstance(operand.start, Pipeline):
                yield from _names_in(operand.start)
