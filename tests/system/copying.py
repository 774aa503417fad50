"""Shapes of `cp`: a container and a folder that hold a bit of everything, and what is copied between them.

`python -m tests.system.copying` asks docker, and writes its answers beside this file.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

TABLE = Path(__file__).with_name("copies.json")
IMAGE = "box:latest"
TIME = 1_700_000_000
NODES: tuple[tuple[str, int, str], ...] = (
    ("file", 0o644, "file"),
    ("script", 0o4755, "script"),
    ("dir/", 0o750, ""),
    ("dir/a", 0o640, "a"),
    ("dir/sub/", 0o755, ""),
    ("dir/sub/b", 0o600, "b"),
    ("empty/", 0o755, ""),
    ("to-file", 0, "file"),
    ("to-dir", 0, "dir"),
    ("to-nothing", 0, "nowhere"),
    ("to-missing-dir", 0, "no/where"),
    ("loop", 0, "loop"),
    ("linked/", 0o755, ""),
    ("linked/in", 0, "x"),
    ("linked/x", 0o644, "x"),
    ("climbing/", 0o755, ""),
    ("climbing/up", 0, "../file"),
    ("hard/", 0o755, ""),
    ("hard/one", 0o644, "hard"),
)
"""Name, mode and content; a mode of 0 is a link. They lie in the folder and in the container's /box."""
OWNER = 1234, 5678
_OWN = ("dev", "proc", "sys", "etc", ".dockerenv")
"""What each engine has in a container besides the image."""


class Case(NamedTuple):
    """One copy."""

    words: str
    """Of `cp`; C is the container."""
    stdin: str = ""
    """A file of the folder."""


CASES = tuple(
    Case(*line)
    for line in (
        ("C:/box/file new",), ("C:/box/file file",), ("C:/box/file empty",), ("C:/box/file empty/",),
        ("C:/box/file missing/",), ("C:/box/file missing/new",), ("C:/box/file to-file",),
        ("C:/box/file to-dir",), ("C:/box/file to-nothing",), ("C:/box/file to-missing-dir",),
        ("C:/box/file .",), ("C:box/file new",), ("C:/box/file file/",), ("C:/box/file loop",),
        ("C:/box/script new",), ("-a C:/box/script new",),
        ("C:/box/dir new",), ("C:/box/dir new/",), ("C:/box/dir empty",), ("C:/box/dir/ new",),
        ("C:/box/dir/. new",), ("C:/box/dir/. empty",), ("C:/box/dir dir",), ("C:/box/dir/. dir",),
        ("C:/box/dir file",), ("C:/box/dir missing/new",), ("C:/box/dir to-dir",),
        ("C:/box/to-file new",), ("-L C:/box/to-file new",), ("C:/box/to-dir new",),
        ("C:/box/to-dir/ new",), ("-L C:/box/to-dir empty",), ("C:/box/to-dir/. empty",),
        ("C:/box/to-nothing new",), ("-L C:/box/to-nothing new",), ("C:/box/linked new",),
        ("C:/box/climbing new",), ("C:/box/climbing/up new",), ("C:/box/hard new",), ("C:/box/loop/x new",),
        ("C:/box/missing new",), ("C:/box/file/ new",), ("C:/box/file/. new",), ("C:../../box/file new",),
        ("C:/box/file -",), ("C:/box/dir -",), ("C:/box/dir/. -",), ("C:/box/to-dir/ -",),
        ("C:/box/to-dir -",), ("-L C:/box/to-dir -",), ("C:/box/hard -",), ("C:/box/missing -",),
        ("file C:/box/new",), ("file C:/box/file",), ("file C:/box/empty",), ("file C:/box/empty/",),
        ("file C:/box/missing/",), ("file C:/box/missing/new",), ("file C:/box/to-file",),
        ("file C:/box/to-dir",), ("file C:/box/to-nothing",), ("file C:/box/to-missing-dir",),
        ("file C:/",), ("file C:",), ("file C:box",), ("file C:/box/file/",), ("file C:/box/loop",),
        ("script C:/box/new",), ("-a script C:/box/new",), ("missing C:/box",), ("file/ C:/box/new",),
        ("dir C:/box/new",), ("dir C:/box/new/",), ("dir C:/box/empty",), ("dir/ C:/box/new",),
        ("dir/. C:/box/new",), ("dir/. C:/box/empty",), ("dir C:/box",), ("dir C:/box/file",),
        ("dir C:/box/missing/new",), ("dir C:/box/to-dir",), ("dir/. C:/",),
        ("to-file C:/box/new",), ("-L to-file C:/box/new",), ("to-dir C:/box/new",),
        ("to-dir/ C:/box/new",), ("-L to-dir C:/box/empty",), ("to-dir/. C:/box/empty",),
        ("to-nothing C:/box/new",), ("-L to-nothing C:/box/new",), ("climbing C:/box/new",),
        ("hard C:/box/new",), ("clash/. C:/box",), ("clash2/. C:/box",),
        ("- C:/box/empty", "dir.tar"), ("- C:/box/file", "dir.tar"), ("- C:/box/missing", "dir.tar"),
        ("- C:/box/to-dir", "dir.tar"), ("- C:/box", "dir.tar"), ("- C:/box", "dir.tar.gz"),
        ("- C:/box/empty", "climbing.tar"), ("- C:/box/empty", "file"),
        ("file other",), ("C:/box/file C:/box/new",), ("- -",), ("nobody:/box/file new",),
        ("file nobody:/box",), (":/box/file new",),
    )
)  # fmt: skip


