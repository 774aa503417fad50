"""What COPY and ADD write, case by case as docker's builders write it."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import pytest

from tests.engine.build.placed import docker_lacks, dockers, listing, make, place, tar_of

pytestmark = pytest.mark.root
CLASSIC, BUILDKIT = "classic", "BuildKit"
BOTH = (CLASSIC, BUILDKIT)

BASE = """
mkdir -p d/dir/in d/other e ex/sub
echo x >d/file; echo old >e/a; echo old >ex/f; echo y >file
ln -s other d/link; ln -s /nope d/dang; ln -s /ex abs; ln -s ex rel; ln -s /ex/f flink; ln -s /nowhere dang
ln -s ../../../ex up; ln -s loop loop
chmod 751 e; chown 7:8 e; chmod 700 ex/sub; chown 5:6 ex
mkdir etc; echo bob:x:1234:1235::/home:/bin/sh >etc/passwd; echo grp:x:77: >etc/group
"""
TREE = """
mkdir s; echo hi >s/a; chmod 640 s/a; mkdir -m 711 s/sub; echo b >s/sub/b; chmod 750 s; ln -s a s/l
echo f >f; chmod 600 f; chown -R 1000:1000 .
"""


class Case(NamedTuple):
    line: str
    context: str
    layer: list[str]
    like: tuple[str, ...] = BOTH


CASES = {
    "a directory's contents go to a new directory, whose mode is not the source's": Case(
        "COPY s /new/deep", TREE,
        ["d 0755 0:0 new", "d 0755 0:0 new/deep", "- 0640 0:0 new/deep/a hi", "l 0777 0:0 new/deep/l > a",
         "d 0711 0:0 new/deep/sub", "- 0644 0:0 new/deep/sub/b b"],
    ),
    "a directory that is there keeps mode and owner; one below it takes the newcomer's": Case(
        "COPY s /ex", TREE,
        ["d 0755 5:6 ex", "- 0640 0:0 ex/a hi", "l 0777 0:0 ex/l > a", "d 0711 0:0 ex/sub",
         "- 0644 0:0 ex/sub/b b"],
    ),
    "a file goes into a directory that is there": Case(
        "COPY f /ex", TREE, ["d 0755 5:6 ex", "- 0600 0:0 ex/f f"],
    ),
    "a file goes through a link to a directory": Case(
        "COPY f /abs", TREE, ["d 0755 5:6 ex", "- 0600 0:0 ex/f f"],
    ),
    "a link that climbs stays inside": Case(
        "COPY f /up/", TREE, ["d 0755 5:6 ex", "- 0600 0:0 ex/f f"],
    ),
    "a file replaces what a link leads to": Case(
        "COPY f /flink", TREE, ["d 0755 5:6 ex", "- 0600 0:0 ex/f f"],
    ),
    "a link that leads nowhere leads to a new file": Case(
        "COPY f /dang", TREE, ["- 0600 0:0 nowhere f"],
    ),
    "or to a new directory": Case(
        "COPY f /dang/", TREE, ["d 0755 0:0 nowhere", "- 0600 0:0 nowhere/f f"],
    ),
    "a directory goes through a link": Case(
        "COPY s /rel/", TREE,
        ["d 0755 5:6 ex", "- 0640 0:0 ex/a hi", "l 0777 0:0 ex/l > a", "d 0711 0:0 ex/sub",
         "- 0644 0:0 ex/sub/b b"],
    ),
    "a new name": Case("COPY f /new/name", TREE, ["d 0755 0:0 new", "- 0600 0:0 new/name f"]),
    "to the root": Case("COPY f /", TREE, ["- 0600 0:0 f f"]),
    "an empty directory": Case("COPY s /d/new", "mkdir s", ["d 0755 0:0 d", "d 0755 0:0 d/new"]),
    "an empty directory into one that is there": Case("COPY s /d", "mkdir s", [], (BUILDKIT,)),
    "a file replaces a directory": Case(
        "COPY s /d/", "mkdir s; echo f >s/dir", ["d 0755 0:0 d", "- 0644 0:0 d/dir f"], (CLASSIC,)
    ),
    "a link replaces a directory": Case(
        "COPY s /d/", "mkdir s; ln -s zz s/dir", ["d 0755 0:0 d", "l 0777 0:0 d/dir > zz"], (CLASSIC,)
    ),
    "a directory replaces a file": Case(
        "COPY s /d/", "mkdir -p s/file; echo f >s/file/x",
        ["d 0755 0:0 d", "d 0755 0:0 d/file", "opaque d/file", "- 0644 0:0 d/file/x f"], (CLASSIC,),
    ),
    "a directory replaces a link": Case(
        "COPY s /d/", "mkdir -p s/link; echo f >s/link/x",
        ["d 0755 0:0 d", "d 0755 0:0 d/link", "opaque d/link", "- 0644 0:0 d/link/x f"], (CLASSIC,),
    ),
    "a file replaces a link": Case(
        "COPY s /d/", "mkdir s; echo f >s/link; echo g >s/dang",
        ["d 0755 0:0 d", "- 0644 0:0 d/dang g", "- 0644 0:0 d/link f"],
    ),
    "an owner by names, also of the directories that come into being": Case(
        "COPY --chown=bob:grp s /new/deep", "mkdir -p s/sub; echo f >s/sub/x",
        ["d 0755 1234:77 new", "d 0755 1234:77 new/deep", "d 0755 1234:77 new/deep/sub",
         "- 0644 1234:77 new/deep/sub/x f"], (BUILDKIT,),
    ),
    "a number is its own group, and directories that are there keep their owner": Case(
        "COPY --chown=1234 s /e", "mkdir -p s/sub; echo f >s/sub/x; ln -s x s/sub/y",
        ["d 0751 7:8 e", "d 0755 1234:1234 e/sub", "- 0644 1234:1234 e/sub/x f",
         "l 0777 1234:1234 e/sub/y > x"],
    ),
    "a name has the group that it has": Case(
        "COPY --chown=bob f /e/f", "echo f >f", ["d 0751 7:8 e", "- 0644 1234:1235 e/f f"], (BUILDKIT,)
    ),
    "a group alone": Case(
        "COPY --chown=:grp f /e/f", "echo f >f", ["d 0751 7:8 e", "- 0644 0:77 e/f f"], (BUILDKIT,)
    ),
    "a mode, for files and directories but not links nor the target": Case(
        "COPY --chmod=600 s /n/m", "mkdir -p s/sub; echo f >s/sub/x; ln -s x s/sub/l",
        ["d 0755 0:0 n", "d 0755 0:0 n/m", "d 0600 0:0 n/m/sub", "l 0777 0:0 n/m/sub/l > x",
         "- 0600 0:0 n/m/sub/x f"], (BUILDKIT,),
    ),
    "set-id and sticky bits stay": Case(
        "COPY s /n",
        "mkdir s; echo f >s/x; echo g >s/y; chmod 6755 s/x; chmod 2755 s/y; mkdir s/t; chmod 3777 s/t",
        ["d 0755 0:0 n", "d 3777 0:0 n/t", "- 6755 0:0 n/x f", "- 2755 0:0 n/y g"], (BUILDKIT,),
    ),
    "hard links stay links, within one source": Case(
        "COPY s /n/", "mkdir s; echo f >s/a; ln s/a s/b; mkdir s/c; ln s/a s/c/d",
        ["d 0755 0:0 n", "- 0644 0:0 n/a f", "= 0644 0:0 n/b > n/a", "d 0755 0:0 n/c",
         "= 0644 0:0 n/c/d > n/a"],
    ),
    "a named pipe in a directory": Case(
        "COPY s /n", "mkdir s; mkfifo s/p", ["d 0755 0:0 n", "p 0644 0:0 n/p"], (CLASSIC,)
    ),
    "an archive is unpacked as it is": Case(
        "ADD a.tar /d",
        "mkdir t; cd t; mkdir -m 700 dir; echo f >dir/f; echo g >file; chown 9:10 dir/f; chmod 4755 file;"
        "ln file hl; tar cf ../a.tar .; cd ..; rm -r t",
        ["d 0755 0:0 d", "d 0700 0:0 d/dir", "- 0644 9:10 d/dir/f f", "- 4755 0:0 d/file g",
         "= 4755 0:0 d/hl > d/file"],
    ),
    "an archive that does not name its directories goes through what is there": Case(
        "ADD a.tar.xz /d",
        "mkdir -p in link; echo f >in/f; echo g >link/g; tar cJf a.tar.xz in/f link/g; rm -r in link",
        ["d 0755 0:0 d", "d 0755 0:0 d/in", "- 0644 0:0 d/in/f f", "d 0755 0:0 d/other",
         "- 0644 0:0 d/other/g g"],
    ),
    "one that names them replaces links": Case(
        "ADD a.tar.gz /d/", "mkdir link; echo g >link/g; tar czf a.tar.gz link; rm -r link",
        ["d 0755 0:0 d", "d 0755 0:0 d/link", "opaque d/link", "- 0644 0:0 d/link/g g"],
    ),
    "an owner is not for what is in an archive": Case(
        "ADD --chown=5:6 a.tar /d/new/", "mkdir dir; echo g >dir/g; tar cf a.tar dir; rm -r dir",
        ["d 0755 0:0 d", "d 0755 5:6 d/new", "d 0755 0:0 d/new/dir", "- 0644 0:0 d/new/dir/g g"], (BUILDKIT,),
    ),
    "an archive in a directory stays one, and so does a compressed file": Case(
        "ADD s f.gz two.gz e.tar /n/",
        "mkdir s; echo g >g; tar cf s/a.tar g; tar czf one.gz g; gzip <one.gz >two.gz; gzip g; mv g.gz f.gz;"
        "rm one.gz; tar cf e.tar -T /dev/null",
        ["d 0755 0:0 n", "- 0644 0:0 n/a.tar", "- 0644 0:0 n/e.tar", "- 0644 0:0 n/f.gz",
         "- 0644 0:0 n/two.gz"],
    ),
    "COPY unpacks nothing": Case(
        "COPY a.tar /n/", "echo g >g; tar cf a.tar g; rm g; ", ["d 0755 0:0 n", "- 0644 0:0 n/a.tar"],
    ),
}  # fmt: skip


@pytest.fixture
def base(tmp_path: Path) -> Path:
    return make(tmp_path / "base", BASE)


@pytest.mark.parametrize("name", CASES)
def test_the_layer(name: str, base: Path, tmp_path: Path) -> None:
    case = CASES[name]
    context = make(tmp_path / "context", case.context)
    place(case.line, context, [base], tmp_path / "upper")
    assert listing(tar_of(tmp_path / "upper")) == case.layer


@pytest.mark.peers
@pytest.mark.parametrize("kit", BOTH)
@pytest.mark.parametrize("name", CASES)
def test_docker_s_layer(name: str, kit: str, base: Path, tmp_path: Path) -> None:
    """The same table, so that it is docker's word and not ours."""
    case = CASES[name]
    if reason := docker_lacks():
        pytest.skip(reason)
    context = make(tmp_path / "context", case.context)
    theirs = dockers(case.line, context, base, kit=kit == BUILDKIT)
    assert (theirs == case.layer) == (kit in case.like)

