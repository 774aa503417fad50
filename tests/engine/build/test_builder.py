"""Whole builds, as their events tell them: what is carried out, what is not, and why."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.build.events import Event, Output, StepCached, StepFinished, StepMissed, StepStarted, Triggered
from engine.build.request import Request, Secret
from engine.engine import Engine
from engine.errors import EngineError, InUse, NotFound, StepFailed
from engine.images.leases import Leases, leased
from tests.conftest import BASE

pytestmark = pytest.mark.root


class Bench:
    """Builds in a folder, and remembers what each build told."""

    def __init__(self, yard: Engine, context: Path) -> None:
        self.yard, self.context = yard, context
        self.events: list[Event] = []

    def build(self, dockerfile: str = "", **asked: object) -> str:
        """Build; return the image's id."""
        if dockerfile:
            (self.context / "Dockerfile").write_text(dockerfile.replace("BASE", BASE))
        self.events = []
        request = Request(str(self.context), **asked)  # type: ignore[arg-type]
        return self.yard.builds.build(request, self.events.append).image

    @property
    def texts(self) -> dict[int, str]:
        return {event.step: event.text for event in self.events if isinstance(event, StepStarted)}

    @property
    def missed(self) -> dict[str, str]:
        """The steps that were carried out, by their texts, and why."""
        return {self.texts[event.step]: event.why for event in self.events if isinstance(event, StepMissed)}

    @property
    def cached(self) -> list[str]:
        return [self.texts[event.step] for event in self.events if isinstance(event, StepCached)]

    @property
    def printed(self) -> str:
        return "".join(event.data for event in self.events if isinstance(event, Output))

    def config(self, image: str) -> dict[str, object]:
        return dict(self.yard.images.get(image).config["config"])


@pytest.fixture
def bench(yard: Engine, context: Path) -> Iterator[Bench]:
    yield Bench(yard, context)
    yard.builds.prune(all=True)
    for image in yard.images.list():
        if BASE not in image.tags:
            yard.images.remove(image.id, force=True)
    yard.builds.prune(all=True)


# Why a step is carried out

TEXT = "FROM BASE\nARG V=1\nCOPY a b /\nRUN echo $V > /v\nENV AFTER=1\n"


@pytest.fixture
def built(bench: Bench) -> Bench:
    for name in ("a", "b", "c"):
        (bench.context / name).write_text(name)
    bench.build(TEXT)
    return bench


def test_a_build_of_the_same_does_nothing(built: Bench) -> None:
    assert set(built.missed.values()) == {"new"}
    built.build()
    assert built.missed == {}
    assert built.cached == ["ARG V=1", "COPY a b /", "RUN echo $V > /v", "ENV AFTER=1"]


def test_a_time_is_no_change(built: Bench) -> None:
    os.utime(built.context / "a", (1, 1))
    (built.context / "c").write_text("not copied")
    built.build()
    assert built.missed == {}


@pytest.mark.parametrize("change", ["content", "mode", "kind"])
def test_the_file_that_changed_is_named(built: Bench, change: str) -> None:
    path = built.context / "b"
    if change == "content":
        path.write_text("other")
    elif change == "mode":
        path.chmod(0o755)
    else:
        path.unlink()
        path.symlink_to("a")
    built.build()
    whys = list(built.missed.values())
    assert whys[0] == "b changed"
    assert list(built.missed) == ["COPY a b /", "RUN echo $V > /v", "ENV AFTER=1"]
    assert whys[1:] == ["parent changed", "parent changed"]


def test_an_argument_that_changed_is_named(built: Bench) -> None:
    built.build(arguments={"V": "2"})
    assert built.missed["RUN echo $V > /v"] == "ARG V changed"


def test_a_step_that_was_put_in_is_new_and_those_after_it_have_another_parent(built: Bench) -> None:
    built.build(TEXT.replace("ENV", "RUN true\nENV"))
    assert built.missed == {"RUN true": "new", "ENV AFTER=1": "parent changed"}


def test_another_base_changes_everything(built: Bench, bench: Bench) -> None:
    other = bench.build("FROM BASE\nRUN echo other > /other\n", tags=("other:1",))
    built.build(TEXT)
    assert built.missed == {}
    built.build(TEXT.replace("BASE", "other:1"))
    assert set(built.missed.values()) <= {"parent changed", "new"}
    assert len(built.missed) == 4
    assert other


def test_a_result_that_was_pruned_is_made_again(built: Bench) -> None:
    built.yard.builds.prune()
    for image in built.yard.images.list():
        if not image.tags:
            built.yard.images.remove(image.id, force=True)
    built.yard.builds.prune(all=True)
    built.build()
    assert len(built.missed) == 4


