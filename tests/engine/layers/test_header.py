"""Reading headers: what tarfile and GNU tar write, and what nobody should."""

from __future__ import annotations

import io
import os
import subprocess
import tarfile

import pytest

from engine.errors import Corrupt, HostileArchive
from engine.layers import pax
from engine.layers.header import DIRECTORY, FILE, SYMLINK, Archive, Entry
from engine.layers.source import Source

FORMATS = [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT]


def read(data: bytes | io.BytesIO) -> list[tuple[Entry, bytes]]:
    archive = Archive(Source(io.BytesIO(data) if isinstance(data, bytes) else data))
    return [(entry, b"".join(bytes(piece) for piece in archive.data())) for entry in archive]


@pytest.mark.parametrize("format", FORMATS)
def test_plain_fields(archives, format):
    member = archives.file("dir/name", b"hello", mode=0o4755, uid=1000, gid=2000, mtime=1234)
    [(entry, data)] = read(archives.tar(member, format=format))
    assert entry == Entry(b"dir/name", FILE, b"", 0o4755, 1000, 2000, 1234 * 10**9, 5, 5, (0, 0), {}, None)
    assert data == b"hello"


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("size", [99, 100, 101, 150])
def test_name_that_fills_its_field(archives, format, size):
    name = "d" * 60 + "/" + "n" * (size - 61)
    [(entry, _)] = read(archives.tar(archives.file(name), format=format))
    assert entry.name == name.encode()


