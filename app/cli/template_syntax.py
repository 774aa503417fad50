"""The grammar of Go's text/template, as far as --format needs it: text into a tree of nodes."""

from __future__ import annotations

import re
from typing import NamedTuple

from engine.errors import InvalidInput


class Text(NamedTuple):
    """Words to be written as they are."""

    text: str


class Literal(NamedTuple):
    """A string, number, boolean or nil."""

    value: object


class Path(NamedTuple):
    """A walk through fields: from the dot, from a variable (`$x`), or from a pipeline in parentheses."""

    start: str | Pipeline
    """`.`, a variable with its `$`, or the pipeline."""
    fields: tuple[str, ...]
    text: str
    """As written, for error messages."""
    offset: int


class Name(NamedTuple):
    """A function."""

    name: str


Operand = Literal | Path | Name


class Pipeline(NamedTuple):
    """Commands, each handing its value to the next as a last argument."""

    commands: tuple[tuple[Operand, ...], ...]
    variables: tuple[str, ...] = ()
    """Set to the value: one, or for a range index and element."""


class Action(NamedTuple):
    """A pipeline whose value is written."""

    pipeline: Pipeline


class Block(NamedTuple):
    """An if, a range or a with."""

    kind: str
    pipeline: Pipeline
    body: tuple[Node, ...]
    otherwise: tuple[Node, ...]


Node = Text | Action | Block

_ACTION = re.compile(r"\{\{(-(?=\s))?(.*?)((?<=\s)-)?\}\}", re.DOTALL)
_TOKEN = re.compile(
    r"""(?P<space>\s+)|(?P<string>"(?:\\.|[^"\\])*"|`[^`]*`)|(?P<char>'(?:\\.|[^'\\])')
    |(?P<number>[-+]?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?|0[xX][0-9a-fA-F]+)
    |(?P<path>(?:\$\w*|(?=\.))(?:\.[A-Za-z_]\w*)*\.?)|(?P<word>[A-Za-z_]\w*)|(?P<sign>:=|[|(),=])""",
    re.VERBOSE,
)


class _Token(NamedTuple):
    kind: str
    text: str
    offset: int


def parse(text: str) -> tuple[Node, ...]:
    """Parse a template. Raises InvalidInput, in docker's words."""
    return _Parser(text).document()


class _Parser:
    def __init__(self, text: str) -> None:
        self.parts = _split(text)
        self.position = 0

    def document(self) -> tuple[Node, ...]:
        nodes, end = self._nodes()
        if end:
            raise failure(f"unexpected {{{{{end}}}}}")
        return nodes

    def _nodes(self) -> tuple[tuple[Node, ...], str]:
        """Read nodes up to an `end` or `else`, whose words are returned too."""
        nodes: list[Node] = []
        while self.position < len(self.parts):
            part = self.parts[self.position]
            self.position += 1
            if isinstance(part, str):
                nodes.append(Text(part))
                continue
            word = part[0].text if part and part[0].kind == "word" else ""
            if word == "end" or word == "else":
                self._else = part[1:]
                return tuple(nodes), word
            if word in ("if", "range", "with"):
                nodes.append(self._block(word, part[1:]))
            elif word in ("define", "template", "block"):
                raise failure(f"{word} is not of use here")
            elif part:
                nodes.append(Action(_Words(part).pipeline()))
            else:
                raise failure("missing value for command")
        return tuple(nodes), ""

    def _block(self, kind: str, words: list[_Token]) -> Block:
        pipeline = _Words(words).pipeline()
        body, end = self._nodes()
        otherwise: tuple[Node, ...] = ()
        if end == "else":
            chained = [token for token in self._else if token.kind != "space"]
            if chained and chained[0].text in ("if", "with"):
                return Block(kind, pipeline, body, (self._block(chained[0].text, chained[1:]),))
            otherwise, end = self._nodes()
        if end != "end":
            raise failure("unexpected EOF")
        return Block(kind, pipeline, body, otherwise)


