"""What an image's history says of each step: the texts are docker's own, of its classic builder."""

from __future__ import annotations

import pytest

from engine.build.canonical import created_by, files_by, run_by, workdir_by
from engine.dockerfile.program import instruction
from engine.images import changes

TEXTS = {
    'CMD ["sh", "-c", "a \\"b\\""]': '/bin/sh -c #(nop)  CMD ["sh" "-c" "a \\"b\\""]',
    "CMD echo hi": '/bin/sh -c #(nop)  CMD ["/bin/sh" "-c" "echo hi"]',
    'ENTRYPOINT ["/x"]': '/bin/sh -c #(nop)  ENTRYPOINT ["/x"]',
    "ENV A=1 B=2": "/bin/sh -c #(nop)  ENV A=1 B=2",
    "LABEL a=b": "/bin/sh -c #(nop)  LABEL a=b",
    "EXPOSE 80 53/udp": "/bin/sh -c #(nop)  EXPOSE 53/udp 80",
    "VOLUME /a /b": "/bin/sh -c #(nop)  VOLUME [/a /b]",
    "USER me": "/bin/sh -c #(nop)  USER me",
    "STOPSIGNAL TERM": "/bin/sh -c #(nop)  STOPSIGNAL TERM",
    "ONBUILD RUN x": "/bin/sh -c #(nop)  ONBUILD RUN x",
    "ARG A=1": "/bin/sh -c #(nop)  ARG A=1",
    "ARG A": "/bin/sh -c #(nop)  ARG A",
    "MAINTAINER me <m@x>": "/bin/sh -c #(nop)  MAINTAINER me <m@x>",
    'SHELL ["/bin/bash", "-c"]': "/bin/bash -c #(nop)  SHELL [/bin/bash -c]",
    "HEALTHCHECK --interval=90s --timeout=20ms --retries=3 CMD x":
        '/bin/sh -c #(nop)  HEALTHCHECK &{["CMD-SHELL" "x"] "1m30s" "20ms" "0s" \'\\x03\'}',
    "HEALTHCHECK NONE": '/bin/sh -c #(nop)  HEALTHCHECK &{["NONE"] "0s" "0s" "0s" \'\\x00\'}',
}  # fmt: skip


@pytest.mark.parametrize("text", TEXTS)
def test_a_step_that_changes_the_config_alone(text: str) -> None:
    found, execution = instruction(text), {}
    if not text.startswith(("ARG", "MAINTAINER")):
        changes.apply(found, execution, cmd_given=False)
    assert created_by(found, execution) == TEXTS[text]


def test_a_program_is_told_with_the_arguments_that_it_sees() -> None:
    words = ("/bin/sh", "-c", "make")
    assert run_by(words, {}) == "/bin/sh -c make"
    assert run_by(words, {"B": "2", "A": "1 1"}) == "|2 A=1 1 B=2 /bin/sh -c make"


def test_files_are_told_by_their_digest_and_their_target() -> None:
    execution = {"Shell": ["/bin/bash", "-e"]}
    assert files_by("COPY", "file:12", "/x", {}) == "/bin/sh -c #(nop) COPY file:12 in /x "
    assert workdir_by("/a", execution) == "/bin/bash -e #(nop) WORKDIR /a"
