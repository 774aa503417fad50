"""`build`, `builder prune` and `commit`: what they ask the engine for, and what they say and exit with."""

from __future__ import annotations

import json
import shlex
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from engine.build.events import (
    ContextRead,
    Event,
    Failed,
    Finished,
    Planned,
    PlannedStep,
    StepFinished,
    StepStarted,
    Tagged,
)
from engine.build.inventory import Entry
from engine.build.request import Agent, Destination, Request, Secret
from engine.errors import Cancelled, InvalidInput, NotFound, StepFailed
from tests.app.cli.conftest import Outcome, Yard

Run = Callable[..., Outcome]
IMAGE = f"sha256:{7:064x}"


HOUR = 3600
STEP = Entry(f"sha256:{10:064x}", "regular", "/bin/sh -c make\t all", 5_200_000, 0, time.time() - HOUR)
MOUNT = Entry(
    "0123456789abcdef", "exec.cachemount", "mount /root/.cache", 0, 0, time.time() - 3 * HOUR, in_use=True
)


class Builds:
    """Builds nothing: tells what it was given to tell, and remembers the request."""

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.pruned: list[tuple[object, ...]] = []
        self.shells: list[str] = []
        self.told: list[Event] = []
        self.raises: BaseException | None = None

    def build(self, request: Request, report: Callable[[Event], None]) -> SimpleNamespace:
        self.requests.append(request)
        for event in self.told:
            report(event)
        if self.raises:
            raise self.raises
        return SimpleNamespace(image=IMAGE, build="b" * 64)

    def dockerfile(self, build: str) -> bytes:
        return b"FROM busy\n"

    def shell(
        self, image: str, environment: Sequence[str], size: tuple[int, int]
    ) -> AbstractContextManager[str]:
        self.shells.append(image)
        return nullcontext("a session")

    def prune(self, *words: object) -> SimpleNamespace:
        self.pruned.append(words)
        return SimpleNamespace(entries=[STEP, MOUNT], reclaimed=5_200_000)


GOOD: list[Event] = [
    ContextRead(2048),
    Planned("b" * 64, "Dockerfile", (PlannedStep(1, "0", "FROM busy", 1, 1),), ".", 2048, (), 1.0),
    StepStarted(1, "FROM busy", 1.0),
    StepFinished(1, IMAGE, 0, 1.0),
    Finished(IMAGE, 2.0),
    Tagged("busy:latest"),
]


@pytest.fixture
def builds(yard: Yard) -> Builds:
    yard.builds = Builds()
    yard.builds.told = GOOD
    return yard.builds


