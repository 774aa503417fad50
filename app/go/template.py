"""Go templates for --format, as docker takes them."""

from __future__ import annotations

from app.go.errors import Failed
from app.go.evaluation import Evaluation
from app.go.functions import FUNCTIONS, HEADINGS
from app.go.nodes import Node
from app.go.parser import Parser
from app.go.shapes import GoMap, as_maps

__all__ = ["GoMap", "Headings", "Template"]


class Template:
    """A parsed template; `render` applies it to one value.

    A value is made of dicts (structs; GoMap for maps), lists, texts, numbers, booleans, None, functions that
    are called when they are asked for, and objects, whose capitalised attributes are fields and methods.
    """

    def __init__(self, text: str, nodes: tuple[Node, ...], definitions: dict[str, tuple[Node, ...]]) -> None:
        self.text = text
        self._nodes = nodes
        self._definitions = definitions

    @classmethod
    def parse(cls, text: str) -> Template:
        """Parse a template.

        Raises:
            InvalidInput: in docker's words.
        """
        parser = Parser(text, FUNCTIONS)
        return cls(text, parser.document(), parser.definitions)

    def render(self, value: object) -> str:
        """Write the template for one value.

        A document that does not fit as structs is read once more as nothing but maps, which is what `docker
        inspect` does with the JSON it was sent; the error is then the second one's.

        Raises:
            InvalidInput: when the value lacks a field or a function cannot take what it is given.
        """
        try:
            return self._run(value)
        except Failed:
            if not isinstance(value, dict):
                raise
            return self._run(as_maps(value), raw=True)

    def heading(self, names: object) -> str:
        """Write the template for a table's first line, as far as it fits; functions leave it as it is."""
        evaluation = Evaluation(self.text, self._definitions, HEADINGS)
        try:
            return evaluation.run(self._nodes, names)
        except Failed:
            return "".join(evaluation.out)

    def _run(self, value: object, *, raw: bool = False) -> str:
        return Evaluation(self.text, self._definitions, FUNCTIONS, raw=raw).run(self._nodes, value)


class Headings(GoMap):
    """The headings as a row, so that a table's own template writes its first line."""

    def Label(self, name: str) -> str:
        """Head a column of one label's values, as docker does: the last part of the label's name."""
        return name.rpartition(".")[2].replace("-", " ").replace("_", " ")
