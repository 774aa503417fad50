"""Fabricated ELF files: as much of a binary as the dynamic loader reads."""

from __future__ import annotations

import struct

GLIBC = "/lib64/ld-linux-x86-64.so.2"
MUSL = "/lib/ld-musl-x86_64.so.1"
X86_64, AARCH64, I386 = 62, 183, 3


def elf(
    *needed: str,
    interpreter: str = "",
    rpath: str = "",
    runpath: str = "",
    machine: int = X86_64,
    wide: bool = True,
    order: str = "<",
) -> bytes:
    """Make the smallest file that asks the loader for something; its segments are loaded at 0x10000."""
    base, texts = 0x10000, b"\0"
    tags: list[tuple[int, int]] = []
    for tag, words in ((1, needed), (15, (rpath,)), (29, (runpath,))):
        for word in filter(None, words):
            tags.append((tag, len(texts)))
            texts += word.encode() + b"\0"
    head, row = (64, 56) if wide else (52, 32)
    strings = head + 3 * row
    entry = interpreter.encode() + b"\0"
    dynamic_at = strings + len(texts) + len(entry)
    form = order + ("qQ" if wide else "iI")
    dynamic = b"".join(struct.pack(form, *tag) for tag in [*tags, (5, base + strings), (0, 0)])
    size = dynamic_at + len(dynamic)

    def segment(kind: int, offset: int, length: int) -> bytes:
        if wide:
            return struct.pack(
                f"{order}IIQQQQQQ", kind, 5, offset, base + offset, base + offset, length, length, 8
            )
        return struct.pack(
            f"{order}IIIIIIII", kind, offset, base + offset, base + offset, length, length, 5, 4
        )

    ident = bytes([0x7F, *b"ELF", 2 if wide else 1, 1 if order == "<" else 2, 1, *[0] * 9])
    form = f"{order}HHI{'QQQ' if wide else 'III'}IHHHHHH"
    header = ident + struct.pack(form, 3, machine, 1, 0, head, 0, 0, head, row, 3, 0, 0, 0)
    segments = segment(1, 0, size)
    segments += segment(3 if interpreter else 0, strings + len(texts), len(entry))
    segments += segment(2, dynamic_at, len(dynamic))
    return header + segments + texts + entry + dynamic
