"""The words of a Dockerfile's line: quotes, backslashes, `$NAME`, KEY=VALUE pairs, and the JSON form."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

from engine.errors import InvalidInput

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)
_SPACE = re.compile(r"[\t\v\f\r ]+", re.ASCII)


def split(text: str) -> list[str]:
    """Split at blanks that are neither quoted nor escaped; quotes stay in the words."""
    words: list[str] = []
    word, quote, at = "", "", 0
    while at < len(text):
        char = text[at]
        if char == "\\" and at + 1 < len(text) and quote != "'":
            word += text[at : at + 2]
            at += 2
            continue
        if quote:
            quote = "" if char == quote else quote
        elif char in "'\"":
            quote = char
        elif char.isspace():
            if word:
                words.append(word)
            word = ""
            at += 1
            continue
        word += char
        at += 1
    return [*words, word] if word else words


def pairs(instruction: str, text: str) -> list[tuple[str, str]]:
    """Read `KEY=VALUE …`, or the old form `KEY the rest`; values keep their quotes. Raises InvalidInput."""
    words = split(text)
    if not words:
        raise InvalidInput(f"{instruction} requires at least one argument")
    if "=" not in words[0]:
        name, *rest = _SPACE.split(text.strip(), maxsplit=1)
        if not rest:
            raise InvalidInput(f"{instruction} must have two arguments")
        return [(name, rest[0])]
    found = []
    for word in words:
        name, equals, value = word.partition("=")
        if not equals:
            raise InvalidInput(f"Syntax error - can't find = in {word!r}. Must be of the form: name=value")
        if not name:
            raise InvalidInput(f"{instruction} names can not be blank")
        found.append((name, value))
    return found


def json_form(text: str) -> list[str] | None:
    """Read a JSON array of strings; None if the text is anything else."""
    if not text.lstrip().startswith("["):
        return None
    try:
        value = json.loads(text)
    except ValueError:
        return None
    return value if isinstance(value, list) and all(isinstance(item, str) for item in value) else None


def expand(text: str, variables: Mapping[str, str]) -> str:
    """Take quotes and backslashes away and put variables in; raises InvalidInput for an open quote."""
    out, at, quote = "", 0, ""
    while at < len(text):
        char = text[at]
        at += 1
        if char == "\\" and quote != "'":
            following = text[at : at + 1]
            # Inside double quotes a backslash only escapes what is special there.
            out += following if not quote or following in ('"', "$", "\\") else char + following
            at += 1
        elif char == quote:
            quote = ""
        elif char in "'\"" and not quote:
            quote = char
        elif char == "$" and quote != "'":
            value, at = _variable(text, at, variables)
            out += value
        else:
            out += char
    if quote:
        kind = "double-quote" if quote == '"' else "single-quote"
        raise InvalidInput(
            f'failed to process "{_quoted(text)}":'
            f" unexpected end of statement while looking for matching {kind}"
        )
    return out


def _variable(text: str, at: int, variables: Mapping[str, str]) -> tuple[str, int]:
    """Read a variable after its `$`: bare, `{name}`, `{name:-default}` or `{name:+alternative}`."""
    if text[at : at + 1] != "{":
        name = _NAME.match(text, at)
        return (variables.get(name[0], ""), name.end()) if name else ("$", at)
    end = text.find("}", at)
    name = _NAME.match(text, at + 1)
    if end < 0 or name is None:
        raise InvalidInput(f'failed to process "{_quoted(text)}": syntax error: bad substitution')
    value, rest = variables.get(name[0], ""), text[name.end() : end]
    if rest.startswith(":-"):
        value = value or expand(rest[2:], variables)
    elif rest.startswith(":+"):
        value = expand(rest[2:], variables) if value else ""
    elif rest:
        raise InvalidInput(
            f'failed to process "{_quoted(text)}": unsupported modifier ({rest[:2]}) in substitution'
        )
    return value, end + 1


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')
