"""YAML with places: every word knows its line and column, so that a fault can be pointed at."""

from __future__ import annotations

import os
from collections.abc import Iterable
from difflib import get_close_matches
from typing import NamedTuple

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class Fault(NamedTuple):
    """Something wrong in a file; lines and columns count from 1."""

    path: str
    line: int
    column: int
    said: str
    """A sentence without a full stop."""

    def __str__(self) -> str:
        return f"{self.path}:{self.line}:{self.column}: {self.said}"

    @property
    def short(self) -> str:
        """The same with the file's name alone."""
        return f"{os.path.basename(self.path)}:{self.line}:{self.column}: {self.said}"


class Wrong(Exception):
    """What is wrong with the words of a node."""

    def __init__(self, node: Node, said: str) -> None:
        super().__init__(said)
        self.node = node

    def at(self, path: str) -> Fault:
        """Say in which place of a file it is."""
        mark = self.node.start_mark
        return Fault(path, mark.line + 1, mark.column + 1, str(self))


def parse(text: str, path: str) -> Node | Fault | None:
    """Read one document; None if it is empty, a Fault if it is no YAML."""
    try:
        node = yaml.compose(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        said = " ".join(filter(None, (error.problem, error.context))) or "this is no YAML"
        return Fault(path, mark.line + 1 if mark else 1, mark.column + 1 if mark else 1, said)
    except yaml.YAMLError as error:
        return Fault(path, 1, 1, " ".join(str(error).split()))
    return None if node is None or is_null(node) else node


def load(path: str) -> Node | Fault | None:
    """Read a file; a file that is not there is empty."""
    try:
        with open(path, encoding="utf-8") as file:
            return parse(file.read(), path)
    except FileNotFoundError:
        return None
    except OSError as error:
        return Fault(path, 1, 1, f"it cannot be read: {(error.strerror or str(error)).lower()}")
    except UnicodeDecodeError:
        return Fault(path, 1, 1, "it is not UTF-8")


def is_null(node: Node) -> bool:
    """Tell whether nothing stands there."""
    return bool(node.tag == "tag:yaml.org,2002:null")


def entries(node: Node, what: str) -> list[tuple[str, ScalarNode, Node]]:
    """List the names of a mapping, each with its own node and that of its value.

    Raises:
        Wrong: if it is no mapping, or a name stands there twice.
    """
    if not isinstance(node, MappingNode):
        raise Wrong(node, f"{what} must be `name: value` lines, not {described(node)}")
    seen: set[str] = set()
    found = []
    for key, value in node.value:
        if not isinstance(key, ScalarNode):
            raise Wrong(key, "a name must be a word")
        if key.value in seen:
            raise Wrong(key, f"{key.value!r} stands here twice")
        seen.add(key.value)
        found.append((key.value, key, value))
    return found


def described(node: Node) -> str:
    """Say what stands there."""
    if isinstance(node, ScalarNode):
        return "nothing" if is_null(node) else repr(node.value)
    return "a list" if isinstance(node, SequenceNode) else "`name: value` lines"


def unknown(word: str, what: str, known: Iterable[str]) -> str:
    """Say that there is no such thing, and which one may have been meant."""
    names = list(known)
    near = get_close_matches(word, names, 1)
    more = f": did you mean {near[0]!r}?" if near else f"; there are {', '.join(names)}"
    if not near and len(names) > 24:
        more = f"; there are {', '.join(names[:24])} …"
    return f"there is no {what} {word!r}{more}"