@pytest.mark.parametrize("format", [tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_long_names_and_links(archives, format):
    link = archives.symlink("n" * 300, "t" * 400)
    [(entry, _), (after, _)] = read(archives.tar(link, archives.file("after"), format=format))
    assert (entry.name, entry.link, entry.kind) == (b"n" * 300, b"t" * 400, SYMLINK)
    assert after.name == b"after"


def test_numbers_in_base_256(archives):
    member = archives.file("x", uid=2**31, gid=2**30, mtime=-5)
    [(entry, _)] = read(archives.tar(member, format=tarfile.GNU_FORMAT))
    assert (entry.uid, entry.gid, entry.mtime) == (2**31, 2**30, -5 * 10**9)


def test_large_numbers_in_pax(archives):
    [(entry, _)] = read(archives.tar(archives.file("x", uid=2**31, gid=2**30, mtime=1.25)))
    assert (entry.uid, entry.gid, entry.mtime) == (2**31, 2**30, 1_250_000_000)


def test_global_header_holds_until_it_is_taken_back(archives):
    out = io.BytesIO()
    with tarfile.open(
        fileobj=out, mode="w", pax_headers={"mtime": "77", "SCHILY.xattr.user.all": "1"}
    ) as tar:
        tar.addfile(archives.file("one")[0])
        own, _ = archives.file("two")
        own.pax_headers = {"mtime": "5"}
        tar.addfile(own)
    (one, _), (two, _) = read(out.getvalue())
    assert (one.mtime, two.mtime) == (77 * 10**9, 5 * 10**9)
    assert two.xattrs == {"user.all": b"1"}


def test_attributes_of_star_and_of_libarchive(archives):
    headers = {
        "SCHILY.xattr.user.plain": "a=b\n",
        "LIBARCHIVE.xattr.user.odd%3Dname": "aGVsbG8",
        "SCHILY.xattr.user.none": "",
    }
    [(entry, _)] = read(archives.tar(archives.file("x", pax_headers=headers)))
    assert entry.xattrs == {"user.plain": b"a=b\n", "user.odd=name": b"hello", "user.none": b""}


def test_directory_of_the_old_kind_ends_in_a_slash():
    info = tarfile.TarInfo("old/")
    info.type = tarfile.AREGTYPE
    [(entry, _)] = read(info.tobuf(tarfile.GNU_FORMAT) + bytes(1024))
    assert entry.kind == DIRECTORY


def test_header_summed_with_signed_bytes():
    info = tarfile.TarInfo("caf\udce9")
    block = bytearray(info.tobuf(tarfile.GNU_FORMAT, errors="surrogateescape"))
    total = 256 + sum(block[:148]) + sum(block[156:])
    block[148:156] = b"%06o\0 " % (total - 256)
    [(entry, _)] = read(bytes(block) + bytes(1024))
    assert entry.name == b"caf\xe9"


def test_links_have_no_data_whatever_they_say(archives):
    link = archives.hard_link("l", "x", size=4000)
    info, _ = link
    data = info.tobuf(tarfile.USTAR_FORMAT) + archives.tar(archives.file("next")).getvalue()
    assert [entry.name for entry, _ in read(data)] == [b"l", b"next"]


@pytest.mark.parametrize("kind", ["gnu", "oldgnu", "pax", "pax-0.0", "pax-0.1", "pax-1.0"])
@pytest.mark.parametrize("parts", [1, 3, 40])
def test_sparse_files_of_gnu_tar(tmp_path, unpack, root, kind, parts):
    path = tmp_path / "holes"
    with open(path, "wb") as file:
        for number in range(parts):
            file.seek((1 + number) * 1_000_000)
            file.write(b"data%d" % number)
        file.truncate((parts + 2) * 1_000_000)
    format, _, version = kind.partition("-")
    options = [f"--format={format}", "--sparse", *([f"--sparse-version={version}"] if version else [])]
    words = ["tar", *options, "-cf", "-", "-C", tmp_path, "holes"]
    out = subprocess.run(words, check=True, capture_output=True).stdout
    assert len(out) < 1_000_000
    [(entry, _)] = read(out)
    assert (entry.name, entry.size) == (b"holes", path.stat().st_size)
    unpack(io.BytesIO(out))
    assert (root / "holes").read_bytes() == path.read_bytes()
    assert (root / "holes").stat().st_blocks * 512 < path.stat().st_size


@pytest.mark.parametrize(
    "headers",
    [
        {"GNU.sparse.map": "0,10", "GNU.sparse.size": "10"},
        {"GNU.sparse.map": "0,5,3,0", "GNU.sparse.size": "10"},
        {"GNU.sparse.map": "0,5", "GNU.sparse.size": "3"},
        {"GNU.sparse.map": "0,5,9", "GNU.sparse.size": "10"},
        {"GNU.sparse.map": "0,-5", "GNU.sparse.size": "10"},
        {"GNU.sparse.map": "0,5", "GNU.sparse.size": ""},
        {"GNU.sparse.major": "1", "GNU.sparse.minor": "0", "GNU.sparse.realsize": "10"},
        {"GNU.sparse.major": "2", "GNU.sparse.minor": "0", "GNU.sparse.realsize": "10"},
    ],
)
def test_sparse_map_that_does_not_fit_is_corrupt(archives, headers):
    with pytest.raises(Corrupt, match=r"sparse|size"):
        read(archives.tar(archives.file("x", b"12345", pax_headers=headers)))


@pytest.mark.parametrize("field", ["size", "mode", "uid"])
@pytest.mark.parametrize("text", [b"-0000001\0", b"0o000017\0", b"1_000000\0", b"9999999\0", b"zz\0"])
def test_number_that_is_none_is_corrupt(field, text):
    place = {"mode": (100, 8), "uid": (108, 8), "size": (124, 12)}[field]
    block = bytearray(tarfile.TarInfo("x").tobuf(tarfile.USTAR_FORMAT))
    block[place[0] : sum(place)] = text[: place[1]].ljust(place[1], b"\0")
    block[148:156] = b"%06o\0 " % (256 + sum(block[:148]) + sum(block[156:]))
    with pytest.raises(Corrupt, match="is no number"):
        read(bytes(block) + bytes(1024))


def test_negative_size_is_corrupt():
    info = tarfile.TarInfo("x")
    block = bytearray(info.tobuf(tarfile.USTAR_FORMAT))
    block[124:136] = b"\xff" * 12
    block[148:156] = b"%06o\0 " % (256 + sum(block[:148]) + sum(block[156:]))
    with pytest.raises(Corrupt, match="negative"):
        read(bytes(block) + bytes(1024))


def test_unknown_kind_is_corrupt(archives):
    with pytest.raises(Corrupt, match="unknown kind"):
        read(archives.tar(archives.member("x", b"Q")))


def test_archive_that_goes_on_after_one_empty_block_is_corrupt(archives):
    with pytest.raises(Corrupt, match="goes on"):
        read(bytes(512) + archives.tar(archives.file("x")).getvalue())


def test_one_empty_block_is_end_enough(archives):
    data = archives.tar(archives.file("x"), format=tarfile.USTAR_FORMAT).getvalue()[:1024]
    assert [entry.name for entry, _ in read(data)] == [b"x"]


@pytest.mark.parametrize("data", [b"5 a=b", b"99 a=b\n", b"6 ab\n\n", b"x a=b\n", b"0 a=b\n", b"3 =\n"])
def test_record_that_does_not_keep_to_its_length_is_corrupt(data):
    with pytest.raises(Corrupt):
        pax.records(data)


@pytest.mark.parametrize("text", [b"1.5", b"+1.5", b"1.5000000009"])
def test_time_with_a_fraction(text):
    assert pax.nanoseconds(text) == 1_500_000_000


@pytest.mark.parametrize("text", [b"", b"x", b"1e5", b"1.2.3", b"--1", b"1_0"])
def test_time_that_is_none_is_corrupt(text):
    with pytest.raises(Corrupt):
        pax.nanoseconds(text)


def test_time_beyond_all_time_is_the_end_of_time(archives, unpack, root):
    unpack(archives.tar(archives.file("x", pax_headers={"mtime": "9" * 30})))
    assert os.stat(root / "x").st_mtime > 2**31


def test_map_of_many_parts_is_bounded(archives):
    many = ",".join(["0,0"] * 400_000)
    with pytest.raises(HostileArchive):
        read(archives.tar(archives.file("x", pax_headers={"GNU.sparse.map": many, "GNU.sparse.size": "1"})))
