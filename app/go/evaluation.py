"""A template applied to a value: the walk of its tree (text/template/exec.go)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NoReturn

from app.go.errors import Failed, Misused
from app.go.functions import Function
from app.go.nodes import (
    Action,
    Branch,
    Call,
    Chain,
    Command,
    Dot,
    Field,
    Identifier,
    Jump,
    Literal,
    Nil,
    Node,
    Operand,
    Pipeline,
    Text,
    Variable,
)
from app.go.shapes import GoMap, json_name, leaves_out, typed, zero
from app.go.values import MISSING, Texts, is_map, kind, printed, truth

_DEEPEST = 100
_NOTHING = object()
"""No argument was handed on."""


class Evaluation:
    """One rendering. With `raw` a document is nothing but maps, and a missing key is an error."""

    def __init__(
        self,
        text: str,
        definitions: Mapping[str, tuple[Node, ...]],
        functions: Mapping[str, Function],
        *,
        raw: bool = False,
    ) -> None:
        self.text = text
        self.definitions = definitions
        self.functions = functions
        self.raw = raw
        self.out: list[str] = []
        self._variables: list[tuple[str, object]] = []
        self._at: Operand | Command | Call = Dot(0)
        self._depth = 0

    def run(self, nodes: Sequence[Node], value: object) -> str:
        """Return what the nodes write for a value.

        Raises:
            Failed: saying at which part of the template and why.
        """
        self._variables = [("$", value)]
        self._walk(nodes, value)
        return "".join(self.out)

    def _walk(self, nodes: Sequence[Node], dot: object) -> str:
        """Write nodes; return `break` or `continue` when one of them was met."""
        for node in nodes:
            if isinstance(node, Text):
                self.out.append(node.text)
            elif isinstance(node, Action):
                value = self._pipeline(node.pipeline, dot)
                if not node.pipeline.variables:
                    self.out.append(printed(value))
            elif isinstance(node, Jump):
                return node.kind
            elif isinstance(node, Call):
                self._template(node, dot)
            elif jump := self._branch(node, dot):
                return jump
        return ""

    def _branch(self, branch: Branch, dot: object) -> str:
        mark = len(self._variables)
        value = self._pipeline(branch.pipeline, dot)
        if branch.kind == "range":
            jump = self._range(branch, value, dot)
        elif truth(value):
            jump = self._walk(branch.body, value if branch.kind == "with" else dot)
        else:
            jump = self._walk(branch.otherwise, dot)
        del self._variables[mark:]
        return jump

    def _range(self, branch: Branch, value: object, dot: object) -> str:
        names = branch.pipeline.variables
        mark = len(self._variables)
        empty = True
        for key, element in self._pairs(value):
            empty = False
            chosen = (key, element) if len(names) == 2 else (element,)
            for name, part in zip(names, chosen, strict=False):
                self._set(name, part)
            jump = self._walk(branch.body, element)
            del self._variables[mark:]
            if jump == "break":
                break
        return self._walk(branch.otherwise, dot) if empty else ""

    def _pairs(self, value: object) -> Iterator[tuple[object, object]]:
        if isinstance(value, Mapping) and (self.raw or is_map(value)):
            for key in sorted(value):
                yield key, value[key] if self.raw else typed(key, value[key])
        elif isinstance(value, list | tuple):
            yield from enumerate(value)
        elif isinstance(value, int) and not isinstance(value, bool):
            yield from ((number, number) for number in range(value))
        elif value is not None and value is not MISSING:
            self._fail(f"range can't iterate over {printed(value)}")

    def _template(self, call: Call, dot: object) -> None:
        self._at = call
        if call.name not in self.definitions:
            from app.units import quoted

            self._fail(f"template {quoted(call.name)} not defined")
        self._depth += 1
        if self._depth > _DEEPEST:
            self._fail(f"exceeded maximum template depth ({_DEEPEST})")
        value = self._pipeline(call.pipeline, dot) if call.pipeline else MISSING
        outside, self._variables = self._variables, [("$", value)]
        self._walk(self.definitions[call.name], value)
        self._variables = outside
        self._depth -= 1

    def _pipeline(self, pipeline: Pipeline, dot: object) -> object:
        self._at = pipeline
        value: object = _NOTHING
        for command in pipeline.commands:
            value = self._command(command, dot, value)
            if self.raw and value is None:
                value = MISSING
        for name in pipeline.variables:
            if pipeline.assigns:
                self._set(name, value)
            else:
                self._variables.append((name, value))
        return value

    def _set(self, name: str, value: object) -> None:
        for index in range(len(self._variables) - 1, -1, -1):
            if self._variables[index][0] == name:
                self._variables[index] = (name, value)
                return
        self._fail(f"undefined variable: {name}")

    def _command(self, command: Command, dot: object, final: object) -> object:
        first, arguments = command.operands[0], command.operands[1:]
        if isinstance(first, Identifier):
            return self._function(first, dot, command, arguments, final)
        if isinstance(first, Field | Chain | Variable) and not (
            isinstance(first, Variable) and len(first.names) == 1
        ):
            return self._fields(first, dot, arguments, final)
        if not isinstance(first, Pipeline):
            self._at = first
        if arguments or final is not _NOTHING:
            self._fail(f"can't give argument to non-function {first}")
        if isinstance(first, Nil):
            self._fail("nil is not a command")
        return self._operand(first, dot)

    def _operand(self, operand: Operand, dot: object) -> object:
        """Evaluate what stands alone: a literal, the dot, a variable, or any of those that take arguments."""
        if isinstance(operand, Literal):
            return operand.value
        if isinstance(operand, Nil):
            return None
        if isinstance(operand, Dot):
            return dot
        if isinstance(operand, Pipeline):
            return self._pipeline(operand, dot)
        if isinstance(operand, Identifier):
            return self._function(operand, dot, operand, (), _NOTHING)
        return self._fields(operand, dot, (), _NOTHING)

    def _fields(
        self, node: Field | Variable | Chain, dot: object, arguments: Sequence[Operand], final: object
    ) -> object:
        self._at = node
        names = node.names
        if isinstance(node, Chain):
            value = self._operand(node.start, dot)
        elif isinstance(node, Field):
            value = dot
        else:
            found = (value for name, value in reversed(self._variables) if name == names[0])
            value = next(found, _NOTHING)
            if value is _NOTHING:
                self._fail(f"undefined variable: {names[0]}")
            names = names[1:]
        for index, name in enumerate(names):
            last = index == len(names) - 1
            value = self._field(
                value,
                name,
                node,
                dot,
                arguments if last else (),
                final if last else _NOTHING,
                inner=index > 0,
            )
        return value

    def _field(
        self,
        value: object,
        name: str,
        node: Operand,
        dot: object,
        arguments: Sequence[Operand],
        final: object,
        *,
        inner: bool,
    ) -> object:
        if value is MISSING:
            if self.raw:
                self._fail(f'nil data; no entry for key "{name}"')
            return MISSING
        if value is None:
            self._fail(f"nil pointer evaluating interface {{}}.{name}")
        found = self._look_up(value, name, inner)
        if callable(found):
            function = Function(found, ("any",) * _wanted(found))
            return self._call(function, name, node, dot, arguments, final)
        if arguments or final is not _NOTHING:
            struct = not self.raw and not is_map(value)
            what = "has arguments but cannot be invoked as function"
            self._fail(f"{name} {what if struct else 'is not a method but has arguments'}")
        return found

    def _look_up(self, value: object, name: str, inner: bool) -> object:
        if not self.raw and type(value) is dict:
            name = json_name(value, name)
        if isinstance(value, Mapping) and name in value:
            return value[name] if self.raw else typed(name, value[name])
        if name[:1].isupper() and type(value) not in (str, int, float, bool, list, dict, GoMap):
            found = getattr(value, name, _NOTHING)
            if found is not _NOTHING:
                return found
        if isinstance(value, dict) and not self.raw and not is_map(value) and leaves_out(value, name):
            return zero(name)
        if isinstance(value, dict) and (self.raw or is_map(value)):
            if not self.raw:
                return MISSING
            self._fail(f'map has no entry for key "{name}"')
        name_of_type = "interface {}" if self.raw and inner else kind(value)
        if isinstance(value, Mapping):
            name_of_type = getattr(value, "go_type", "*formatter.Context")
        return self._fail(f"can't evaluate field {name} in type {name_of_type}")

    def _function(
        self,
        node: Identifier,
        dot: object,
        command: Command | Identifier,
        arguments: Sequence[Operand],
        final: object,
    ) -> object:
        self._at = node
        function = self.functions[node.name]
        if node.name in ("and", "or"):
            return self._deciding(function, node.name, dot, arguments, final)
        return self._call(function, node.name, command, dot, arguments, final)

    def _deciding(
        self, function: Function, name: str, dot: object, arguments: Sequence[Operand], final: object
    ) -> object:
        self._count(function, name, len(arguments) + (final is not _NOTHING))
        value: object = None
        for argument in arguments:
            value = self._argument(argument, "any", dot)
            if truth(value) == (name == "or"):
                return value
        return value if final is _NOTHING else final

    def _call(
        self,
        function: Function,
        name: str,
        node: Operand | Command,
        dot: object,
        arguments: Sequence[Operand],
        final: object,
    ) -> object:
        handed = final is not _NOTHING
        self._count(function, name, len(arguments) + handed)
        wanted = [*function.takes, *[function.more or "any"] * (len(arguments) + handed)]
        values = [self._argument(part, want, dot) for part, want in zip(arguments, wanted, strict=False)]
        if handed:
            values.append(self._fitting(final, wanted[len(arguments)]))
        try:
            return function.call(*values)
        except Misused as error:
            self._at = node
            words = str(error).replace("{0}", str(arguments[0]) if arguments else "")
            self._fail(f"error calling {name}: {words}")

    def _count(self, function: Function, name: str, given: int) -> None:
        least = len(function.takes)
        if given < least or (given > least and function.more is None):
            want = f"at least {least}" if function.more else str(least)
            self._fail(f"wrong number of args for {name}: want {want} got {given}")

    def _argument(self, operand: Operand, want: str, dot: object) -> object:
        self._at = operand
        if isinstance(operand, Nil) and want != "any":
            self._fail(f"cannot assign nil to {want}")
        if isinstance(operand, Literal) and want != "any":
            if not _fits(operand.value, want):
                if want == "[]string":
                    self._fail(f"can't handle {operand} for arg of type {want}")
                self._fail(f"expected {'integer' if want == 'int' else want}; found {operand}")
            return operand.value
        return self._fitting(self._operand(operand, dot), want)

    def _fitting(self, value: object, want: str) -> object:
        """Return a value as an argument of the wanted kind."""
        if want == "any":
            return None if value is MISSING else value
        if value is MISSING or value is None:
            self._fail(f"invalid value; expected {want}")
        if not _fits(value, want) or (self.raw and want == "[]string" and not isinstance(value, Texts)):
            number = self.raw and isinstance(value, int | float) and not isinstance(value, bool)
            what = "json.Number" if number else "[]interface {}" if isinstance(value, list) else kind(value)
            self._fail(f"wrong type for value; expected {want}; got {what}")
        return value

    def _fail(self, words: str) -> NoReturn:
        raise Failed(words, self.text, self._at.offset, str(self._at))


def _fits(value: object, want: str) -> bool:
    if want == "string":
        return isinstance(value, str)
    if want == "int":
        return isinstance(value, int) and not isinstance(value, bool)
    return isinstance(value, list | tuple) and all(isinstance(part, str) for part in value)


def _wanted(method: object) -> int:
    code = getattr(method, "__code__", None)
    if code is None:
        return 0
    return int(code.co_argcount) - (getattr(method, "__self__", None) is not None)
