"""Reading the file: what is right is heard, what is wrong is told with its place."""

from __future__ import annotations

from yaml.nodes import MappingNode, Node

from app.configuration.configuration import Configuration, Vocabulary, record
from app.configuration.document import Fault, Wrong, load


def read(path: str, words: Vocabulary) -> tuple[Configuration, list[Fault]]:
    """Read a configuration file; one that is not there leaves everything as it is."""
    node = load(path)
    if node is None:
        return Configuration(), []
    if isinstance(node, Fault):
        return Configuration(), [node]
    found: list[Wrong] = []
    try:
        configuration = record(words).read(node, found.append)
    except Wrong as wrong:
        return Configuration(), [wrong.at(path)]
    configuration = _without_clashes(configuration, words, node, found)
    return configuration, sorted(wrong.at(path) for wrong in found)


def _without_clashes(
    configuration: Configuration, words: Vocabulary, node: Node, found: list[Wrong]
) -> Configuration:
    """Leave out what would give a key two meanings, one entry after the other until all is clear."""
    while clash := next(words.clashes(configuration.keymap, configuration.commands), None):
        if isinstance(clash.entry, str):
            keymap = {name: keys for name, keys in configuration.keymap.items() if name != clash.entry}
            configuration = configuration._replace(keymap=keymap)
            at = _below(_below(node, "keymap"), clash.entry)
        else:
            one = configuration.commands[clash.entry]
            rest = tuple(other for other in configuration.commands if other is not one)
            configuration = configuration._replace(commands=rest)
            at = _command(_below(node, "commands"), one.name)
        found.append(Wrong(at, clash.said))
    return configuration


def _below(node: Node, name: str) -> Node:
    """Find an entry's value; the node itself if there is none."""
    pairs: list[tuple[Node, Node]] = node.value if isinstance(node, MappingNode) else []
    return next((value for key, value in pairs if key.value == name), node)


def _command(node: Node, name: str) -> Node:
    """Find the key of the last command of a name."""
    listed: list[Node] = [node] if isinstance(node, MappingNode) else node.value
    return next((_below(one, "key") for one in reversed(listed) if _below(one, "name").value == name), node)
