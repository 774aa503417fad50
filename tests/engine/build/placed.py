"""A COPY or ADD carried out alone, without a store; and the same one carried out by docker."""

from __future__ import annotations

import io
import json
import os
import subprocess
import tarfile
from pathlib import Path

from engine.build.context.selection import select, target_of
from engine.build.context.tree import Tree
from engine.build.layer.placing import Placing, Source
from engine.dockerfile.instructions import Copy
from engine.dockerfile.program import instruction
from engine.layers.pack import pack
from engine.layers.stream import Packed

DOCKER = "/usr/bin/docker" if os.path.exists("/usr/bin/docker") else "docker"
"""A distribution's own client needs no plug-in for BuildKit."""


OPENED: list[Tree] = []
"""The trees a test reads from, closed after it."""


def make(folder: Path, script: str) -> Path:
    """Make a folder and run a script in it."""
    folder.mkdir(parents=True, exist_ok=True)
    subprocess.run(["sh", "-euc", f"umask 022; {script}"], cwd=folder, check=True)
    return folder


def placing(line: str, context: Path, lowers: list[Path], *, keep_owner: bool = False,
            now: int = 1000) -> Placing:
    """Work out an instruction above some layers, topmost first."""
    copy = instruction(line)
    assert isinstance(copy, Copy)
    tree = Tree(os.open(context, os.O_RDONLY | os.O_CLOEXEC), str(context))
    OPENED.append(tree)
    source = Source(select(copy, tree, "/"), copy.add)
    return Placing([source], target_of(copy, "/"), [str(lower) for lower in lowers], chown=copy.owner,
                   chmod=copy.mode, keep_owner=keep_owner, now=now)  # fmt: skip


def place(line: str, context: Path, lowers: list[Path], upper: Path, *, previous: Path | None = None,
          keep_owner: bool = False, now: int = 1000) -> Packed:
    """Carry an instruction out; what it says of its layer is what packing that layer says."""
    upper.mkdir()
    packed = placing(line, context, lowers, keep_owner=keep_owner, now=now).write(
        str(upper), previous=str(previous or "")
    )
    out = io.BytesIO()
    assert pack(str(upper), out) == packed
    return packed


def tar_of(layer: Path) -> bytes:
    """Pack a layer."""
    out = io.BytesIO()
    pack(str(layer), out)
    return out.getvalue()


def listing(tar: bytes, *, times: bool = False) -> list[str]:
    """Write a layer's entries as lines: kind, mode, owner, name, and what is in it."""
    lines = []
    with tarfile.open(fileobj=io.BytesIO(tar)) as entries:
        for entry in entries:
            folder, _, name = entry.name.rpartition("/")
            if name == ".wh..wh..opq":
                lines.append(f"opaque {folder}")
                continue
            kind = {b"0": "-", b"1": "=", b"2": "l", b"5": "d", b"6": "p", b"3": "c"}[entry.type]
            line = f"{kind} {entry.mode & 0o7777:04o} {entry.uid}:{entry.gid} {entry.name}"
            if entry.linkname:
                line += f" > {entry.linkname}"
            if entry.isreg() and entry.size:
                data = entries.extractfile(entry)
                assert data
                text = data.read(40).decode("utf-8", "replace").strip()
                line += f" {text}" if text.isprintable() else ""
            lines.append(f"{line} {entry.mtime:g}" if times else line)
    return lines


def docker(*words: str, kit: bool = False, given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    """Run docker's client."""
    environment = {**os.environ, "DOCKER_BUILDKIT": str(int(kit))}
    return subprocess.run([DOCKER, *words], input=given, capture_output=True, env=environment)


def docker_lacks() -> str:
    """Say why docker cannot be asked; empty if it can."""
    try:
        answers = docker("version").returncode == 0
    except FileNotFoundError:
        answers = False
    return "" if answers else "needs a docker daemon"


def dockers(line: str, context: Path, base: Path, *, kit: bool) -> list[str] | None:
    """Let docker build the instruction on a base; list the layer it made, or None if it failed."""
    folder = context.parent / "docker"
    folder.mkdir()
    subprocess.run(["tar", "-C", base, "-cf", folder / "base.tar", "."], check=True)
    subprocess.run(["cp", "-a", context, folder / "context"], check=True)
    for name in os.listdir(folder / "context"):
        os.rename(folder / "context" / name, folder / name)
    (folder / "Dockerfile").write_text(f"FROM scratch\nADD base.tar /\n{line}\n")
    (folder / ".dockerignore").write_text("Dockerfile\n.dockerignore\ncontext\n")
    tag = f"placing-{os.urandom(4).hex()}"
    built = docker("build", "--no-cache", "-q", "-t", tag, str(folder), kit=kit)
    if built.returncode:
        return None
    saved = docker("save", tag).stdout
    docker("rmi", "-f", tag)
    with tarfile.open(fileobj=io.BytesIO(saved)) as archive:
        manifest = archive.extractfile("manifest.json")
        assert manifest
        layers = json.load(manifest)[0]["Layers"]
        if len(layers) < 2:
            return []
        member = archive.getmember(layers[-1])
        while member.issym():
            member = archive.getmember(os.path.normpath(f"{os.path.dirname(member.name)}/{member.linkname}"))
        layer = archive.extractfile(member)
        assert layer
        return listing(layer.read())
