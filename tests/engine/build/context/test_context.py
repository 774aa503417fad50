"""Where a build's context comes from, and what docker says where there is none."""

from __future__ import annotations

import io
import os
import tarfile
from pathlib import Path

import pytest

from engine.build.context.context import Context, open_context
from engine.build.request import Request
from engine.errors import Corrupt, EngineError, HostileArchive, InvalidInput, NotFound, Unsupported
from engine.paths import Paths
from tests.engine.build.repositories import commit, git

PREPARE = "unable to prepare context: "
MISSING = PREPARE + "unable to evaluate symlinks in Dockerfile path: lstat "


def archive(mode: str = "w", /, **files: str) -> io.BytesIO:
    """A tar of these files; `__` in a name is a slash, `_` a dot."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=mode) as tar:
        for name, text in files.items():
            entry = tarfile.TarInfo(name.replace("__", "/").replace("_", "."))
            entry.size = len(text)
            tar.addfile(entry, io.BytesIO(text.encode()))
    out.seek(0)
    return out


def names(context: Context) -> list[str]:
    return [os.fsdecode(entry.path) for entry in context.inputs.listed(b"")]


class TestADirectory:
    def test_is_the_context_with_the_dockerfile_in_it(self, context: Path, paths: Paths) -> None:
        with open_context(Request(str(context)), paths) as opened:
            assert opened.dockerfile == b"FROM scratch\n"
            assert opened.dockerfile_name == "Dockerfile"
            assert names(opened) == ["Dockerfile"]

    def test_is_named_from_the_callers_folder(self, context: Path, paths: Paths) -> None:
        with open_context(Request(".", folder=str(context)), paths) as opened:
            assert opened.origin == str(context)

    def test_may_be_reached_through_a_link(self, context: Path, paths: Paths) -> None:
        (context.parent / "link").symlink_to("context")
        with open_context(Request(str(context.parent / "link")), paths) as opened:
            assert opened.origin == str(context)

    def test_has_the_size_that_docker_would_send(self, context: Path, paths: Paths) -> None:
        with open_context(Request(str(context)), paths) as opened:
            assert opened.size == 2048
        (context / "folder").mkdir()
        (context / "folder/file").write_bytes(b"x" * 513)
        with open_context(Request(str(context)), paths) as opened:
            assert opened.size == 2048 + 512 + 512 + 1024

    @pytest.mark.parametrize(("names", "size"), [
        (["a", "=b", "=c"], 4096),
        (["l" * 150], 3584),
        (["\N{LATIN SMALL LETTER E WITH ACUTE}.txt"], 3584),
        (["d" * 60 + "/" + "d" * 60 + "/f"], 3584),
        (["link->" + "t" * 150], 3584),
        (["link->short"], 2560),
    ], ids=["hard links", "long name", "no ascii", "long path", "long link", "link"])  # fmt: skip
    def test_counts_as_docker_does(self, names: list[str], size: int, context: Path, paths: Paths) -> None:
        first = context / names[0]
        for name in names:
            path, arrow, target = name.partition("->")
            (context / path).parent.mkdir(parents=True, exist_ok=True)
            if arrow:
                (context / path).symlink_to(target)
            elif name.startswith("="):
                (context / name[1:]).hardlink_to(first)
            else:
                (context / path).write_text("x" if len(names) > 1 else "")
        for _ in range(2):
            with open_context(Request(str(context)), paths) as opened:
                assert opened.size == size

    def test_counts_what_docker_sends_though_it_is_ignored(self, context: Path, paths: Paths) -> None:
        (context / ".dockerignore").write_text("*\n")
        with open_context(Request(str(context)), paths) as opened:
            assert opened.size == 3072
            assert names(opened) == []

    def test_that_is_missing(self, paths: Paths, tmp_path: Path) -> None:
        with pytest.raises(NotFound) as failure:
            open_context(Request("nope", folder=str(tmp_path)), paths)
        assert str(failure.value) == PREPARE + 'path "nope" not found'

    def test_that_is_a_file(self, context: Path, paths: Paths) -> None:
        with pytest.raises(InvalidInput) as failure:
            open_context(Request(str(context / "Dockerfile")), paths)
        assert str(failure.value) == f"{PREPARE}context must be a directory: {context}/Dockerfile"


class TestTheDockerfile:
    def test_may_begin_with_a_small_letter(self, context: Path, paths: Paths) -> None:
        (context / "Dockerfile").rename(context / "dockerfile")
        with open_context(Request(str(context)), paths) as opened:
            assert opened.dockerfile_name == "dockerfile"

    def test_with_the_capital_letter_wins(self, context: Path, paths: Paths) -> None:
        (context / "dockerfile").write_text("FROM small\n")
        with open_context(Request(str(context)), paths) as opened:
            assert opened.dockerfile == b"FROM scratch\n"

    def test_is_named_from_the_callers_folder_not_from_the_context(self, context: Path, paths: Paths) -> None:
        (context / "other").write_text("FROM other\n")
        folder = str(context.parent)
        with open_context(Request(str(context), folder=folder, dockerfile="context/other"), paths) as opened:
            assert opened.dockerfile == b"FROM other\n"
        with pytest.raises(NotFound) as failure:
            open_context(Request(str(context), folder=folder, dockerfile="other"), paths)
        assert str(failure.value) == f"{MISSING}{folder}/other: no such file or directory"

    def test_may_lie_outside(self, context: Path, paths: Paths) -> None:
        (context.parent / "outside").write_text("FROM outside\n")
        with open_context(Request(str(context), dockerfile=str(context.parent / "outside")), paths) as opened:
            assert opened.dockerfile == b"FROM outside\n"

    def test_may_come_from_standard_input(self, context: Path, paths: Paths) -> None:
        request = Request(str(context), dockerfile="-", stream=io.BytesIO(b"FROM stdin\n"))
        with open_context(request, paths) as opened:
            assert opened.dockerfile == b"FROM stdin\n"
            assert names(opened) == ["Dockerfile"]

    def test_that_is_missing(self, context: Path, paths: Paths) -> None:
        (context / "Dockerfile").unlink()
        with pytest.raises(NotFound) as failure:
            open_context(Request(str(context)), paths)
        assert str(failure.value) == f"{MISSING}{context}/Dockerfile: no such file or directory"

    def test_that_is_empty(self, context: Path, paths: Paths) -> None:
        (context / "Dockerfile").write_text("\n")
        with pytest.raises(InvalidInput, match=r"the Dockerfile \(Dockerfile\) cannot be empty"):
            open_context(Request(str(context)), paths)

    @pytest.mark.parametrize("make", [os.mkdir, os.mkfifo])
    def test_that_is_no_file_is_refused_at_once(self, make: object, context: Path, paths: Paths) -> None:
        (context / "Dockerfile").unlink()
        make(context / "Dockerfile")  # type: ignore[operator]
        with pytest.raises(InvalidInput, match="unexpected error reading Dockerfile"):
            open_context(Request(str(context)), paths)


class TestWhatIsIgnored:
    def test_is_not_there(self, context: Path, paths: Paths) -> None:
        (context / "node_modules/deep").mkdir(parents=True)
        (context / "node_modules/deep/x").write_text("x")
        (context / "kept").write_text("x")
        (context / ".dockerignore").write_text("node_modules\n.dockerignore\nDockerfile\n")
        with open_context(Request(str(context)), paths) as opened:
            assert names(opened) == ["kept"]
            assert opened.inputs.find(b"node_modules/deep/x") is None
            assert opened.dockerfile == b"FROM scratch\n"

    def test_comes_back_with_what_is_taken_in_again(self, context: Path, paths: Paths) -> None:
        for name in ("out/keep/this", "out/drop/that", "gone/all"):
            (context / name).parent.mkdir(parents=True)
            (context / name).write_text("x")
        (context / ".dockerignore").write_text("*\n!out/keep\n")
        for _ in range(2):
            with open_context(Request(str(context)), paths) as opened:
                below = [entry.path for entry in opened.inputs.walk(b"")]
                assert below == [b"", b"out", b"out/keep", b"out/keep/this"]
                opened.inputs.digest(b"")

    def test_a_dockerfile_may_say_for_itself(self, context: Path, paths: Paths) -> None:
        (context / "a").write_text("x")
        (context / "b").write_text("x")
        (context / ".dockerignore").write_text("a\n")
        (context / "Dockerfile.dockerignore").write_text("b\n*ocker*\n")
        with open_context(Request(str(context)), paths) as opened:
            assert names(opened) == ["a"]

    def test_changing_it_changes_the_next_build(self, context: Path, paths: Paths) -> None:
        (context / "a").write_text("x")
        digests = []
        for ignored in ("", "a\n", ""):
            (context / ".dockerignore").write_text(ignored)
            with open_context(Request(str(context)), paths) as opened:
                digests.append(opened.inputs.digest(b""))
                assert ("a" in names(opened)) == (not ignored)
        assert digests[0] == digests[2] != digests[1]

    def test_must_be_written_well(self, context: Path, paths: Paths) -> None:
        (context / ".dockerignore").write_text("[a\n")
        with pytest.raises(InvalidInput, match="error checking context: syntax error in pattern"):
            open_context(Request(str(context)), paths)


class TestAnArchive:
    @pytest.mark.parametrize("mode", ["w", "w:gz", "w:bz2", "w:xz"])
    def test_is_unpacked_whatever_its_compression(self, mode: str, paths: Paths) -> None:
        stream = archive(mode, Dockerfile="FROM tar\n", folder__file="x")
        sent = len(stream.getvalue())
        with open_context(Request("-", stream=stream), paths) as opened:
            assert opened.dockerfile == b"FROM tar\n"
            assert names(opened) == ["Dockerfile", "folder"]
            assert opened.size == sent

    def test_has_its_dockerfile_inside(self, paths: Paths) -> None:
        stream = archive(folder__own="FROM own\n")
        with open_context(Request("-", dockerfile="folder/own", stream=stream), paths) as opened:
            assert opened.dockerfile == b"FROM own\n"
        with pytest.raises(NotFound) as failure:
            open_context(Request("-", dockerfile="nope", stream=archive(a="x")), paths)
        assert str(failure.value) == "Cannot locate specified Dockerfile: nope"

    def test_without_a_dockerfile(self, paths: Paths) -> None:
        with pytest.raises(NotFound) as failure:
            open_context(Request("-", stream=archive(a="x")), paths)
        assert str(failure.value) == "Cannot locate specified Dockerfile: Dockerfile"

    def test_keeps_names_that_mean_a_deletion_in_a_layer(self, paths: Paths) -> None:
        stream = archive(Dockerfile="FROM tar\n", _wh_gone="x")
        with open_context(Request("-", stream=stream), paths) as opened:
            assert names(opened) == [".wh.gone", "Dockerfile"]

    def test_cannot_show_a_dockerfile_of_this_machine(self, paths: Paths, tmp_path: Path) -> None:
        (tmp_path / "secret").write_text("secret\n")
        out = io.BytesIO()
        with tarfile.open(fileobj=out, mode="w") as tar:
            entry = tarfile.TarInfo("Dockerfile")
            entry.type, entry.linkname = tarfile.SYMTYPE, str(tmp_path / "secret")
            tar.addfile(entry)
        with pytest.raises(NotFound, match="Cannot locate specified Dockerfile"):
            open_context(Request("-", stream=io.BytesIO(out.getvalue())), paths)

    def test_that_climbs_is_refused(self, paths: Paths, tmp_path: Path) -> None:
        with pytest.raises(HostileArchive):
            open_context(Request("-", stream=archive(Dockerfile="FROM x", **{"/../../out": "x"})), paths)
        assert os.listdir(paths.ingest) == []

    def test_that_is_cut_short(self, paths: Paths) -> None:
        cut = archive(Dockerfile="FROM tar\n" * 1000).getvalue()[:3000]
        with pytest.raises(Corrupt, match="cut short"):
            open_context(Request("-", stream=io.BytesIO(cut)), paths)

    def test_leaves_nothing_behind(self, paths: Paths) -> None:
        with open_context(Request("-", stream=archive(Dockerfile="FROM tar\n")), paths):
            assert os.listdir(paths.ingest) != []
        assert os.listdir(paths.ingest) == []


class TestALoneDockerfile:
    def test_comes_with_nothing_else(self, paths: Paths) -> None:
        with open_context(Request("-", stream=io.BytesIO(b"FROM lone\n")), paths) as opened:
            assert opened.dockerfile == b"FROM lone\n"
            assert names(opened) == ["Dockerfile"]
            assert opened.size == 2048

    def test_may_need_no_context_at_all(self, context: Path, paths: Paths) -> None:
        with open_context(Request(folder=str(context), dockerfile="Dockerfile"), paths) as opened:
            assert opened.dockerfile == b"FROM scratch\n"
            assert names(opened) == []
            assert opened.size == 0

    @pytest.mark.parametrize(("dockerfile", "sentence"), [
        ("-", "invalid argument: can't use stdin for both build context and dockerfile"),
        ("x", PREPARE + "ambiguous Dockerfile source: both stdin and flag correspond to Dockerfiles"),
    ])  # fmt: skip
    def test_cannot_be_two_things(self, dockerfile: str, sentence: str, paths: Paths) -> None:
        with pytest.raises(InvalidInput) as failure:
            open_context(Request("-", dockerfile=dockerfile, stream=io.BytesIO(b"FROM x\n")), paths)
        assert str(failure.value) == sentence

    def test_that_is_empty(self, paths: Paths) -> None:
        with pytest.raises(InvalidInput, match=r"the Dockerfile \(Dockerfile\) cannot be empty"):
            open_context(Request("-", stream=io.BytesIO()), paths)


class TestAUrl:
    def test_of_an_archive(self, web: tuple[Path, str], paths: Paths) -> None:
        folder, address = web
        (folder / "a.tgz").write_bytes(archive("w:gz", Dockerfile="FROM web\n", file="x").getvalue())
        with open_context(Request(f"{address}/a.tgz"), paths) as opened:
            assert opened.dockerfile == b"FROM web\n"
            assert names(opened) == ["Dockerfile", "file"]

    def test_of_a_dockerfile(self, web: tuple[Path, str], paths: Paths) -> None:
        folder, address = web
        (folder / "some").write_text("FROM web\n")
        with open_context(Request(f"{address}/some"), paths) as opened:
            assert opened.dockerfile == b"FROM web\n"

    def test_that_is_not_there(self, web: tuple[Path, str], paths: Paths) -> None:
        url = f"{web[1]}/nope"
        with pytest.raises(EngineError) as failure:
            open_context(Request(url), paths)
        start = f"{PREPARE}unable to download remote context {url}: failed to GET {url} with status 404 "
        assert str(failure.value).startswith(start)
        assert os.listdir(paths.ingest) == []

    def test_where_nobody_listens(self, paths: Paths) -> None:
        with pytest.raises(EngineError) as failure:
            open_context(Request("http://127.0.0.1:9/x"), paths)
        sentence = 'unable to download remote context http://127.0.0.1:9/x: Get "http://127.0.0.1:9/x": '
        assert str(failure.value) == f"{PREPARE}{sentence}connection refused"


class TestARepository:
    def test_gives_its_branch(self, repository: tuple[Path, str], paths: Paths) -> None:
        with open_context(Request(repository[1]), paths) as opened:
            assert opened.dockerfile == b"FROM scratch\n"
            assert names(opened) == ["Dockerfile", "sub"]

    def test_gives_a_tag_a_branch_or_a_commit(self, repository: tuple[Path, str], paths: Paths) -> None:
        folder, address = repository
        first = git(folder, "rev-parse", "HEAD")
        git(folder, "tag", "v1")
        (folder / "second").write_text("x")
        second = commit(folder)
        found = {}
        for ref in ("", "v1", "trunk", first, second, first[:8]):
            with open_context(Request(f"{address}#{ref}"), paths) as opened:
                found[ref] = "second" in names(opened)
        assert found == {"": True, "v1": False, "trunk": True, first: False, second: True, first[:8]: False}

    def test_gives_a_folder(self, repository: tuple[Path, str], paths: Paths) -> None:
        with open_context(Request(f"{repository[1]}#trunk:sub"), paths) as opened:
            assert opened.dockerfile == b"FROM scratch AS sub\n"

    def test_obeys_its_dockerignore(self, repository: tuple[Path, str], paths: Paths) -> None:
        folder, address = repository
        (folder / ".dockerignore").write_text("sub\n.dockerignore\n")
        commit(folder)
        with open_context(Request(address), paths) as opened:
            assert names(opened) == ["Dockerfile"]

    def test_without_the_ref(self, repository: tuple[Path, str], paths: Paths) -> None:
        with pytest.raises(EngineError) as failure:
            open_context(Request(f"{repository[1]}#nope"), paths)
        start = PREPARE + "unable to 'git clone' to temporary context directory: error fetching: fatal: "
        assert str(failure.value) == f"{start}couldn't find remote ref nope\n: exit status 128"

    def test_cannot_lead_out_of_itself(self, repository: tuple[Path, str], paths: Paths) -> None:
        folder, address = repository
        (folder / "out").symlink_to(folder.parent)
        commit(folder)
        with pytest.raises(InvalidInput, match="there is no directory 'out' in the repository"):
            open_context(Request(f"{address}#:out"), paths)

    def test_takes_no_ref_for_a_flag(self, repository: tuple[Path, str], paths: Paths) -> None:
        with pytest.raises(InvalidInput, match="cannot begin with a dash"):
            open_context(Request(f"{repository[1]}#--upload-pack=touch"), paths)

    def test_needs_the_program(
        self, repository: tuple[Path, str], paths: Paths, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("PATH", "/nowhere")
        with pytest.raises(Unsupported, match="unable to find 'git'"):
            open_context(Request(repository[1]), paths)

    @pytest.mark.parametrize("address", ["file:///tmp", "ssh://somebody@127.0.0.1/x"])
    def test_is_known_by_its_address(self, address: str, paths: Paths) -> None:
        with pytest.raises(NotFound, match=f'path "{address}" not found'):
            open_context(Request(address), paths)
