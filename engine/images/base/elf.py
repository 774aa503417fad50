"""What an ELF file says it needs: its loader, its libraries, and where they are (System V ABI, chapter 5)."""

from __future__ import annotations

import os
import struct
from typing import BinaryIO, NamedTuple

_PT_LOAD, _PT_DYNAMIC, _PT_INTERP = 1, 2, 3
_DT_NEEDED, _DT_STRTAB, _DT_RPATH, _DT_RUNPATH = 1, 5, 15, 29
_LONGEST = 4096
_LARGEST_TABLE = 1 << 20


class Elf(NamedTuple):
    """The dynamic needs of one binary."""

    machine: tuple[int, int, int]
    """Class, byte order and e_machine; only binaries alike in all three load each other."""
    interpreter: str | None
    needed: tuple[str, ...]
    rpath: tuple[str, ...]
    runpath: tuple[str, ...]


def read_elf(file: BinaryIO) -> Elf | None:
    """Read the needs of an executable or a shared object; None when the file is neither or is damaged."""
    try:
        return _Reader(file).read()
    except (struct.error, ValueError, OverflowError, OSError):
        return None


class _Reader:
    def __init__(self, file: BinaryIO) -> None:
        self.file = file
        self.loads: list[tuple[int, int, int]] = []

    def read(self) -> Elf | None:
        ident = self._at(0, 16)
        if ident[:4] != b"\x7fELF" or ident[4] not in (1, 2) or ident[5] not in (1, 2):
            return None
        self.wide = ident[4] == 2
        self.order = "<" if ident[5] == 1 else ">"
        kind, machine = self._unpack("HH", 16)
        if kind not in (2, 3):
            return None
        interpreter, dynamic = None, b""
        for type_, offset, address, size in self._segments():
            if type_ == _PT_LOAD:
                self.loads.append((address, offset, size))
            elif type_ == _PT_INTERP:
                interpreter = os.fsdecode(self._at(offset, min(size, _LONGEST)).rstrip(b"\0"))
            elif type_ == _PT_DYNAMIC:
                dynamic = self._at(offset, min(size, _LARGEST_TABLE))
        return self._dynamic(dynamic, (ident[4], ident[5], machine), interpreter)

    def _segments(self) -> list[tuple[int, int, int, int]]:
        if self.wide:
            (table,), (step, count) = self._unpack("Q", 32), self._unpack("HH", 54)
            rows = [self._unpack("IIQQQQ", table + index * step) for index in range(count)]
            return [(type_, offset, address, size) for type_, _, offset, address, _, size in rows]
        (table,), (step, count) = self._unpack("I", 28), self._unpack("HH", 42)
        rows = [self._unpack("IIIII", table + index * step) for index in range(count)]
        return [(type_, offset, address, size) for type_, offset, address, _, size in rows]

    def _dynamic(self, table: bytes, machine: tuple[int, int, int], interpreter: str | None) -> Elf:
        form = struct.Struct(self.order + ("qQ" if self.wide else "iI"))
        rows = list(form.iter_unpack(table[: len(table) - len(table) % form.size]))
        strings = next((self._offset(value) for tag, value in rows if tag == _DT_STRTAB), 0)

        def texts(wanted: int) -> list[str]:
            return [self._string(strings + value) for tag, value in rows if tag == wanted]

        def folders(wanted: int) -> tuple[str, ...]:
            return tuple(folder for text in texts(wanted) for folder in text.split(":") if folder)

        return Elf(machine, interpreter, tuple(texts(_DT_NEEDED)), folders(_DT_RPATH), folders(_DT_RUNPATH))

    def _offset(self, address: int) -> int:
        for start, offset, size in self.loads:
            if start <= address < start + size:
                return address - start + offset
        raise ValueError("address outside every segment")

    def _string(self, offset: int) -> str:
        self.file.seek(offset)
        text, end, _ = self.file.read(_LONGEST).partition(b"\0")
        if not end:
            raise ValueError("string without an end")
        return os.fsdecode(text)

    def _unpack(self, form: str, offset: int) -> tuple[int, ...]:
        return struct.unpack(self.order + form, self._at(offset, struct.calcsize(self.order + form)))

    def _at(self, offset: int, size: int) -> bytes:
        self.file.seek(offset)
        data = self.file.read(size)
        if len(data) != size:
            raise ValueError("file ends early")
        return data