def folder(place: Path) -> None:
    """Fill a folder, with archives to bring along."""
    _fill(place)
    for name, mode in (("dir.tar", "w"), ("dir.tar.gz", "w:gz")):
        with tarfile.open(place / name, mode) as tar:  # type: ignore[call-overload]
            for node in ("dir", "dir/a", "dir/sub", "dir/sub/b"):
                tar.add(place / node, node, recursive=False)
    with tarfile.open(place / "climbing.tar", "w") as tar:
        tar.add(place / "file", "../climbed")
    (place / "clash" / "file").mkdir(parents=True)
    (place / "clash2").mkdir()
    (place / "clash2" / "dir").write_text("a file where the container has a folder")


def _fill(place: Path) -> None:
    for name, mode, content in NODES:
        path = place / name
        if name.endswith("/"):
            path.mkdir()
        elif not mode:
            path.symlink_to(content)
        else:
            path.write_text(content)
    os.link(place / "hard/one", place / "hard/two")
    for name, mode, _ in NODES:
        path = place / name
        os.chown(path, *(OWNER if name == "script" else (0, 0)), follow_symlinks=False)
        if mode:
            path.chmod(mode)


def image(place: Path) -> Path:
    """Make the archive of the container's root."""
    root = place / "root"
    (root / "box").mkdir(parents=True)
    _fill(root / "box")
    path = place / "box.tar"
    with tarfile.open(path, "w") as tar:
        tar.add(root, "")
    return path


def tree(place: Path) -> set[str]:
    """List a folder, a line for each name."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as tar:
        for name in sorted(os.listdir(place)):
            tar.add(place / name, name)
    return lines(stream.getvalue())


def lines(archive: bytes) -> set[str]:
    """List an archive, a line for each name."""
    found = set()
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        for member in tar:
            name = member.name.removeprefix("./")
            if name.partition("/")[0] in _OWN:
                continue
            file = tar.extractfile(member) if member.isreg() or member.islnk() else None
            content = hashlib.sha256(file.read()).hexdigest()[:8] if file else ""
            kind = "file" if file else "link" if member.issym() else "dir" if member.isdir() else "other"
            link = f" -> {member.linkname}" if member.issym() else ""
            mode = "" if link else f" {member.mode & 0o7777:o}"
            found.add(f"{name} {kind}{mode} {member.uid}:{member.gid} {content}{link}".rstrip())
    return found


def names(archive: bytes) -> list[str]:
    """List an archive's names as they are written in it."""
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        members = list(tar)
    return [one.name + "/" * one.isdir() + f" = {one.linkname}" * one.islnk() for one in members]


class Engine(NamedTuple):
    """Whoever copies."""

    create: Callable[[], str]
    copy: Callable[[Sequence[str], Path, bytes], subprocess.CompletedProcess[bytes]]
    export: Callable[[str], bytes]
    remove: Callable[[str], object]


def ask(engine: Engine, case: Case, place: Path) -> dict[str, Any]:
    """Copy once, in a fresh container and a fresh folder, and tell what came of it."""
    folder(place)
    before = tree(place)
    container = engine.create()
    try:
        untouched = lines(engine.export(container))
        words = [re.sub(r"^C:", f"{container}:", word) for word in case.words.split()]
        stdin = (place / case.stdin).read_bytes() if case.stdin else b""
        done = engine.copy(words, place, stdin)
        changed = lines(engine.export(container))
    finally:
        engine.remove(container)
    said = _plain(done.stderr.decode(), container, place)
    return {
        "code": done.returncode,
        "said": said,
        **({"archive": names(done.stdout)} if done.stdout else {}),
        "folder": _difference(before, tree(place)),
        "container": _difference(untouched, changed),
    }


def _difference(before: set[str], after: set[str]) -> list[str]:
    return sorted(f"- {line}" for line in before - after) + sorted(f"+ {line}" for line in after - before)


def _plain(said: str, container: str, place: Path) -> str:
    """Take off what is the engine's own: where it keeps things, and how it begins a sentence."""
    kept = [line for line in said.splitlines() if not line.startswith(("time=", "See '", "  "))]
    text = "\n".join(kept).replace(str(place), "HERE").replace(container, "C")
    text = re.sub(r"/[^ ]*/(overlay2|merged)[^ ]*/merged", "", text)
    text = re.sub(r"Error processing tar file\([^)]*\): ", "", text)
    return re.sub(r"^(Error response from daemon|Error): ", "", text).strip()


def docker() -> Engine:
    """Ask docker; the image is imported already."""

    def run(*words: str, **more: Any) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(["docker", *words], capture_output=True, timeout=60, **more)

    def create() -> str:
        return run("create", IMAGE, "/none", check=True).stdout.decode().strip()

    def copy(words: Sequence[str], place: Path, stdin: bytes) -> subprocess.CompletedProcess[bytes]:
        return run("cp", *words, cwd=place, input=stdin)

    return Engine(
        create, copy, lambda name: run("export", name, check=True).stdout, lambda name: run("rm", "-f", name)
    )


def record(cases: Iterable[Case] = CASES) -> list[dict[str, Any]]:
    """Ask docker all cases."""
    answers = []
    with tempfile.TemporaryDirectory() as scratch:
        archive = image(Path(scratch))
        subprocess.run(["docker", "import", str(archive), IMAGE], check=True, capture_output=True)
        for number, case in enumerate(cases):
            place = Path(scratch) / f"case-{number}"
            place.mkdir()
            answers.append({"cp": case.words, "stdin": case.stdin, **ask(docker(), case, place)})
        subprocess.run(["docker", "rmi", "-f", IMAGE], capture_output=True)
    return answers


if __name__ == "__main__":
    answers = record()
    TABLE.write_text("[\n" + ",\n".join(json.dumps(answer) for answer in answers) + "\n]\n")
    sys.stdout.write(f"{len(answers)} answers\n")
