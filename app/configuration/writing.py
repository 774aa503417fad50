"""Writing the file: the one to begin with, and one entry among all that stands there already."""

from __future__ import annotations

import os
import tempfile

from yaml.nodes import MappingNode

from app.configuration.configuration import Vocabulary, record
from app.configuration.document import Fault, parse
from engine.errors import InvalidInput, from_os


def starter(words: Vocabulary) -> str:
    """Write a file in which every entry is explained, and none is set."""
    import textwrap

    lines = ["# Stackyard's configuration. The workbench reads it again whenever it is saved.", ""]
    for entry in record(words).entries.values():
        lines += textwrap.wrap(entry.about, 100, initial_indent="# ", subsequent_indent="# ")
        lines += [f"# {line}" for line in entry.example.splitlines()] + [""]
    return "\n".join(lines)


def begin(path: str, words: Vocabulary) -> bool:
    """Make the file if there is none; tell whether it was made."""
    try:
        os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
        with open(path, "x", encoding="utf-8") as file:
            file.write(starter(words))
    except FileExistsError:
        return False
    except OSError as error:
        raise from_os(error, "the configuration cannot be written") from error
    return True


def put(path: str, name: str, value: str) -> None:
    """Set one entry to a word and leave every other character of the file as it is.

    Raises:
        InvalidInput: if the file is no YAML; nothing is written then.
        EngineError: if it cannot be written.
    """
    try:
        before = _text(path)
        _replace(path, _with(before, path, name, value))
    except OSError as error:
        raise from_os(error, "the configuration cannot be written") from error


def _with(text: str, path: str, name: str, value: str) -> str:
    node = parse(text, path)
    if isinstance(node, Fault) or not isinstance(node, MappingNode | None):
        said = node.short if isinstance(node, Fault) else f"{path} has no `name: value` lines"
        raise InvalidInput(f"{name} was not written: {said}", resolution="`stackyard config edit` opens it")
    for key, old in node.value if node else ():
        if key.value == name:
            start, end = old.start_mark.index, old.end_mark.index
            if start == end:
                return f"{text[: key.end_mark.index]}: {value}{text[key.end_mark.index :].removeprefix(':')}"
            return text[:start] + value + text[end:]
    if node and node.flow_style:
        raise InvalidInput(f"{name} was not written: {path} is one line in braces")
    lead = text if not text or text.endswith("\n") else f"{text}\n"
    return f"{lead}{name}: {value}\n"


def _text(path: str) -> str:
    try:
        with open(path, encoding="utf-8", newline="") as file:
            return file.read()
    except FileNotFoundError:
        return ""
    except UnicodeDecodeError:
        raise InvalidInput(f"{path} is not UTF-8") from None


def _replace(path: str, text: str) -> None:
    """Put a whole new file in place of the old one, wherever a link to it leads."""
    path = os.path.realpath(path)
    folder = os.path.dirname(path)
    os.makedirs(folder, exist_ok=True)
    mode = os.stat(path).st_mode & 0o777 if os.path.exists(path) else 0o644
    handle, draft = tempfile.mkstemp(dir=folder, prefix=".config-")
    try:
        with open(handle, "w", encoding="utf-8", newline="") as file:
            file.write(text)
        os.chmod(draft, mode)
        os.rename(draft, path)
    except BaseException:
        os.unlink(draft)
        raise
