"""A tree of files in memory."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from app.workbench.trees import File, Share, Survey
from engine.errors import NotFound

CONTENT = {"/etc/nginx/nginx.conf": b"worker_processes 4;\nevents {}\n", "/bin/sh": b"\x7fELF\0" * 9}


def one(name: str, nature: Any = "file", size: int = 0, **more: Any) -> File:
    """Make a file of root's."""
    mode = 0o755 if nature == "directory" else 0o644
    return File(name, nature, size, mode, 0, 0, 1_699_990_000.0, **{"layer": 1, **more})


def directories(writable: int = 0) -> dict[str, Sequence[File]]:
    """A merged tree; what a writable layer did is marked if there is one."""
    mark: Any = "changed" if writable else ""
    top = writable or 4
    tree: dict[str, Sequence[File]] = {
        "/": (
            one("bin", "directory"),
            one("etc", "directory", layer=top, mark=mark),
            one("srv", "directory", layer=3),
            one("tmp", "directory"),
        ),
        "/bin": (one("busybox", size=1_131_168), one("sh", "link", 7, link="busybox")),
        "/etc": (
            one("nginx", "directory", layer=top, mark=mark),
            one("passwd", size=926),
            *([one("motd", size=286, layer=top, mark="removed", shadows=(1,), hidden=286)] * bool(writable)),
        ),
        "/etc/nginx": (
            one("mime.types", size=5_349, layer=top if writable else 2, mark="copied up" if writable else "",
                **({"shadows": (2,), "hidden": 5_349} if writable else {})),
            one("nginx.conf", size=4_620, layer=top, mark=mark, shadows=(4, 2)[0 if writable else 1 :],
                hidden=648),
            *([one("run.pid", size=2, layer=top, mark="added")] if writable else []),
        ),
        "/srv": (one("index.html", size=612, layer=3), one("site.tar", size=1_200_000, layer=3)),
        "/tmp": (),
    }  # fmt: skip
    return tree


VOLUME: dict[str, Sequence[File]] = {
    "/": (one("lost", "link", 7, layer=0, link="nowhere"), one("pg", "directory", layer=0)),
    "/pg": (one("base.dat", size=41_200_000, layer=0), one("PG_VERSION", size=3, layer=0)),
}
"""A volume, which has no layers."""


SURVEY = Survey(
    182_404_620,
    3_400_000,
    9,
    (("/srv/site.tar", 2, 3_400_000),),
    (("/srv/site.tar", 3, 1_200_000), ("/bin/busybox", 1, 1_131_168), ("/etc/passwd", 1, 926)),
    (Share(1_204, 0, 0, 177_000_000, 3_400_000), Share(3, 1, 0, 20_000, 0), Share(2, 0, 1, 1_200_612, 0),
     Share(0, 1, 0, 4_620, 0)),
)  # fmt: skip


class FakeTree:
    """Answers from memory."""

    def __init__(self, known: dict[str, Sequence[File]]) -> None:
        self.known = known
        self.looked: list[str] = []

    def list(self, path: str) -> Sequence[File]:
        self.looked.append(path)
        if path not in self.known:
            raise NotFound(f"{path} is not there any more")
        return self.known[path]

    def read(self, path: str, start: int, count: int) -> bytes:
        return CONTENT.get(path, b"")[start : start + count]

    def close(self) -> None:
        return


def alone(layer: int) -> dict[str, Sequence[File]]:
    """What one layer brings."""
    return {
        path: [
            file._replace(mark="added")
            for file in files
            if file.layer == layer
            or (file.nature == "directory" and layer == 2 and file.name in ("etc", "nginx"))
        ]
        for path, files in directories().items()
    }
