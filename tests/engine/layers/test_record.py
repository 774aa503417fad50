"""Headers: written fast, they are the ones that are written slowly."""

from __future__ import annotations

import io
import tarfile

from hypothesis import given
from hypothesis import strategies as st

from engine.layers.header import FILE, Entry
from engine.layers.record import FileHeaders, header

NAMES = st.binary(min_size=1, max_size=300).map(lambda name: name.replace(b"\0", b"/").strip(b"/") or b"x")
IDS = st.one_of(st.integers(0, 8**7 + 5), st.just(2**32 - 2))


@given(name=NAMES, mode=st.integers(0, 0o7777), uid=IDS, gid=IDS, size=st.integers(0, 8**11 + 5),
       seconds=st.integers(-(2**33), 8**11 + 5))  # fmt: skip
def test_many_headers_of_one_kind_are_what_single_ones_are(
    name: bytes, mode: int, uid: int, gid: int, size: int, seconds: int
) -> None:
    single = header(Entry(name, FILE, b"", mode, uid, gid, seconds * 10**9, size, size, (0, 0), {}, None))
    assert FileHeaders(mode, uid, gid).header(name, size, seconds) == single


@given(name=NAMES, link=NAMES, mtime=st.integers(0, 2**62), value=st.binary(max_size=40))
def test_the_sum_of_every_block_is_right(name: bytes, link: bytes, mtime: int, value: bytes) -> None:
    """Python's own reader adds the bytes up one by one, and refuses a header whose sum is wrong."""
    entry = Entry(name, b"2", link, 0o777, 0, 0, mtime, 0, 0, (0, 0), {"user.x": value}, None)
    data = io.BytesIO(header(entry) + bytes(1024))
    with tarfile.open(fileobj=data, encoding="utf-8", errors="surrogateescape") as archive:
        (found,) = archive.getmembers()
    assert found.name.encode("utf-8", "surrogateescape").rstrip(b"/") == name.rstrip(b"/")


def test_high_bytes_do_not_make_the_sum_wrap() -> None:
    entry = Entry(b"\xff" * 100, b"2", b"\xff" * 100, 0o777, 0, 0, 0, 0, 0, (0, 0), {}, None)
    block = header(entry)
    assert int(block[148:154], 8) == sum(block[:148]) + sum(block[156:]) + 8 * 32
