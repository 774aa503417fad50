"""Files of variables and labels, one a line, for --env-file and --label-file; nothing is unquoted."""

from __future__ import annotations

import os
from collections.abc import Iterator

from app.cli.flags import UsageError

BLANKS = " \t\n\v\f\r"
BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def environment_lines(path: str) -> list[str]:
    """Read NAME=VALUE lines; a bare NAME takes its value from here and is left out when it has none."""
    words = []
    for line in _lines(path):
        name, equals, _ = line.partition("=")
        if equals:
            words.append(line)
        elif name in os.environ:
            words.append(f"{name}={os.environ[name]}")
    return words


def lines(path: str) -> list[str]:
    """Read NAME[=VALUE] lines."""
    return list(_lines(path))


def _lines(path: str) -> Iterator[str]:
    """Yield the lines that are neither empty nor comments, each checked, without leading blanks."""
    try:
        with open(path, "rb") as file:
            rows = file.read().removeprefix(BYTE_ORDER_MARK).split(b"\n")
    except OSError as error:
        raise UsageError(f"open {path}: {(error.strerror or str(error)).lower()}") from None
    for number, row in enumerate(rows, 1):
        try:
            line = row.removesuffix(b"\r").decode().lstrip(BLANKS)
        except UnicodeDecodeError:
            raise UsageError(
                f"invalid env file ({path}): invalid utf8 bytes at line {number}: {row!r}"
            ) from None
        if not line or line.startswith("#"):
            continue
        name = line.partition("=")[0]
        if not name:
            raise UsageError(f"invalid env file ({path}): no variable name on line '{line}'")
        if any(blank in name for blank in BLANKS):
            raise UsageError(f"invalid env file ({path}): variable '{name}' contains whitespaces")
        yield line
