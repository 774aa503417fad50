"""What a build prints, to the letter: docker's classic builder and ours on the same Dockerfiles.

Only ids, times and the digests of files may differ, and the first word of an error before anything is built.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

from engine.engine import Engine

HERE = Path(__file__).parents[2]
BASE = "busybox:latest"
TAG = "stackyard-test/output"
IDS = re.compile(r"\b[0-9a-f]{64}\b|\b[0-9a-f]{12}\b")
NOISE = (
    "DEPRECATED:",
    "Install the buildx",
    "docs.docker.com/go/buildx",
    "BuildKit is ",
    "environment-variable",
)
"""What newer clients say of the classic builder."""


@cache
def lack_of_docker() -> str:
    """Say why docker's classic builder cannot be asked; empty if it can."""
    try:
        done = subprocess.run(["docker", "image", "inspect", BASE], capture_output=True, timeout=30)
    except FileNotFoundError:
        return "docker is not installed"
    return "docker does not answer, or has no busybox" if done.returncode else ""


pytestmark = [
    pytest.mark.root,
    pytest.mark.peers,
    pytest.mark.skipif(bool(lack_of_docker()), reason=lack_of_docker() or "docker answers"),
]


class Said(NamedTuple):
    code: int
    out: str
    err: str


def levelled(output: bytes) -> str:
    """Number the ids in the order in which they come, and leave out what newer clients say of themselves."""
    seen: dict[str, str] = {}
    lines = output.decode(errors="surrogateescape").splitlines(keepends=True)
    text = "".join(line for line in lines if not any(words in line for words in NOISE))
    return IDS.sub(lambda match: seen.setdefault(match[0][:12], f"<{len(seen) + 1}>"), text)


def asked(command: list[str], words: tuple[str, ...], stdin: bytes = b"") -> Said:
    environment = {**os.environ, "DOCKER_BUILDKIT": "0", "PYTHONPATH": str(HERE)}
    done = subprocess.run(
        [*command, *words], input=stdin, capture_output=True, env=environment, timeout=120, cwd="/"
    )
    errors = levelled(done.stderr).strip("\n").replace("stackyard", "docker")
    return Said(done.returncode, levelled(done.stdout), errors.removeprefix("Error: "))


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A store with docker's own busybox."""
    folder = tmp_path_factory.mktemp("output")
    archive = folder / "busybox.tar"
    subprocess.run(["docker", "save", "-o", str(archive), BASE], check=True, timeout=60)
    engine = Engine(str(folder / "root"))
    with archive.open("rb") as stream:
        list(engine.images.load(stream))
    engine.close()
    yield str(folder / "root")
    names = TAG, f"{TAG}:v2", f"{TAG}-onbuild"
    subprocess.run(["docker", "rmi", "--force", *names], capture_output=True, timeout=60)


Both = Callable[..., tuple[Said, Said]]


@pytest.fixture
def both(root: str) -> Both:
    """Give the same words to docker and to us."""

    def ask(*words: str, stdin: bytes = b"") -> tuple[Said, Said]:
        ours = [sys.executable, "-m", "app.main", "--root", root]
        return asked(["docker"], words, stdin), asked(ours, words, stdin)

    return ask


SEED = """FROM  busybox
MAINTAINER bigbang "bingbang@xxx.com"
RUN mkdir /data/
RUN echo "hello" > /data/hello.log
EXPOSE 80
"""
KINDS = """FROM busybox
WORKDIR /a
VOLUME /v
USER 1
HEALTHCHECK CMD true
STOPSIGNAL 9
SHELL ["/bin/sh", "-c"]
LABEL a=b "c d"=e
ENV A=1 \\
    B=2
ONBUILD RUN x
CMD x
ENTRYPOINT ["a"]
ADD Dockerfile /a/
ARG Q
"""
BUILT = {
    "the seed": SEED,
    "every kind of instruction": KINDS,
    "what programs say": "FROM busybox\nRUN printf 'no newline'\nRUN echo out; sleep 0.1; echo err >&2\n",
    "continued lines": "FROM busybox\nRUN echo a \\\n  && echo b \\\n# a comment\n\n && echo c\n",
    "variables": "ARG X=busybox\nFROM $X\nARG Y=1\nRUN echo $Y\n",
    "stages": "FROM busybox AS a\nRUN echo x >/x\nFROM busybox\nCOPY --from=a /x /y\n",
    "scratch": "FROM scratch\nCOPY Dockerfile /x\nENV A=1\n",
    "only a base": "from busybox\n",
}


@pytest.fixture
def context(tmp_path: Path) -> Path:
    folder = tmp_path / "context"
    folder.mkdir()
    return folder


