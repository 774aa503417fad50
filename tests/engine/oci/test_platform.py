from __future__ import annotations

import pytest

from engine.errors import InvalidInput
from engine.oci.platform import Platform


@pytest.mark.parametrize(
    ("text", "platform"),
    [
        ("linux/amd64", Platform("linux", "amd64")),
        ("linux/arm/v6", Platform("linux", "arm", "v6")),
        ("LINUX/x86_64", Platform("linux", "amd64")),
        ("aarch64", Platform("linux", "arm64")),
        ("windows/amd64", Platform("windows", "amd64")),
    ],
)
def test_platforms_are_read_with_docker_s_aliases(text: str, platform: Platform) -> None:
    assert Platform.parse(text) == platform


@pytest.mark.parametrize("text", ["", "/", "linux/", "a/b/c/d", "linux/am d64"])
def test_nonsense_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput):
        Platform.parse(text)


def test_an_unsaid_variant_is_the_usual_one() -> None:
    assert Platform("linux", "arm64").accepts(Platform("linux", "arm64", "v8"))
    assert not Platform("linux", "arm", "v6").accepts(Platform("linux", "arm", "v7"))
    assert not Platform("linux", "amd64").accepts(Platform("windows", "amd64"))


def test_this_machine_runs_its_own_images() -> None:
    assert Platform.host().accepts(Platform.parse(str(Platform.host())))
