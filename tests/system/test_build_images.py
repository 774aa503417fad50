"""The images a build leaves, as the command line shows them: steps, results, what comes from elsewhere."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from engine.engine import Engine
from tests.conftest import BASE, Stackyard

pytestmark = pytest.mark.root

DOCKERFILE = f"FROM {BASE}\nRUN echo one > /one\nENV A=1\nCOPY file /\nRUN rm /one; echo two > /two\n"


@pytest.fixture
def context(tmp_path: Path) -> Path:
    folder = tmp_path / "context"
    folder.mkdir()
    (folder / "Dockerfile").write_text(DOCKERFILE)
    (folder / "file").write_text(str(tmp_path))
    return folder


@pytest.fixture(autouse=True)
def _forget(yard: Engine) -> Iterator[None]:
    yield
    yard.builds.prune(all=True)
    for image in yard.images.list():
        if BASE not in image.tags:
            yard.images.remove(image.id, force=True)
    yard.builds.prune(all=True)


def ids(stackyard: Stackyard, *words: str) -> list[str]:
    return stackyard("images", "-q", "--no-trunc", *words).stdout.split()


def test_steps_are_told_by_history_and_hidden_from_images(stackyard: Stackyard, context: Path) -> None:
    assert stackyard("build", "-t", "app", str(context)).returncode == 0
    line = stackyard("history", "-q", "--no-trunc", "app").stdout.split()

    assert set(ids(stackyard)) & set(line) == {line[0], line[4]}
    assert set(line[:5]) <= set(ids(stackyard, "-a"))
    refused = stackyard("rmi", line[1])
    assert refused.stderr.strip().endswith("(cannot be forced) - image has dependent child images")
    gone = stackyard("rmi", "app").stdout.splitlines()
    assert [name for name in gone if name.removeprefix("Deleted: ") in line[:4]] == [
        f"Deleted: {id}" for id in line[:4]
    ]


def test_a_result_without_a_name_is_shown_until_it_is_pruned(stackyard: Stackyard, context: Path) -> None:
    result = stackyard("build", "-q", str(context)).stdout.strip()

    assert result in ids(stackyard)
    assert ids(stackyard, "-f", "dangling=true") == [result]
    assert f"deleted: {result}" in stackyard("image", "prune", "-f").stdout
    assert stackyard("history", result).returncode == 1


def test_squash_leaves_one_layer_above_the_base(stackyard: Stackyard, yard: Engine, context: Path) -> None:
    result = stackyard("build", "-q", "--squash", "-t", "flat", str(context)).stdout.strip()
    image, base = yard.images.get("flat"), yard.images.get(BASE)

    assert image.id == result
    assert image.chain[:-1] == base.chain
    assert stackyard("run", "--rm", "flat", "sh", "-c", "cat /two; ls /one").stdout == "two\n"
    assert (
        stackyard("history", "flat")
        .stdout.splitlines()[1]
        .split("merge ")[1]
        .split()[0]
        .startswith("sha256:")
    )


def test_steps_of_an_archive_count_as_done(
    stackyard: Stackyard, yard: Engine, context: Path, tmp_path: Path
) -> None:
    built = stackyard("build", "-q", "-t", "app", str(context)).stdout.strip()
    saved = str(tmp_path / "app.tar")
    assert stackyard("save", "-o", saved, "app").returncode == 0
    stackyard("rmi", "app")
    yard.builds.prune(all=True)
    told = stackyard("build", "-t", "again", "--cache-from", saved, str(context)).stdout

    assert told.count("Using cache") == 4
    assert ids(stackyard, "again") == [built]
    assert "<missing>" not in stackyard("history", "again").stdout.splitlines()[2]


def test_the_result_goes_where_output_says_and_is_no_image(
    stackyard: Stackyard, context: Path, tmp_path: Path
) -> None:
    before = ids(stackyard)
    assert stackyard("build", "-q", "-o", str(tmp_path / "out"), str(context)).returncode == 0

    assert (tmp_path / "out/two").read_text() == "two\n"
    assert (tmp_path / "out/file").read_text() == str(tmp_path)
    assert not (tmp_path / "out/one").exists()
    assert ids(stackyard) == before


def test_what_cannot_be_written_is_refused_before_anything_is_built(
    stackyard: Stackyard, context: Path
) -> None:
    before = ids(stackyard, "-a")
    outcome = stackyard("build", "-o", "type=foo", str(context))

    assert outcome.returncode != 0
    assert 'exporter "foo" could not be found' in outcome.stderr
    assert ids(stackyard, "-a") == before


def test_builder_prune_forgets_steps_and_the_next_build_does_them_again(
    stackyard: Stackyard, context: Path
) -> None:
    stackyard("build", "-t", "app", str(context))
    assert stackyard("builder", "prune", "-f").stdout.splitlines()[-1] == "Total reclaimed space: 0B"
    assert stackyard("build", str(context)).stdout.count("Using cache") == 4
    stackyard("builder", "prune", "-f", "-a")

    assert stackyard("run", "--rm", "app", "cat", "/two").stdout == "two\n"
    assert stackyard("build", str(context)).stdout.count("Using cache") == 0


def test_commit_prints_the_id(stackyard: Stackyard) -> None:
    stackyard("run", "--name", "written", BASE, "sh", "-c", "echo x > /x")
    id = stackyard("commit", "-m", "why", "-c", "CMD cat /x", "written", "committed").stdout.strip()

    assert ids(stackyard, "committed") == [id]
    assert stackyard("run", "--rm", "committed").stdout == "x\n"
    assert stackyard("history", "committed").stdout.splitlines()[1].endswith("why")


@pytest.mark.parametrize("given", ["", "ENV A=1"])
def test_a_base_without_a_path_gets_dockers(
    stackyard: Stackyard, yard: Engine, context: Path, tmp_path: Path, given: str
) -> None:
    chain = yard.images.get(BASE).chain
    with tarfile.open(tmp_path / "bare.tar", "w") as tar:
        tar.add(yard.store.paths.snapshot(chain[0].snapshot), "")
    stackyard("import", *(["-c", given] if given else []), str(tmp_path / "bare.tar"), "bare")
    (context / "Dockerfile").write_text("FROM bare\nLABEL path=$PATH\nENV PATH=/app:$PATH\n")
    assert stackyard("build", "-q", "-t", "app", str(context)).returncode == 0

    usual = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
    told = stackyard("inspect", "-f", "{{.Config.Env}} {{.Config.Labels.path}}", "app").stdout
    assert told == f"[{'A=1 ' if given else ''}PATH=/app:{usual}] {usual}\n"
    assert stackyard("run", "--rm", "app", "sh", "-c", "echo $PATH").stdout == f"/app:{usual}\n"


def foreign(stackyard: Stackyard, yard: Engine, folder: Path) -> None:
    """Import the base as somebody else's tar, which ours would pack otherwise: backwards, with more said."""
    place = yard.store.paths.snapshot(yard.images.get(BASE).chain[0].snapshot)
    with tarfile.open(folder / "foreign.tar", "w", format=tarfile.PAX_FORMAT) as tar:
        for path in sorted(Path(place).rglob("*"), key=lambda path: (not path.is_dir(), str(path)[::-1])):
            entry = tar.gettarinfo(path, str(path.relative_to(place)))
            entry.pax_headers = {"comment": "not ours"}
            with path.open("rb") if entry.isreg() else io.BytesIO() as content:
                tar.addfile(entry, content)
    assert stackyard("import", str(folder / "foreign.tar"), "foreign").returncode == 0


