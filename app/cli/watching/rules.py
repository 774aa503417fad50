"""The file that says what a save does, path by path, in compose's words.

```yaml
develop:
  watch:
    - {action: sync, path: ./static, target: /srv/static, ignore: ["*.map"]}
```
Follows https://docs.docker.com/reference/compose-file/develop/.
"""

from __future__ import annotations

import os

import yaml
from yaml import Node

from engine.develop.request import ACTIONS, Rule
from engine.errors import InvalidInput, NotFound

NAME = "stackyard.yaml"
"""Its usual name, in the context."""
_KEYS = ("action", "ignore", "path", "target")


def rules(path: str) -> tuple[Rule, ...]:
    """Read the rules; raises NotFound, and InvalidInput with the file and the line."""
    try:
        with open(path, encoding="utf-8") as file:
            document = yaml.compose(file, yaml.SafeLoader)
    except FileNotFoundError:
        raise NotFound(f"{path}: there is no such file") from None
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput(f"{path} cannot be read: {error}") from None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise InvalidInput(f"{path}:{mark.line + 1 if mark else 1}: {error.problem or 'not YAML'}") from None
    except yaml.YAMLError as error:
        raise InvalidInput(f"{path}: {error}") from None
    found = _Reader(path)
    watch = found.value(found.value(document, "develop"), "watch")
    return tuple(found.rule(item) for item in found.items(watch, "watch")) if watch else ()


class _Reader:
    """Reads nodes, and says in which line what is wrong."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._folder = os.path.dirname(os.path.realpath(path))

    def wrong(self, node: Node, text: str, advice: str | None = None) -> InvalidInput:
        """Blame a line."""
        return InvalidInput(f"{self._path}:{node.start_mark.line + 1}: {text}", resolution=advice)

    def value(self, node: Node | None, key: str) -> Node | None:
        """Find a key's value; None if it is not there."""
        if node is None:
            return None
        return self.mapping(node, f"a mapping with `{key}` in it").get(key, (None, None))[1]

    def mapping(self, node: Node, wanted: str) -> dict[str, tuple[Node | None, Node | None]]:
        """Read a mapping: the key's node and the value's, by name."""
        if not isinstance(node, yaml.MappingNode):
            raise self.wrong(node, f"this should be {wanted}")
        return {str(key.value): (key, value) for key, value in node.value}

    def items(self, node: Node, name: str) -> list[Node]:
        """Read a list."""
        if not isinstance(node, yaml.SequenceNode):
            raise self.wrong(node, f"`{name}` should be a list")
        return list(node.value)

    def text(self, node: Node, name: str) -> str:
        """Read a word."""
        if not isinstance(node, yaml.ScalarNode) or not node.value:
            raise self.wrong(node, f"`{name}` should be a word")
        return str(node.value)

    def rule(self, node: Node) -> Rule:
        """Read one rule."""
        found = self.mapping(node, "a rule: action, path, target, ignore")
        for name, (key, _) in found.items():
            if name not in _KEYS and key is not None:
                raise self.wrong(key, f"unknown word `{name}`", f"there are {', '.join(_KEYS)}")
        given = {name: value for name, (_, value) in found.items() if value is not None}
        for name in ("action", "path"):
            if name not in given:
                raise self.wrong(node, f"`{name}` is missing")
        action = self.text(given["action"], "action")
        if action not in ACTIONS:
            raise self.wrong(given["action"], f"unknown action `{action}`", f"there are {', '.join(ACTIONS)}")
        target = self.text(given["target"], "target") if "target" in given else ""
        if action.startswith("sync") and not target:
            raise self.wrong(node, f"`target` is missing: where does {action} copy to?")
        if target and not target.startswith("/"):
            raise self.wrong(given["target"], f"`target` should begin with a slash: {target}")
        path = os.path.join(self._folder, self.text(given["path"], "path"))
        if not os.path.exists(path):
            raise self.wrong(given["path"], f"there is no {path}")
        ignore = self.items(given["ignore"], "ignore") if "ignore" in given else []
        patterns = tuple(self.text(one, "ignore") for one in ignore)
        return Rule(action, os.path.realpath(path), target, patterns)
