"""The kernel's numbers of its system calls, by architecture; read only where a filter is compiled.

The facts are Linux's own (arch/*/entry/syscalls/*.tbl and scripts/syscall.tbl, up to Linux 6.19), kept in
`syscalls.json` as runs: a first number, then the names that have it and the numbers after it.
"""

from __future__ import annotations

from collections.abc import Mapping

PATH = __file__.rpartition("/")[0] + "/syscalls.json"

_tables: dict[str, dict[str, int]] = {}


def numbers(architecture: str) -> Mapping[str, int]:
    """Map names to numbers for x86_64, i386, x32 (without its marking bit), aarch64 or arm.

    Raises KeyError for any other.
    """
    if not _tables:
        import json

        with open(PATH, encoding="ascii") as file:
            for name, runs in json.load(file).items():
                _tables[name] = dict(_spread(runs))
    return _tables[architecture]


def _spread(runs: list[str]) -> list[tuple[str, int]]:
    pairs: list[tuple[str, int]] = []
    for run in runs:
        first, *names = run.split()
        pairs += zip(names, range(int(first), int(first) + len(names)), strict=True)
    return pairs