class _Words:
    """The inside of one action."""

    def __init__(self, tokens: list[_Token]) -> None:
        self.tokens = [token for token in tokens if token.kind != "space"]
        self.position = 0

    def pipeline(self, *, nested: bool = False) -> Pipeline:
        variables = self._variables()
        commands: list[tuple[Operand, ...]] = [()]
        while (token := self._next()) is not None:
            if token.text == ")" and token.kind == "sign":
                if not nested:
                    raise failure("unexpected right paren")
                nested = False
                break
            if token.text == "|" and token.kind == "sign":
                commands.append(())
            else:
                commands[-1] += (self._operand(token),)
        if nested:
            raise failure("unclosed left paren")
        if not all(commands):
            raise failure("missing value for command")
        return Pipeline(tuple(commands), variables)

    def _variables(self) -> tuple[str, ...]:
        names: list[str] = []
        for index, token in enumerate(self.tokens):
            if token.text in (":=", "=") and token.kind == "sign":
                self.position = index + 1
                return tuple(names)
            if token.kind == "path" and token.text.startswith("$") and "." not in token.text:
                names.append(token.text)
            elif token.text != ",":
                break
        return ()

    def _next(self) -> _Token | None:
        if self.position == len(self.tokens):
            return None
        self.position += 1
        return self.tokens[self.position - 1]

    def _operand(self, token: _Token) -> Operand:
        if token.kind == "string":
            return Literal(token.text[1:-1] if token.text[0] == "`" else _unquoted(token.text))
        if token.kind == "char":
            return Literal(ord(_unquoted(f'"{token.text[1:-1]}"')))
        if token.kind == "number":
            return Literal(_number(token.text))
        if token.kind == "word":
            constants = {"true": True, "false": False, "nil": None}
            return Literal(constants[token.text]) if token.text in constants else Name(token.text)
        if token.kind == "path":
            start, *fields = token.text.split(".")
            return Path(start or ".", tuple(filter(None, fields)), token.text, token.offset)
        if token.text == "(":
            inner = self.pipeline(nested=True)
            after = self.tokens[self.position] if self.position < len(self.tokens) else None
            close = self.tokens[self.position - 1]
            if after and after.kind == "path" and after.offset == close.offset + 1:
                self.position += 1
                return Path(inner, tuple(filter(None, after.text.split("."))), after.text, after.offset)
            return Path(inner, (), "(…)", token.offset)
        raise failure(f'unexpected "{token.text}" in operand')


def failure(words: str, line: int = 1) -> InvalidInput:
    """Make docker's error for a template that cannot be parsed."""
    return InvalidInput(f"template parsing error: template: :{line}: {words}")


def _split(text: str) -> list[str | list[_Token]]:
    parts: list[str | list[_Token]] = []
    position, trim = 0, False
    for match in _ACTION.finditer(text):
        before = text[position : match.start()]
        before = before.lstrip() if trim else before
        before = before.rstrip() if match[1] else before
        if before:
            parts.append(before)
        inside = match[2].strip()
        if not (inside.startswith("/*") and inside.endswith("*/")):
            parts.append(_tokens(match[2], match.start(2)))
        position, trim = match.end(), bool(match[3])
    rest = text[position:]
    if "{{" in rest:
        raise failure("unclosed action", rest.count("\n") + 1)
    rest = rest.lstrip() if trim else rest
    return [*parts, rest] if rest else parts


def _tokens(text: str, offset: int) -> list[_Token]:
    tokens: list[_Token] = []
    position = 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None or match.end() == position:
            raise failure(f'unexpected "{text[position]}" in command')
        tokens.append(_Token(str(match.lastgroup), match[0], offset + position))
        position = match.end()
    while tokens and tokens[0].kind == "space":
        del tokens[0]
    return tokens


def _number(text: str) -> int | float:
    try:
        return int(text, 0)
    except ValueError:
        return float(text)


def _unquoted(text: str) -> str:
    import json

    try:
        return str(json.loads(text.replace("\\'", "'")))
    except ValueError:
        raise failure(f"invalid string {text}") from None
