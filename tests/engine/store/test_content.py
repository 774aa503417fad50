from __future__ import annotations

from pathlib import Path

import pytest

from engine.errors import Corrupt, InvalidInput, NotFound
from engine.store.store import Store
from tests.engine.store.objects import add, blob_of, digest_of


def test_a_blob_is_found_sized_opened_and_read(store: Store) -> None:
    add(store, "a")
    digest = digest_of("a")
    assert store.content.has(digest)
    assert store.content.size(digest) == len(blob_of("a"))
    assert store.content.read(digest) == blob_of("a")
    with store.content.open(digest) as blob:
        assert blob.read() == blob_of("a")


def test_a_missing_blob_is_not_found(store: Store) -> None:
    digest = digest_of("none")
    assert not store.content.has(digest)
    for call in (store.content.size, store.content.read, store.content.open):
        with pytest.raises(NotFound, match=f"No such blob: {digest}"):
            call(digest)


@pytest.mark.parametrize(
    "digest", ["", "sha256:", "sha256:../../etc/passwd", "md5:" + "0" * 64, "sha256:" + "A" * 64, "0" * 64]
)
def test_only_a_digest_names_a_file(store: Store, digest: str) -> None:
    with pytest.raises(InvalidInput, match="invalid digest"):
        store.content.path(digest)


def test_damage_and_excess_are_noticed(store: Store) -> None:
    add(store, "a")
    digest = digest_of("a")
    with pytest.raises(Corrupt, match="longer than 10 bytes"):
        store.content.read(digest, limit=10)
    Path(store.content.path(digest)).write_bytes(b"changed")
    with pytest.raises(Corrupt, match="damaged"):
        store.content.read(digest)
