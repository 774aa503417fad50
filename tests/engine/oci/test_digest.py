from __future__ import annotations

import pytest

from engine.errors import Corrupt, InvalidInput
from engine.oci import digest

EMPTY = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def test_bytes_have_one_name() -> None:
    assert digest.of(b"") == EMPTY
    assert digest.verify(b"", EMPTY) == b""
    assert digest.encoded(EMPTY) == EMPTY[7:]


def test_other_bytes_are_refused_with_both_names() -> None:
    with pytest.raises(Corrupt, match=f"does not match its digest: its bytes are {digest.of(b'x')}"):
        digest.verify(b"x", EMPTY)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "sha256:",
        EMPTY[:-1],
        EMPTY.upper(),
        EMPTY + "\n",
        "sha256:" + "../" * 21 + "x",
        "sha512:" + "a" * 128,
        7,
        None,
    ],
)
def test_what_could_not_be_a_file_s_name_is_no_digest(text: object) -> None:
    assert not digest.is_digest(text)
    with pytest.raises(InvalidInput):
        digest.parse(text)
