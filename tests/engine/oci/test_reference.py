from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import InvalidInput, InvalidReference
from engine.oci.reference import Reference, parse_any

DIGEST = "sha256:" + "ab" * 32


@pytest.mark.parametrize(
    ("typed", "canonical", "familiar"),
    [
        ("busy", "docker.io/library/busy:latest", "busy:latest"),
        ("busy:1", "docker.io/library/busy:1", "busy:1"),
        ("me/app", "docker.io/me/app:latest", "me/app:latest"),
        ("localhost/app", "localhost/app:latest", "localhost/app:latest"),
        ("index.docker.io/busy", "docker.io/library/busy:latest", "busy:latest"),
        ("r.example:5000/a/b:Tag", "r.example:5000/a/b:Tag", "r.example:5000/a/b:Tag"),
        (f"busy@{DIGEST}", f"docker.io/library/busy@{DIGEST}", f"busy@{DIGEST}"),
        ("docker.io/library/a/b", "docker.io/library/a/b:latest", "library/a/b:latest"),
    ],
)
def test_short_forms_have_one_long_form(typed: str, canonical: str, familiar: str) -> None:
    reference = Reference.parse(typed).tagged

    assert reference.canonical == canonical
    assert reference.familiar == familiar


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("Foo", "invalid reference format: repository name (library/Foo) must be lowercase"),
        ("docker.io/me/Foo:1", "invalid reference format: repository name (me/Foo) must be lowercase"),
        ("a b", "invalid reference format"),
        ("x:y:z", "invalid reference format"),
        ("", "invalid reference format"),
        (":tag", "invalid reference format"),
        ("ab" * 32, f"invalid repository name ({'ab' * 32}), cannot specify 64-byte hexadecimal strings"),
    ],
)
def test_what_is_no_reference_is_refused_in_docker_s_words(typed: str, sentence: str) -> None:
    with pytest.raises(InvalidReference) as caught:
        Reference.parse(typed)

    assert caught.value.brief == sentence


def test_a_digest_wins_over_a_tag_when_something_is_fetched() -> None:
    assert Reference.parse(f"busy:1@{DIGEST}").resolved.familiar == f"busy@{DIGEST}"


def test_a_full_id_is_no_reference_but_names_an_image() -> None:
    assert parse_any("ab" * 32) == DIGEST
    assert parse_any(DIGEST) == DIGEST


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [("bus*", True), ("busy:1", True), ("busy:*", True), ("*", True), ("*/busy", False), ("b[a-u]sy", True)],
)
def test_patterns_fit_the_familiar_name_with_or_without_its_tag(pattern: str, expected: bool) -> None:
    assert Reference.parse("busy:1").matches(pattern) is expected


@pytest.mark.parametrize("pattern", ["[", "[a", "[]a]", "a[-x]", "\\", "[a-"])
def test_a_broken_pattern_is_refused(pattern: str) -> None:
    with pytest.raises(InvalidInput, match="syntax error in pattern"):
        Reference.parse("busy").matches(pattern)


@given(st.text(max_size=60))
def test_any_text_is_parsed_or_refused(text: str) -> None:
    try:
        reference = Reference.parse(text)
    except InvalidReference:
        return
    assert Reference.parse(reference.canonical) == reference
    assert Reference.parse(reference.familiar) == reference


_segment = st.from_regex(r"[a-z0-9]{1,5}([._-][a-z0-9]{1,5})?", fullmatch=True)


@given(
    st.sampled_from(["", "docker.io/", "localhost/", "r.example:5000/", "[::1]:80/"]),
    st.lists(_segment, min_size=1, max_size=3),
    st.none() | st.from_regex(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,20}", fullmatch=True),
)
def test_a_reference_survives_both_of_its_forms(domain: str, segments: list[str], tag: str | None) -> None:
    reference = Reference.parse(domain + "/".join(segments) + (f":{tag}" if tag else ""))

    assert reference.tag == tag
    assert Reference.parse(reference.canonical) == reference
    assert Reference.parse(reference.familiar) == reference
