"""Reading a layer through whatever compression it has."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import zlib

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import Corrupt, HostileArchive
from engine.layers.compression import compression_of, decompressed

COMPRESS = {
    "gzip": gzip.compress,
    "bzip2": bz2.compress,
    "xz": lzma.compress,
    "zstd": zstandard.ZstdCompressor(write_checksum=True).compress,
}
CONTENT = os.urandom(300_000) + bytes(3_000_000)
KINDS = sorted(COMPRESS)


class Trickle(io.RawIOBase):
    """A stream that gives a few bytes at a time, as a network may."""

    def __init__(self, data: bytes, step: int) -> None:
        self._data, self._step = io.BytesIO(data), step

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        return self._data.read(min(self._step, size) if size >= 0 else self._step)


@pytest.mark.parametrize("kind", KINDS)
def test_content_survives(kind):
    packed = COMPRESS[kind](CONTENT)
    assert compression_of(packed[:6]) == kind
    assert decompressed(io.BytesIO(packed)).read() == CONTENT


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("step", [1, 7])
def test_content_survives_a_trickle(kind, step):
    content = CONTENT[299_000:310_000]
    assert decompressed(Trickle(COMPRESS[kind](content), step)).read() == content  # type: ignore[arg-type]


@pytest.mark.parametrize("content", [b"", b"a", b"plain text", b"\x1f\x8b", bytes(5000)])
def test_plain_is_read_as_it_is(content):
    assert compression_of(content[:6]) == "plain"
    assert decompressed(io.BytesIO(content)).read() == content


@pytest.mark.parametrize("kind", KINDS)
def test_members_follow_each_other(kind):
    packed = COMPRESS[kind](b"one") + COMPRESS[kind](b"") + COMPRESS[kind](b"two")
    assert decompressed(io.BytesIO(packed)).read() == b"onetwo"


def test_skippable_frames_of_zstd_are_skipped():
    skippable = b"\x50\x2a\x4d\x18" + (9).to_bytes(4, "little") + b"nine byte"
    packed = skippable + COMPRESS["zstd"](b"one") + skippable + COMPRESS["zstd"](b"two")
    assert compression_of(packed[:6]) == "zstd"
    assert decompressed(io.BytesIO(packed)).read() == b"onetwo"


@pytest.mark.parametrize("kind", ["gzip", "bzip2", "xz"])
def test_zeros_may_fill_up_the_end(kind):
    assert decompressed(io.BytesIO(COMPRESS[kind](b"one") + bytes(700))).read() == b"one"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("part", [0.0001, 0.5, 0.9])
def test_truncation_is_corrupt(kind, part):
    packed = COMPRESS[kind](CONTENT)
    with pytest.raises(Corrupt, match="cut short"):
        decompressed(io.BytesIO(packed[: 8 + int(part * len(packed))])).read()


@pytest.mark.parametrize("kind", KINDS)
def test_truncation_of_the_last_byte_is_corrupt(kind):
    with pytest.raises(Corrupt, match="cut short"):
        decompressed(io.BytesIO(COMPRESS[kind](CONTENT)[:-1])).read()


@pytest.mark.parametrize("kind", KINDS)
def test_truncation_of_a_second_member_is_corrupt(kind):
    packed = COMPRESS[kind](b"one") + COMPRESS[kind](CONTENT)
    with pytest.raises(Corrupt):
        decompressed(io.BytesIO(packed[:-100_000])).read()


@pytest.mark.parametrize("kind", KINDS)
def test_damage_is_corrupt(kind):
    packed = bytearray(COMPRESS[kind](CONTENT))
    packed[len(packed) // 2] ^= 0x55
    with pytest.raises(Corrupt, match="damaged"):
        decompressed(io.BytesIO(bytes(packed))).read()


@pytest.mark.parametrize("kind", KINDS)
def test_rubbish_after_the_end_is_corrupt(kind):
    with pytest.raises(Corrupt):
        decompressed(io.BytesIO(COMPRESS[kind](b"one") + b"rubbish and more")).read()


def test_zstd_window_beyond_the_cap_is_refused():
    packed = zstandard.ZstdCompressor(
        compression_params=zstandard.ZstdCompressionParameters(window_log=30, enable_ldm=True)
    ).compressobj()
    data = packed.compress(bytes(1000)) + packed.flush()
    with pytest.raises(HostileArchive, match="too much memory"):
        decompressed(io.BytesIO(data)).read()


def test_xz_dictionary_beyond_the_cap_is_refused():
    """The dictionary's size is written into the block's header, whose checksum is put right."""
    packed = bytearray(lzma.compress(b"x", filters=[{"id": lzma.FILTER_LZMA2, "dict_size": 1 << 20}]))
    begin, size = 12, (packed[12] + 1) * 4
    packed[packed.index(b"\x21\x01") + 2] = 38  # 2**31 bytes
    end = begin + size - 4
    packed[end : end + 4] = zlib.crc32(packed[begin:end]).to_bytes(4, "little")
    with pytest.raises(HostileArchive, match="too much memory"):
        decompressed(io.BytesIO(bytes(packed))).read()


@given(
    st.binary(max_size=200),
    st.sampled_from([b"", b"\x1f\x8b\x08", b"\x28\xb5\x2f\xfd", b"BZh9", b"\xfd7zXZ\0"]),
)
def test_noise_is_plain_or_corrupt(noise, magic):
    try:
        decompressed(io.BytesIO(magic + noise)).read()
    except Corrupt:
        pass