def by_build(stackyard: Stackyard, context: Path) -> None:
    stackyard("build", "-q", "-t", "result", str(context))


def by_squash(stackyard: Stackyard, context: Path) -> None:
    stackyard("build", "-q", "--squash", "-t", "result", str(context))


def by_commit(stackyard: Stackyard, context: Path) -> None:
    stackyard("run", "--name", "writer", "foreign", "sh", "-c", "echo two > /two")
    stackyard("commit", "writer", "result")


def by_cache_from(stackyard: Stackyard, context: Path) -> None:
    stackyard("build", "-q", "-t", "whole", str(context))
    stackyard("builder", "prune", "-a", "-f")
    first = (context / "Dockerfile").read_text().splitlines()[:2]
    (context / "Dockerfile").write_text("\n".join(first))
    told = stackyard("build", "--cache-from", "whole", "-t", "result", str(context)).stdout
    assert "Using cache" in told


@pytest.mark.parametrize("make", [by_build, by_squash, by_commit, by_cache_from])
def test_what_stands_on_somebody_elses_tar_is_saved_with_that_tar(
    stackyard: Stackyard, yard: Engine, context: Path, tmp_path: Path, make: Callable[[Stackyard, Path], None]
) -> None:
    foreign(stackyard, yard, tmp_path)
    text = (context / "Dockerfile").read_text().replace(BASE, "foreign")
    (context / "Dockerfile").write_text(text)
    make(stackyard, context)
    saved = stackyard("save", "-o", str(tmp_path / "result.tar"), "result")

    assert saved.stderr == ""
    with tarfile.open(tmp_path / "result.tar") as tar:
        contents = [file.read() for entry in tar if (file := tar.extractfile(entry))]
    assert (tmp_path / "foreign.tar").read_bytes() in contents
