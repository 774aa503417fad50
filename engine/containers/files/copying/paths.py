"""What the end of a path asks for: `dir/` is a directory, `dir/.` what is in it. Paths are only looked at."""

from __future__ import annotations

import posixpath
from typing import NamedTuple

from engine.errors import InvalidInput


class Target(NamedTuple):
    """The place to which a path leads, as far as it exists."""

    path: str
    exists: bool = False
    is_directory: bool = False


def clean(path: str) -> str:
    """Shorten a path without looking at the disk."""
    return posixpath.normpath("/" + path.lstrip("/") if path.startswith("/") else path)


def asks_for_content(path: str) -> bool:
    """Tell whether it ends in `.`, as an empty path does."""
    return not path or path.rstrip("/").rpartition("/")[2] == "."


def asks_for_directory(path: str) -> bool:
    """Tell whether it can only name a directory."""
    return path.endswith("/") or asks_for_content(path)


def absolute(path: str, folder: str = "/") -> str:
    """Make it absolute and short, keeping what its end asks for."""
    joined = clean(posixpath.join(folder, path) if folder != "/" else f"/{path}")
    if asks_for_content(path) and path:
        return f"{joined.rstrip('/')}/."
    return f"{joined}/" if path.endswith("/") and not joined.endswith("/") else joined


def split(path: str) -> tuple[str, str]:
    """Take it apart into its folder and its last name, which is `.` where its end is."""
    cleaned = clean(path)
    if asks_for_content(path):
        cleaned = f"{cleaned.rstrip('/')}/."
    folder, slash, base = cleaned.rpartition("/")
    return (folder or "/") if slash else ".", base


def last(path: str) -> str:
    """Name its last part, even before a slash."""
    return path.rstrip("/").rpartition("/")[2] or "/"


def place(target: Target, name: str, *, is_directory: bool) -> tuple[str, str]:
    """Decide into which folder something goes, and under which name.

    Raises InvalidInput, in docker's words.
    """
    if target.exists and target.is_directory:
        return target.path, name
    if target.exists and is_directory:
        raise InvalidInput("cannot copy directory")
    if not target.exists and not is_directory and asks_for_directory(target.path):
        raise InvalidInput("no such directory")
    return split(target.path)