@pytest.mark.parametrize("text", BUILT.values(), ids=BUILT.keys())
def test_a_build_cold_and_cached(both: Both, context: Path, text: str) -> None:
    (context / "Dockerfile").write_text(text)
    words = ("-t", TAG, "-t", f"{TAG}:v2", str(context))
    for flags in (("--no-cache",), ()):
        theirs, ours = both("build", *flags, *words)
        assert theirs.code == 0
        assert ours == theirs
    history = "history", "--no-trunc", "--format", "{{.ID}} {{.CreatedBy}} {{.Size}} {{.Comment}}", TAG
    theirs, ours = both(*history)
    digests = re.compile(r"(file|multi|dir):\S+")
    assert digests.sub(r"\1:…", ours.out) == digests.sub(r"\1:…", theirs.out)


def test_images_that_triggers_build_on(both: Both, context: Path) -> None:
    base, file = f"{TAG}-onbuild", context / "Dockerfile"
    file.write_text("FROM busybox\nONBUILD RUN echo hi\nONBUILD ENV A=1\n")
    theirs, ours = both("build", "--no-cache", "-t", base, str(context))
    assert ours == theirs
    file.write_text(f"FROM {base}\nRUN true\n")
    for flags in (("--no-cache",), ()):
        theirs, ours = both("build", *flags, str(context))
        assert "# Executing 2 build triggers\n" in theirs.out
        assert ours == theirs


FLAGS = {
    "-f": ("-f", "{context}/other"),
    "an id alone": ("-q", "-t", TAG),
    "labels": ("--label", "z=1", "--label", "b=2"),
    "an argument nobody declared": ("--build-arg", "NOBODY=1"),
    "a target": ("--target", "first"),
    "intermediate containers": ("--rm", "--force-rm"),
}


@pytest.mark.parametrize("flags", FLAGS.values(), ids=FLAGS.keys())
def test_flags(both: Both, context: Path, flags: tuple[str, ...]) -> None:
    for name in ("Dockerfile", "other"):
        (context / name).write_text(f"FROM busybox AS first\nRUN echo {name}\nFROM first\nENV A=1\n")
    theirs, ours = both(
        "build", "--no-cache", *(flag.format(context=context) for flag in flags), str(context)
    )
    assert theirs.code == 0
    assert ours == theirs


@pytest.mark.parametrize("words", [("-",), ("-f", "-", "{context}")])
def test_a_dockerfile_on_standard_input(both: Both, context: Path, words: tuple[str, ...]) -> None:
    (context / "a").write_text("a")
    asked_for = [word.format(context=context) for word in words]
    theirs, ours = both("build", "--no-cache", *asked_for, stdin=b"FROM busybox\nRUN echo from stdin\n")
    assert theirs.code == 0
    # How long the tar is that carries a lone Dockerfile is docker's own affair.
    assert ours.out.partition("\n")[2] == theirs.out.partition("\n")[2]


FAILED = {
    "a program": "FROM busybox\nRUN echo last words; exit 3\nRUN true\n",
    "a program in exec form": 'FROM busybox\nRUN ["sh", "-c", "exit 4"]\n',
    "a file that is not there": "FROM busybox\nCOPY nope /x\n",
    "a later stage": "FROM busybox\nRUN true\nFROM busybox\nCOPY --from=0 /bin/sh /s\nRUN cat /etc/nope\n",
    "nothing but scratch": "FROM scratch\n",
}


@pytest.mark.parametrize("flags", [(), ("-q",), ("--force-rm",)], ids=["", "quiet", "force-rm"])
@pytest.mark.parametrize("text", FAILED.values(), ids=FAILED.keys())
def test_a_build_that_fails(both: Both, context: Path, text: str, flags: tuple[str, ...]) -> None:
    (context / "Dockerfile").write_text(text)
    theirs, ours = both("build", "--no-cache", *flags, str(context))
    assert theirs.code != 0
    assert ours == theirs


WRONG = {
    "an unknown flag": ("--nope", "."),
    "a name": ("-t", "a:b:c", "."),
    "an argument": ("--build-arg", "=x", "."),
    "a label": ("--label", "=x", "."),
    "another label": ("--label", "a b=x", "."),
    "a host": ("--add-host", "x", "."),
    "a host's address": ("--add-host", "a:b", "."),
    "a size": ("--shm-size", "x", "."),
    "a limit": ("--ulimit", "nope=1", "."),
    "no value": ("-t",),
    "both from standard input": ("-f", "-", "-"),
}


@pytest.mark.parametrize("words", WRONG.values(), ids=WRONG.keys())
def test_what_cannot_be_asked_for(both: Both, words: tuple[str, ...]) -> None:
    theirs, ours = both("build", *words)
    assert theirs.code != 0
    # What stands below the sentence differs between docker's own versions.
    assert (ours.code, ours.out, ours.err.split("\n")[0]) == (theirs.code, "", theirs.err.split("\n")[0])


def test_a_context_that_is_not_there(both: Both, context: Path) -> None:
    for words in ((str(context),), ("-f", str(context / "nope"), str(context))):
        theirs, ours = both("build", *words)
        assert (ours.code, ours.out, ours.err.split("\n")[0]) == theirs