@pytest.fixture(autouse=True)
def _plain(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("BUILDKIT_PROGRESS", raising=False)


def test_a_build_is_told_as_docker_tells_it(stackyard: Run, builds: Builds) -> None:
    assert stackyard("build", "-t", "busy", ".") == (
        0,
        "Sending build context to Docker daemon  2.048kB\r\r\n"
        "Step 1/1 : FROM busy\n"
        " ---> 000000000000\n"
        "Successfully built 000000000000\n"
        "Successfully tagged busy:latest\n",
        "",
    )


@pytest.mark.parametrize("path", [["image", "build"], ["builder", "build"], ["buildx", "build"]])
def test_docker_has_several_names_for_it(stackyard: Run, builds: Builds, path: list[str]) -> None:
    assert stackyard(*path, "-q", ".").out == f"{IMAGE}\n"


FLAGS = """
-t="me/app" -t b:1 -f x/Dockerfile --build-arg A=b=c --build-arg=FROM_HERE --build-arg UNSET_HERE
--target final --no-cache --no-cache-filter a,b --pull --label x=1 --label bare --secret
id=k,src=key --network none --secret id=e,env=FROM_HERE --ssh default --cache-from a,b --squash -o
out --add-host db:1.2.3.4 -m 64m --shm-size=1g --ulimit nofile=5:6 --build-context src=../x
--platform linux/amd64 --rm --force-rm --compress --disable-content-trust --load --provenance=false
--sbom=false --allow network.host
"""


def test_the_flags_add_up(
    stackyard: Run, builds: Builds, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FROM_HERE", "1")
    monkeypatch.setenv("SSH_AUTH_SOCK", "/run/agent")
    (tmp_path / "key").write_text("x")
    outcome = stackyard("build", *shlex.split(FLAGS), "context")
    assert (outcome.code, outcome.err) == (
        0,
        "",
    )
    assert builds.requests == [
        Request(
            context="context",
            folder=str(tmp_path),
            dockerfile="x/Dockerfile",
            tags=("me/app", "b:1"),
            arguments={"A": "b=c", "FROM_HERE": None, "UNSET_HERE": None},
            environment={"FROM_HERE": "1", "SSH_AUTH_SOCK": "/run/agent"},
            target="final",
            labels={"x": "1", "bare": ""},
            no_cache=True,
            no_cache_filter=("a", "b"),
            pull=True,
            network="none",
            platform="linux/amd64",
            secrets=(Secret("k", "key"), Secret("e", "", "FROM_HERE")),
            agents=(Agent("default"),),
            cache_from=("a", "b"),
            squash=True,
            output=(Destination("local", "out"),),
            hosts=("db:1.2.3.4",),
            memory=64 << 20,
            shm_size=1 << 30,
            ulimits=("nofile=5:6",),
            contexts={"src": "../x"},
        )
    ]


@pytest.mark.parametrize("words", [["-"], ["-f", "-", "."]])
def test_standard_input_is_handed_over_where_it_is_asked_for(
    stackyard: Run, builds: Builds, monkeypatch: pytest.MonkeyPatch, words: list[str]
) -> None:
    given = SimpleNamespace(buffer=object())
    monkeypatch.setattr("sys.stdin", given)
    stackyard("build", *words)
    stackyard("build", ".")
    assert [request.stream for request in builds.requests] == [given.buffer, None]


SEE = "\nSee 'stackyard build --help'.\n"


def wrong(value: str, flag: str, why: str) -> str:
    """Say that a flag's value cannot be read, as docker says it."""
    return f'invalid argument "{value}" for "{flag}" flag: {why}'


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (
            [],
            1,
            f'"stackyard build" requires exactly 1 argument.{SEE}\nUsage:  stackyard build [OPTIONS] PATH',
        ),
        (["a", "b"], 1, f'"stackyard build" requires exactly 1 argument.{SEE}'),
        (["--nope", "."], 125, f"unknown flag: --nope{SEE}"),
        (["-t"], 125, f"flag needs an argument: 't' in -t{SEE}"),
        (["-t", "a:b:c", "."], 125, wrong("a:b:c", "-t, --tag", "invalid reference format")),
        (["-t=A B", "."], 125, wrong("A B", "-t, --tag", "invalid reference format")),
        (
            ["--build-arg", "=x", "."],
            125,
            wrong("=x", "--build-arg", "invalid environment variable: =x"),
        ),
        (
            ["--label", "=x", "."],
            125,
            wrong("=x", "--label", "invalid label '=x': empty name"),
        ),
        (
            ["--label", "a b=x", "."],
            125,
            wrong("a b=x", "--label", "label 'a b' contains whitespaces"),
        ),
        (["--add-host", "x", "."], 125, wrong("x", "--add-host", 'bad format for add-host: "x"')),
        (["--shm-size", "x", "."], 125, wrong("x", "--shm-size", "invalid size: 'x'")),
        (["--ulimit", "nope=1", "."], 125, wrong("nope=1", "--ulimit", "invalid ulimit type: nope")),
        (["--network", "bogus", "."], 125, wrong("bogus", "--network", "networks come with")),
        (
            ["--progress", "nope", "."],
            1,
            'Error: invalid value "nope" passed to --progress, valid values are: auto, plain, rich, json\n',
        ),
        (
            ["--secret", "id", "."],
            1,
            "Error: could not parse secrets: [id]: invalid field 'id' must be a key=value pair\n",
        ),
        (["--output", "type=bogus", "."], 1, 'Error: exporter "bogus" could not be found\n'),
        (
            ["--cache-from", "type=gha", "."],
            1,
            "--cache-from type=gha: steps are taken from images and archives",
        ),
        (["-f", "-", "-"], 1, "invalid argument: can't use stdin for both build context and dockerfile\n"),
        (["--rm=false", "."], 1, "Error: --rm=false is not supported: steps leave no containers"),
        (["--push", "."], 125, "--push is not supported: build first, then `stackyard push`"),
        (["--cpu-shares", "5", "."], 125, "-c, --cpu-shares is not supported: of the limits --memory"),
        (["--allow", "security.insecure", "."], 125, "no step gets more rights than a container has"),
        (["--disable-content-trust=false", "."], 1, "Error: --disable-content-trust=false is not supported"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_slip_is_told_in_a_sentence_before_anything_is_built(
    stackyard: Run, builds: Builds, words: list[str], code: int, sentence: str
) -> None:
    outcome = stackyard("build", *words)
    assert outcome.code == code
    assert outcome.out == ""
    assert sentence in outcome.err
    assert builds.requests == []


def test_the_id_file_holds_the_id_and_nothing_else(stackyard: Run, builds: Builds, tmp_path: Path) -> None:
    file = tmp_path / "id"
    stackyard("build", "--iidfile", str(file), ".")
    assert file.read_text() == IMAGE
    builds.raises = NotFound("No such image: x")
    assert stackyard("build", "--iidfile", str(file), ".").code == 1
    assert not file.exists(), "a failed build leaves no older id behind"


def test_quiet_says_only_the_id(stackyard: Run, builds: Builds) -> None:
    assert stackyard("build", "-q", ".") == (0, f"{IMAGE}\n", "")
    assert stackyard("build", "--progress", "quiet", ".") == (0, f"{IMAGE}\n", "")


def test_progress_json_are_the_engines_events(stackyard: Run, builds: Builds) -> None:
    lines = stackyard("build", "--progress", "json", ".").out.splitlines()
    assert [json.loads(line)["event"] for line in lines] == [
        "ContextRead", "Planned", "StepStarted", "StepFinished", "Finished", "Tagged"
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("variable", "flag", "first"),
    [
        ("plain", [], "Sending"),
        ("rawjson", [], "Sending"),
        ("json", [], '{"event"'),
        ("tty", [], " building"),
        ("tty", ["--progress", "plain"], "Sending"),
    ],
)
def test_the_environment_chooses_where_no_flag_does(
    stackyard: Run,
    builds: Builds,
    monkeypatch: pytest.MonkeyPatch,
    variable: str,
    flag: list[str],
    first: str,
) -> None:
    monkeypatch.setenv("BUILDKIT_PROGRESS", variable)
    assert stackyard("build", *flag, ".").out.startswith(first)


def test_words_leave_standard_output_to_a_result_that_goes_there(stackyard: Run, builds: Builds) -> None:
    for words in (["-o", "-"], ["--output", "type=tar,dest=-"]):
        outcome = stackyard("build", *words, ".")
        assert (outcome.out, outcome.err[:7]) == ("", "Sending")


FALSE = "The command '/bin/sh -c exit 3' returned a non-zero code: 3"


def test_a_failure_is_told_once_and_its_code_is_the_programs(stackyard: Run, builds: Builds) -> None:
    builds.told = [*GOOD[:3], Failed(FALSE, 1, 3, 1.0)]
    builds.raises = StepFailed(FALSE, step=1, line=1, code=3)
    outcome = stackyard("build", ".")
    assert (outcome.code, outcome.err) == (3, f"{FALSE}\n")


def test_a_failure_that_knows_a_way_out_says_it(stackyard: Run, builds: Builds) -> None:
    builds.told = [*GOOD[:2], Failed("No such image: x", 1, 1, 1.0)]
    builds.raises = StepFailed("No such image: x", step=1, line=1, resolution="load it first")
    assert stackyard("build", ".").err == "No such image: x\n  Load it first.\n"


def test_a_failure_before_anything_was_told(stackyard: Run, builds: Builds) -> None:
    builds.told = []
    builds.raises = InvalidInput('unable to prepare context: path "x" not found')
    assert stackyard("build", "x") == (1, "", 'Error: unable to prepare context: path "x" not found\n')


@pytest.mark.parametrize(
    ("image", "opened", "words"),
    [
        ("sha256:before", ["sha256:before"], "\nA shell on the state right before step 2;"),
        ("", [], "Before step 2 there is nothing to look around in."),
    ],
)
def test_a_shell_on_the_state_before_the_step_that_failed(
    stackyard: Run,
    builds: Builds,
    monkeypatch: pytest.MonkeyPatch,
    image: str,
    opened: list[str],
    words: str,
) -> None:
    monkeypatch.setattr("app.cli.verbs.build.on_terminal", lambda: True)
    monkeypatch.setattr("app.lending.lend", lambda session, keys: 7)
    builds.told = [*GOOD[:3], Failed(FALSE, 1, 3, 1.0)]
    failure = StepFailed(FALSE, step=2, line=1, code=3)
    failure.image = image
    builds.raises = failure
    outcome = stackyard("build", "--debug-shell", ".")
    assert outcome.code == 3, "the shell's own exit code does not count"
    assert words in outcome.err
    assert builds.shells == opened
    builds.shells.clear()
    stackyard("build", ".")
    assert builds.shells == []


def test_no_shell_without_a_terminal(stackyard: Run, builds: Builds) -> None:
    outcome = stackyard("build", "--debug-shell", ".")
    assert (outcome.code, outcome.err) == (1, "Error: --debug-shell needs a terminal for its shell\n")
    assert builds.requests == []


@pytest.mark.parametrize("raised", [KeyboardInterrupt(), Cancelled("the build was cancelled")])
@pytest.mark.parametrize("mode", ["plain", "rich", "quiet"])
def test_an_interrupt_is_one_line(stackyard: Run, builds: Builds, raised: BaseException, mode: str) -> None:
    builds.told = [Failed("the build was cancelled", 0, 130, 1.0, cancelled=True)]
    builds.raises = raised
    outcome = stackyard("build", "--progress", mode, ".")
    assert outcome.code == 130
    assert (outcome.out + outcome.err).count("\n") == 1
    assert "the build was cancelled" in outcome.out + outcome.err


def test_an_interrupt_before_anything_was_told(stackyard: Run, builds: Builds) -> None:
    builds.told, builds.raises = [], KeyboardInterrupt()
    assert stackyard("build", ".") == (130, "", "the build was cancelled\n")


def test_pruning_the_cache(stackyard: Run, builds: Builds) -> None:
    outcome = stackyard("builder", "prune", "-f", "-a", "--filter", "until=24h", "--keep-storage", "1k")
    assert builds.pruned == [(True, {"until": ["24h"]}, 1024)]
    assert outcome.out == (
        f"Deleted build cache objects:\n{STEP.id}\n0123456789abcdef\n\nTotal reclaimed space: 5.2MB\n"
    )


def test_pruning_the_cache_with_sizes(stackyard: Run, builds: Builds) -> None:
    assert stackyard("builder", "prune", "-f", "--verbose").out == (
        "CACHE ID        CACHE TYPE        SIZE      LAST USED           DESCRIPTION\n"
        "000000000000    regular           5.2MB     About an hour ago   /bin/sh -c make all\n"
        "0123456789ab*   exec.cachemount   0B        3 hours ago         mount /root/.cache\n"
        "\n"
        "Total reclaimed space: 5.2MB\n"
    )


def test_pruning_the_system_prunes_the_cache(
    stackyard: Run, builds: Builds, yard: Yard, monkeypatch: pytest.MonkeyPatch
) -> None:
    nothing = SimpleNamespace(removed=[], reclaimed=0)
    yard.containers.prune = yard.images.prune = lambda *_: nothing
    yard.networks.prune = lambda *_: []
    monkeypatch.setattr("sys.stdin", SimpleNamespace(readline=lambda: "y\n"))
    outcome = stackyard("system", "prune", "--filter", "until=24h", "--filter", "label=x")
    assert "  - unused build cache\n" in outcome.out
    assert outcome.out.endswith("0123456789abcdef\n\nTotal reclaimed space: 5.2MB\n")
    assert builds.pruned == [(False, {"until": ["24h"]}, 0)]
    assert "  - all build cache\n" in stackyard("system", "prune", "-a").out


@pytest.mark.parametrize(("flags", "what"), [([], "dangling build cache"), (["-a"], "build cache")])
def test_pruning_the_cache_asks(
    stackyard: Run, builds: Builds, monkeypatch: pytest.MonkeyPatch, flags: list[str], what: str
) -> None:
    monkeypatch.setattr("sys.stdin", SimpleNamespace(readline=lambda: "n\n"))
    outcome = stackyard("builder", "prune", *flags)
    assert builds.pruned == []
    assert outcome.out.startswith(
        f"WARNING! This will remove all {what}. Are you sure you want to continue? [y/N] "
    )


def test_committing_a_container(stackyard: Run, yard: Yard) -> None:
    calls: list[Any] = []
    yard.commit = lambda *words, **named: calls.append((words, named)) or IMAGE
    words = ["-m", "why", "-a", "me", "-c", "ENV A=1", "-c", "CMD x", "--pause=false", "box", "me/app:1"]
    assert stackyard("commit", *words) == (0, f"{IMAGE}\n", "")
    assert stackyard("container", "commit", "box").out == f"{IMAGE}\n"
    assert calls == [
        (
            ("box", "me/app:1"),
            {"changes": ["ENV A=1", "CMD x"], "message": "why", "author": "me", "pause": False},
        ),
        (("box", ""), {"changes": [], "message": "", "author": "", "pause": True}),
    ]
    assert stackyard("commit").err.startswith(
        '"stackyard commit" requires at least 1 and at most 2 arguments.\nSee'
    )
