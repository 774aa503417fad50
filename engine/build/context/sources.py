"""From the sources of a COPY, as written, to what they mean in a tree: links followed, patterns tried.

A path is resolved as a process would whose root is the tree's, so no link leads out of it. Patterns are those
of Go's path/filepath.Match; they are tried on names, and links that happen to match are not entered.
"""

from __future__ import annotations

import os
import posixpath
import re
import stat
from collections.abc import Iterator
from typing import NamedTuple

from engine.build.context.inputs import Input, Inputs
from engine.errors import InvalidInput

_LINKS = 40
_WILD = re.compile(r"[*?\[]")
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)


class Match(NamedTuple):
    """One thing that a source means."""

    path: bytes
    """As written, or as a pattern found it: the last part names the copy."""
    input: Input
    """What stands there once links are followed, without its digest."""


def clean(source: str) -> bytes | None:
    """Make a source a path in the tree, empty for the tree itself; None for one that leaves it."""
    path = posixpath.normpath(source.lstrip("/") or ".")
    if path == ".." or path.startswith("../"):
        return None
    return b"" if path == "." else os.fsencode(path)


def is_pattern(source: str) -> bool:
    """Tell whether a source has wildcards that no backslash disarms."""
    return _WILD.search(_ESCAPED.sub("", source)) is not None


def resolve(inputs: Inputs, path: bytes) -> Input | None:
    """Tell what `path` leads to, links in it followed, the last one too; None for nothing."""
    pending = path.split(b"/")[::-1]
    here: list[bytes] = []
    links = 0
    found = inputs.find(b"")
    while pending:
        name = pending.pop()
        if name in (b"", b"."):
            continue
        if name == b"..":
            del here[-1:]
            found = inputs.find(b"/".join(here))
            continue
        found = inputs.find(b"/".join((*here, name)))
        if found is None:
            return None
        if not stat.S_ISLNK(found.mode):
            here.append(name)
            continue
        links += 1
        if links > _LINKS:
            return None
        if found.link.startswith(b"/"):
            here.clear()
        pending.extend(found.link.split(b"/")[::-1])
        found = inputs.find(b"/".join(here))
    return found


def single(inputs: Inputs, source: str) -> Match | None:
    """Find what a source without wildcards means; a backslash is a letter where such a name exists."""
    for spelling in dict.fromkeys((source, _ESCAPED.sub(r"\1", source))):
        path = clean(spelling)
        found = resolve(inputs, path) if path is not None else None
        if path is not None and found is not None:
            return Match(path, found)
    return None


def matching(inputs: Inputs, pattern: str, *, deep: bool) -> list[Match]:
    """Find what a pattern matches, in order; with `deep`, `**` stands for any number of directories.

    What is written before the first wildcard may lead through links. Matches of which nothing is left once
    links are followed are left out; a malformed pattern matches nothing.
    """
    parts = posixpath.normpath(pattern.lstrip("/")).split("/")
    fixed = 0
    while fixed < len(parts) and not is_pattern(parts[fixed]):
        fixed += 1
    written = _ESCAPED.sub(r"\1", "/".join(parts[:fixed]))
    start = resolve(inputs, os.fsencode(written))
    if start is None or not stat.S_ISDIR(start.mode):
        return []
    try:
        found = dict.fromkeys(_descend(inputs, start.path, parts[fixed:], deep=deep))
    except InvalidInput:
        return []
    matches = []
    for path in found:
        below = path[len(start.path) :].lstrip(b"/")
        shown = os.fsencode(written) + b"/" + below if written else below
        target = resolve(inputs, path)
        if target is not None:
            matches.append(Match(shown.rstrip(b"/"), target))
    return matches


def _descend(inputs: Inputs, directory: bytes, parts: list[str], *, deep: bool) -> Iterator[bytes]:
    from engine.dockerfile.patterns import glob

    rest = parts[1:]
    if deep and parts[0] == "**":
        yield from _descend(inputs, directory, rest, deep=deep) if rest else (directory,)
        for entry in inputs.listed(directory):
            if stat.S_ISDIR(entry.mode):
                yield from _descend(inputs, entry.path, parts, deep=deep)
            elif not rest:
                yield entry.path
        return
    fits = glob(parts[0]).fullmatch
    for entry in inputs.listed(directory):
        if not fits(os.fsdecode(posixpath.basename(entry.path))):
            continue
        if not rest:
            yield entry.path
        elif stat.S_ISDIR(entry.mode):
            yield from _descend(inputs, entry.path, rest, deep=deep)
