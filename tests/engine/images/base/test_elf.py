"""What binaries say they need: made ones in every form, damaged ones, and this machine's own."""

from __future__ import annotations

import io
import os
import re
import shutil
import struct
import subprocess

import pytest

from engine.images.base.elf import Elf, read_elf
from tests.engine.images.binaries import AARCH64, GLIBC, X86_64, elf


def read(data: bytes) -> Elf:
    found = read_elf(io.BytesIO(data))
    assert found is not None
    return found


@pytest.mark.parametrize(("wide", "order"), [(True, "<"), (False, "<"), (True, ">"), (False, ">")])
def test_needs_are_read_in_every_class_and_byte_order(wide: bool, order: str) -> None:
    found = read(
        elf("liba.so", "libb.so", interpreter="/lib/ld.so.1", runpath="$ORIGIN:/x", wide=wide, order=order)
    )
    assert (found.interpreter, found.needed) == ("/lib/ld.so.1", ("liba.so", "libb.so"))
    assert (found.rpath, found.runpath) == ((), ("$ORIGIN", "/x"))
    assert found.machine == (2 if wide else 1, 1 if order == "<" else 2, X86_64)


def test_a_shared_object_has_no_interpreter() -> None:
    found = read(elf("libc.so.6", rpath="/a::/b", machine=AARCH64))
    assert found.interpreter is None
    assert found.rpath == ("/a", "/b")
    assert found.machine[2] == AARCH64


def test_a_static_program_needs_nothing() -> None:
    data = bytearray(elf())
    struct.pack_into("<I", data, 64 + 2 * 56, 0)
    assert read(bytes(data)) == Elf((2, 1, X86_64), None, (), (), ())


def test_what_is_no_binary_or_a_damaged_one_needs_nothing() -> None:
    whole = elf("liba.so", interpreter=GLIBC)
    assert read_elf(io.BytesIO(b"#!/bin/sh\n")) is None
    assert read_elf(io.BytesIO(b"")) is None
    assert all(read_elf(io.BytesIO(whole[:length])) is None for length in range(len(whole) - 16))


@pytest.mark.parametrize(
    ("offset", "form", "value"),
    [
        (4, "B", 3),  # no such class
        (5, "B", 0),  # no such byte order
        (16, "<H", 1),  # an object file
        (32, "<Q", 2**63),  # the segments lie nowhere
        (56, "<H", 0xFFFF),  # more segments than the file has room for
        (64 + 2 * 56 + 8, "<Q", 2**40),  # the dynamic table lies behind the end
        (64 + 2 * 56 + 32, "<Q", 2**62),  # the dynamic table is larger than memory
        (64 + 16, "<Q", 2**50),  # nothing is loaded where the texts are said to be
    ],
)
def test_damage_is_seen(offset: int, form: str, value: int) -> None:
    data = bytearray(elf("liba.so", interpreter=GLIBC))
    struct.pack_into(form, data, offset, value)
    assert read_elf(io.BytesIO(bytes(data))) is None


@pytest.mark.parametrize("length", range(0, 240, 7))
def test_no_byte_of_a_header_brings_the_reader_down(length: int) -> None:
    whole = elf("liba.so", "libb.so", interpreter=GLIBC, runpath="$ORIGIN")
    for value in (0, 1, 0x7F, 0xFF):
        read_elf(io.BytesIO(whole[:length] + bytes([value]) * 8 + whole[length + 8 :]))


@pytest.mark.skipif(shutil.which("readelf") is None, reason="needs readelf")
@pytest.mark.parametrize("program", ["sh", "ls", "ps", "tar", "awk", "git", "perl", "python3", "bash"])
def test_this_machine_s_binaries_are_read_as_binutils_reads_them(program: str) -> None:
    path = shutil.which(program, path="/usr/bin:/bin")
    if path is None:
        pytest.skip(f"this machine has no {program}")
    with open(path, "rb") as file:
        found = read_elf(file)
    if found is None:
        assert not os.path.realpath(path).endswith(".so")
        with open(path, "rb") as file:
            assert file.read(4) != b"\x7fELF"
        return
    command = ["readelf", "-W", "-d", "-l", path]
    text = subprocess.run(command, capture_output=True, text=True, env={"LC_ALL": "C"}).stdout
    assert list(found.needed) == re.findall(r"\(NEEDED\).*\[(.*)\]", text)
    assert [found.interpreter] == re.findall(r"program interpreter: (.*)\]", text)
    assert ":".join(found.runpath) == "".join(re.findall(r"\(RUNPATH\).*\[(.*)\]", text))
