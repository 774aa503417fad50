"""Compiled programs, kept: a start reads a file instead of compiling for some milliseconds."""

from __future__ import annotations

import marshal
import os
import zlib
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from engine.kernel import syscalls
from engine.kernel.libc import ARCHITECTURE

_HERE = __file__.rpartition("/")[0]
_SOURCES = (f"{_HERE}/compiler.py", f"{_HERE}/assembler.py", syscalls.PATH)


def cached_default(capabilities: Collection[str], directory: str) -> bytes:
    """Give the program of the default profile for these capabilities, without even reading the profile.

    The file repeats what the program depends on; see `cached`.
    """
    sources = (*_SOURCES, f"{_HERE}/profile.py", f"{_HERE}/profile.json")
    facts = (ARCHITECTURE, os.uname().release, _stamps(sources), sorted(capabilities))
    body = marshal.dumps(facts, 2)
    key = b"default %d\n" % len(body) + body
    path = f"{directory}/{zlib.crc32(key):08x}-default.bpf"
    program = _kept(path, key)
    if program is None:
        from engine.runtime.seccomp.profile import default

        program = cached(default(capabilities), directory)
        _keep(path, key + program)
    return program


def cached(document: Mapping[str, Any], directory: str) -> bytes:
    """Give the program of an OCI document, compiling it once for each `directory`, which must be ours alone.

    The file repeats the whole document, so that no other can be taken for it; a file that cannot be written
    is done without. Raises what `compiler.compile` raises.
    """
    key = _key(document)
    path = f"{directory}/{zlib.crc32(key):08x}{len(key):x}.bpf"
    program = _kept(path, key)
    if program is None:
        from engine.runtime.seccomp.compiler import compile

        program = compile(document)
        _keep(path, key + program)
    return program


def _key(document: Mapping[str, Any]) -> bytes:
    """Name the document and everything the compiler's answer depends on, ending in its own length."""
    # Version 2 of the format has no back references: equal documents give equal bytes.
    body = marshal.dumps((ARCHITECTURE, _stamps(_SOURCES), dict(document)), 2)
    return b"%d\n" % len(body) + body


def _stamps(sources: Sequence[str]) -> list[int]:
    return [os.stat(path).st_mtime_ns for path in sources]


def _kept(path: str, key: bytes) -> bytes | None:
    try:
        with open(path, "rb") as file:
            kept = file.read()
    except OSError:
        return None
    whole = kept.startswith(key) and (len(kept) - len(key)) % 8 == 0 and len(kept) > len(key)
    return kept[len(key):] if whole else None


def _keep(path: str, content: bytes) -> None:
    temporary = f"{path}.{os.getpid()}"
    try:
        os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
        with open(temporary, "wb") as file:
            file.write(content)
        os.replace(temporary, path)
    except OSError:
        pass
