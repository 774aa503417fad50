"""Tokens into a tree, by Go's grammar (text/template/parse/parse.go) and with its words for what is wrong."""

from __future__ import annotations

from collections.abc import Container, Iterator
from typing import NoReturn

from app.go.constants import number, unquoted
from app.go.errors import Unparsable
from app.go.lexer import Lexer, Token
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
from app.units import quoted

_OPERANDS = frozenset({"bool", "number", "dot", "field", "identifier", "string", "variable", "left paren"})


class Parser:
    """Parses one text; `definitions` holds the templates it names besides."""

    def __init__(self, text: str, functions: Container[str]) -> None:
        self.functions = functions
        self.definitions: dict[str, tuple[Node, ...]] = {}
        self._stream: Iterator[Token] = Lexer(text).tokens()
        self._ahead: list[Token] = []
        self._line = 1
        self._action_line = 0
        self._known = ["$"]
        self._ranges = 0

    def document(self) -> tuple[Node, ...]:
        """Parse the whole text.

        Raises:
            Unparsable: saying where and why.
        """
        nodes, end = self._nodes(top=True)
        if end:
            self._fail(f"unexpected {{{{{end}}}}}")
        return nodes

    def _nodes(self, *, top: bool = False) -> tuple[tuple[Node, ...], str]:
        """Read nodes up to an `end` or an `else`, which is returned too; `top` may end with the file."""
        nodes: list[Node] = []
        while True:
            token = self._next()
            if token.kind == "end of file":
                if not top:
                    self._unexpected(token, "")
                return tuple(nodes), ""
            if token.kind == "text":
                nodes.append(Text(token.text))
            elif token.kind == "left":
                self._action_line = token.line
                node, end = self._action()
                if end:
                    return tuple(nodes), end
                if node:
                    nodes.append(node)
            else:
                self._unexpected(token, "input")

    def _action(self) -> tuple[Node | None, str]:
        token = self._next_word()
        if token.kind != "keyword" or token.text == "nil":
            self._back(token)
            return Action(self._pipeline("command", "right")), ""
        word = token.text
        if word in ("if", "range", "with"):
            return self._branch(word), ""
        if word == "end":
            self._expect("right", "end")
            return None, "end"
        if word == "else":
            ahead = self._peek_word()
            if not (ahead.kind == "keyword" and ahead.text in ("if", "with")):
                self._expect("right", "else")
            return None, "else"
        if word in ("break", "continue"):
            self._expect("right", f"{{{{{word}}}}}")
            if not self._ranges:
                self._fail(f"{{{{{word}}}}} outside {{{{range}}}}")
            return Jump(word), ""
        return self._named(word), ""

    def _branch(self, kind: str) -> Branch:
        known = len(self._known)
        pipeline = self._pipeline(kind, "right")
        self._ranges += kind == "range"
        body, end = self._nodes()
        self._ranges -= kind == "range"
        otherwise: tuple[Node, ...] = ()
        if end == "else":
            chained = self._peek_word()
            if chained.kind == "keyword" and chained.text in ("if", "with") and kind == chained.text:
                self._next_word()
                otherwise = (self._branch(chained.text),)
            elif chained.kind == "keyword" and chained.text in ("if", "with"):
                self._unexpected(self._next_word(), "else")
            else:
                otherwise, end = self._nodes()
                if end != "end":
                    self._fail(f"expected end; found {{{{{end}}}}}")
        del self._known[known:]
        return Branch(kind, pipeline, body, otherwise)

    def _named(self, word: str) -> Node | None:
        context = f"{word} clause"
        token = self._next_word()
        if token.kind != "string":
            self._unexpected(token, context)
        name = self._text(token)
        if word == "define":
            self._expect("right", context)
            self.definitions[name] = self._definition()
            return None
        pipeline = None
        ahead = self._next_word()
        if word == "block" or ahead.kind != "right":
            self._back(ahead)
            pipeline = self._pipeline(context, "right")
        if word == "block":
            self.definitions[name] = self._definition()
        return Call(name, pipeline, token.offset)

    def _definition(self) -> tuple[Node, ...]:
        known, self._known = self._known, ["$"]
        nodes, end = self._nodes()
        if end != "end":
            self._fail(f"unexpected {{{{{end}}}}} in define clause")
        self._known = known
        return nodes

    def _pipeline(self, context: str, end: str) -> Pipeline:
        offset = self._peek_word().offset
        variables, assigns = self._variables(context)
        commands: list[Command] = []
        while (token := self._next_word()).kind != end:
            if token.kind not in _OPERANDS and token.text != "nil":
                self._unexpected(token, context)
            self._back(token)
            commands.append(self._command())
        if not commands:
            self._fail(f"missing value for {context}")
        for stage, command in enumerate(commands[1:], 2):
            if isinstance(command.operands[0], Literal | Nil | Dot):
                self._fail(f"non executable command in pipeline stage {stage}")
        return Pipeline(tuple(commands), variables, assigns, offset)

    def _variables(self, context: str) -> tuple[tuple[str, ...], bool]:
        names: list[str] = []
        while (variable := self._peek_word()).kind == "variable":
            self._next_word()
            blank = self._next()
            sign = self._next_word() if blank.kind == "space" else blank
            if sign.kind not in ("assign", "declare") and sign.text != ",":
                self._back(*((variable, blank, sign) if blank.kind == "space" else (variable, sign)))
                break
            names.append(variable.text)
            self._known.append(variable.text)
            if sign.text != ",":
                return tuple(names), sign.kind == "assign"
            if context != "range" or len(names) > 1:
                self._fail(f"too many declarations in {context}")
            if self._peek_word().kind not in ("variable", "right", "right paren"):
                self._fail("range can only initialize variables")
        return tuple(names), False

    def _command(self) -> Command:
        offset = self._peek_word().offset
        operands: list[Operand] = []
        while True:
            self._peek_word()
            operand = self._operand()
            if operand is not None:
                operands.append(operand)
            token = self._next()
            if token.kind == "space":
                continue
            if token.kind in ("right", "right paren"):
                self._back(token)
            elif token.kind != "pipe":
                self._unexpected(token, "operand")
            break
        if not operands:
            self._fail("empty command")
        return Command(tuple(operands), offset)

    def _operand(self) -> Operand | None:
        start = self._term()
        ahead = self._peek()
        if start is None or ahead.kind != "field":
            return start
        names: list[str] = []
        while self._peek().kind == "field":
            names.append(self._next().text[1:])
        if isinstance(start, Field):
            return Field((*start.names, *names), ahead.offset)
        if isinstance(start, Variable):
            return Variable((*start.names, *names), ahead.offset)
        if isinstance(start, Literal | Nil | Dot):
            self._fail(f"unexpected . after term {quoted(str(start))}")
        return Chain(start, tuple(names), ahead.offset)

    def _term(self) -> Operand | None:
        token = self._next_word()
        text, offset = token.text, token.offset
        if token.kind == "identifier":
            if text not in self.functions:
                self._fail(f"function {quoted(text)} not defined")
            return Identifier(text, offset)
        if token.kind == "variable":
            if text not in self._known:
                self._fail(f"undefined variable {quoted(text)}")
            return Variable((text,), offset)
        if token.kind == "left paren":
            return self._pipeline("parenthesized pipeline", "right paren")
        simple: Operand | None = None
        if token.kind == "dot":
            simple = Dot(offset)
        elif token.kind == "field":
            simple = Field((text[1:],), offset)
        elif token.kind == "bool":
            simple = Literal(text == "true", text, offset)
        elif token.kind == "string":
            simple = Literal(self._text(token), text, offset)
        elif token.kind == "number":
            simple = Literal(self._number(text), text, offset)
        elif token.kind == "keyword" and text == "nil":
            simple = Nil(offset)
        else:
            self._back(token)
        return simple

    def _text(self, token: Token) -> str:
        try:
            return unquoted(token.text)
        except ValueError:
            self._fail("invalid syntax")

    def _number(self, text: str) -> object:
        try:
            return number(text)
        except ValueError as error:
            self._fail(str(error))

    def _next(self) -> Token:
        if self._ahead:
            token = self._ahead.pop()
        else:
            token = next(self._stream, None) or Token("end of file", "", 0, self._line)
        self._line = token.line
        return token

    def _next_word(self) -> Token:
        while (token := self._next()).kind == "space":
            pass
        return token

    def _peek(self) -> Token:
        self._back(token := self._next())
        return token

    def _peek_word(self) -> Token:
        self._back(token := self._next_word())
        return token

    def _back(self, *tokens: Token) -> None:
        self._ahead.extend(reversed(tokens))

    def _expect(self, kind: str, context: str) -> None:
        token = self._next_word()
        if token.kind != kind:
            self._unexpected(token, context)

    def _unexpected(self, token: Token, context: str) -> NoReturn:
        if token.kind == "error":
            started = ""
            if self._action_line and self._action_line != token.line:
                started = f" in action started at :{self._action_line}"
                started = started.removeprefix(" in action") if token.text.endswith(" action") else started
            self._fail(token.text + started)
        self._fail(f"unexpected {token} in {context}" if context else f"unexpected {token}")

    def _fail(self, words: str) -> NoReturn:
        raise Unparsable(words, self._line)