def test_without_the_cache_everything_is_done_and_of_one_stage_only_that(bench: Bench) -> None:
    text = "FROM BASE AS one\nRUN echo 1\nFROM BASE AS two\nRUN echo 2\n"
    text += "FROM one\nCOPY --from=two /etc/passwd /\n"
    bench.build(text)
    bench.build(no_cache=True)
    assert set(bench.missed.values()) == {"--no-cache"}
    bench.build(no_cache_filter=("TWO",))
    assert bench.missed == {"RUN echo 2": "--no-cache"}
    assert "RUN echo 1" in bench.cached


# Stages


def test_stages_that_do_not_need_each_other_run_side_by_side(bench: Bench) -> None:
    """Each waits for the other: one after the other they would never end."""
    wait = "RUN --mount=type=cache,target=/c touch /c/{me}; for i in $(seq 400);"
    wait += " do test -e /c/{other} && exit 0; sleep 0.02; done; exit 1\n"
    one, two = wait.format(me="a", other="b"), wait.format(me="b", other="a")
    text = f"FROM BASE AS a\n{one}FROM BASE AS b\n{two}"
    bench.build(f"{text}FROM BASE\nCOPY --from=a /etc/passwd /a\nCOPY --from=b /etc/passwd /b\n")
    finished = [event for event in bench.events if isinstance(event, StepFinished)]
    assert len(finished) == len(bench.texts) == 7


def test_a_stage_that_nobody_needs_does_not_run(bench: Bench) -> None:
    bench.build("FROM BASE AS idle\nRUN exit 1\nFROM nowhere AS missing\nFROM BASE\nRUN echo done\n")
    assert list(bench.texts.values()) == [f"FROM {BASE}", "RUN echo done"]


def test_when_one_stage_fails_the_other_ends_too(bench: Bench) -> None:
    text = "FROM BASE AS a\nRUN exit 7\nFROM BASE AS b\nRUN sleep 600\nFROM BASE\n"
    with pytest.raises(StepFailed) as failure:
        bench.build(f"{text}COPY --from=a / /a\nCOPY --from=b / /b\n")
    assert (failure.value.code, failure.value.line) == (7, 2)


def test_a_stage_is_what_the_one_it_stands_on_left(bench: Bench) -> None:
    image = bench.build(
        "FROM BASE AS one\nENV A=1\nWORKDIR /w\nLABEL l=1\nONBUILD RUN echo triggered\n"
        "FROM one\nENV B=$A$A\nRUN pwd\n"
    )
    config = bench.config(image)
    assert "B=11" in config["Env"]  # type: ignore[operator]
    assert config["WorkingDir"] == "/w"
    assert "triggered\n/w\n" in bench.printed


def test_an_argument_ends_with_its_stage(bench: Bench) -> None:
    bench.build("FROM BASE AS one\nARG A=1\nRUN echo one=$A\nFROM one\nRUN echo two=$A\n")
    assert bench.printed == "one=1\ntwo=\n"


# ONBUILD


def test_triggers_run_once_and_are_not_inherited(bench: Bench) -> None:
    bench.build("FROM BASE\nONBUILD ENV A=1\nONBUILD RUN echo A=$A > /a\n", tags=("parent:1",))
    child = bench.build("FROM parent:1\nRUN cat /a\n", tags=("child:1",))
    assert [event.triggers for event in bench.events if isinstance(event, Triggered)] == [2]
    assert bench.printed == "A=1\n"
    assert not bench.config(child).get("OnBuild")
    bench.build("FROM child:1\nRUN echo grandchild\n")
    assert not [event for event in bench.events if isinstance(event, Triggered)]


def test_triggers_are_cached_as_steps_are(bench: Bench) -> None:
    bench.build("FROM BASE\nONBUILD RUN echo triggered\n", tags=("parent:1",))
    bench.build("FROM parent:1\nRUN true\n")
    assert "triggered" in bench.printed
    bench.build()
    assert bench.printed == ""
    assert bench.missed == {}


def test_a_trigger_that_fails_is_blamed_on_its_from(bench: Bench) -> None:
    bench.build("FROM BASE\nONBUILD RUN exit 9\n", tags=("parent:1",))
    with pytest.raises(StepFailed) as failure:
        bench.build("ARG X\n\nFROM parent:1\n")
    assert (failure.value.code, failure.value.line) == (9, 3)


# Secrets


def everything_below(folder: str) -> Iterator[bytes]:
    for base, _, names in os.walk(folder):
        for name in names:
            path = Path(base, name)
            if path.is_file() and not path.is_symlink():
                yield path.read_bytes()


def test_a_secret_leaves_no_trace_in_layer_history_or_journal(bench: Bench, tmp_path: Path) -> None:
    (tmp_path / "token").write_text("tr0ub4dor")
    text = "FROM BASE\nRUN --mount=type=secret,id=t,env=T --mount=type=secret,id=e \\\n"
    text += "    wc -c < /run/secrets/e; test $T\n"
    image = bench.build(
        text,
        secrets=(Secret("t", path=str(tmp_path / "token")), Secret("e", variable="SECRET")),
        environment={"SECRET": "c0rrect-h0rse"},
        tags=("quiet:1",),
    )
    assert bench.printed == "13\n"
    told = json.dumps([entry._asdict() for entry in bench.yard.images.history(image)], default=str)
    for value in ("tr0ub4dor", "c0rrect-h0rse"):
        assert value not in told
        assert value not in repr(bench.events)
        assert not [1 for data in everything_below(bench.yard.store.paths.root) if value.encode() in data]


# What a build leaves


def test_the_steps_before_a_failure_are_kept(bench: Bench) -> None:
    text = "FROM BASE\nRUN echo good > /good\nRUN exit 3\n"
    with pytest.raises(StepFailed) as failure:
        bench.build(text)
    assert bench.yard.images.get(failure.value.image).parent
    bench.build(text.replace("exit 3", "cat /good"))
    assert (bench.cached, bench.printed) == (["RUN echo good > /good"], "good\n")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("FROM scratch\n", "No image was generated"),
        ("FROM nowhere:1\n", "nowhere:1"),
        ("FROM BASE\nUSER nobodyatall\nRUN true\n", "unable to find user nobodyatall"),
        ("FROM BASE\nRUN --security=insecure true\n", "--security=insecure is refused"),
        ("FROM BASE\nCOPY --from=nowhere / /\n", "nowhere"),
    ],
)
def test_what_cannot_be_built_is_told(bench: Bench, text: str, sentence: str) -> None:
    with pytest.raises(EngineError, match=sentence):
        bench.build(text)
    assert os.listdir(bench.yard.store.paths.ingest) == []


def test_a_listener_that_raises_cancels_the_build(bench: Bench) -> None:
    class Enough(Exception):
        pass

    (bench.context / "Dockerfile").write_text(f"FROM {BASE}\nRUN echo one; sleep 600\n")

    def listen(event: Event) -> None:
        if isinstance(event, Output):
            raise Enough

    with pytest.raises(Enough):
        bench.yard.builds.build(Request(str(bench.context)), listen)
    assert os.listdir(bench.yard.store.paths.ingest) == []


# What a build stands on


def test_nobody_removes_the_base_while_a_build_stands_on_it(bench: Bench) -> None:
    bench.build("FROM BASE\nRUN echo base > /base\n", tags=("base:1",), labels={"mine": "1"})
    bench.yard.builds.prune(all=True)
    base = bench.yard.images.get("base:1")
    (bench.context / "Dockerfile").write_text("FROM base:1\nRUN echo one\nRUN cat /base\n")
    said: list[str] = []

    def meddle(event: Event) -> None:
        bench.events.append(event)
        if isinstance(event, Output) and event.data == "one\n":
            with pytest.raises(InUse) as refusal:
                bench.yard.images.remove(base.id, force=True)
            said.append(str(refusal.value))
            bench.yard.images.prune(all=True, filters={"label": ["mine"]})
            assert bench.yard.images.get("base:1").id == base.id
            bench.yard.images.remove("base:1")

    image = bench.yard.builds.build(Request(str(bench.context)), meddle).image
    assert bench.printed == "one\nbase\n"
    assert "image is being used by a running build" in said[0]
    bench.yard.images.remove(image)
    with pytest.raises(NotFound):
        bench.yard.images.get(base.id)


def test_nobody_prunes_the_steps_that_a_build_goes_on_from(bench: Bench) -> None:
    """The first part is cached, the second is kept while the third runs, the last takes from a stage."""
    text = "FROM BASE AS one\nLABEL mine=1\nRUN echo one > /one\n"
    text += "FROM BASE\nLABEL mine=1\nRUN echo two > /two\n"
    bench.build(text)
    more = "RUN sleep 1.1; echo now\nRUN echo now\nRUN cat /two\nCOPY --from=one /one /\nRUN cat /one\n"
    (bench.context / "Dockerfile").write_text((text + more).replace("BASE", BASE))

    def meddle(event: Event) -> None:
        bench.events.append(event)
        if isinstance(event, Output):
            bench.yard.images.prune(all=True, filters={"label": ["mine"]})
            bench.yard.builds.prune(all=True)

    bench.events = []
    bench.yard.builds.build(Request(str(bench.context)), meddle)
    assert bench.printed == "now\nnow\ntwo\none\n"


def test_a_lease_is_over_when_its_holder_is(bench: Bench) -> None:
    leases = Leases(bench.yard.store)
    base = bench.yard.images.get(BASE)
    leases.take(base.id)
    assert leased(bench.yard.store) == {base.id}
    with pytest.raises(NotFound):
        leases.take("sha256:" + "0" * 64)
    leases.close()
    assert leased(bench.yard.store) == set()
