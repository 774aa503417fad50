"""Little images to load: layers of a file or two, and the archives that docker and OCI tools make of them."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import tarfile
from collections.abc import Callable, Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

import zstandard

from engine.oci import media

COMPRESSIONS: Mapping[str, Callable[[bytes], bytes]] = {
    "plain": lambda data: data,
    "gzip": lambda data: gzip.compress(data, mtime=0),
    "bzip2": bz2.compress,
    "xz": lzma.compress,
    "zstd": zstandard.compress,
}
LAYER_TYPES = {"plain": media.OCI_LAYER, "gzip": media.OCI_LAYER_GZIP, "zstd": media.OCI_LAYER_ZSTD}


def digest_of(data: bytes) -> str:
    return f"sha256:{sha256(data).hexdigest()}"


def tar_of(files: Mapping[str, bytes | str]) -> bytes:
    """Make a tar; a str is what a symbolic link points to, a name ending in a slash is a directory."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for name, content in files.items():
            info = tarfile.TarInfo(name.rstrip("/"))
            if name.endswith("/"):
                info.type, info.mode = tarfile.DIRTYPE, 0o755
            elif isinstance(content, str):
                info.type, info.linkname = tarfile.SYMTYPE, content
            else:
                info.size = len(content)
            tar.addfile(info, io.BytesIO(content) if isinstance(content, bytes) and info.size else None)
    return out.getvalue()


class Made(NamedTuple):
    """An image made here."""

    config: bytes
    layers: tuple[bytes, ...]
    """Plain tars, bottom first."""

    @property
    def id(self) -> str:
        return digest_of(self.config)

    @property
    def diff_ids(self) -> list[str]:
        return [digest_of(layer) for layer in self.layers]


def make(*layers: Mapping[str, bytes | str], **config: Any) -> Made:
    """Make an image; `config` are members of its config document."""
    tars = tuple(tar_of(files) for files in layers)
    document = {
        "architecture": "amd64",
        "os": "linux",
        "created": "2026-01-02T03:04:05.5Z",
        "config": {"Cmd": ["sh"]},
        "history": [{"created_by": f"step {number}"} for number in range(len(tars))],
        "rootfs": {"type": "layers", "diff_ids": [digest_of(tar) for tar in tars]},
        **config,
    }
    # Not the shortest form, so that a test notices when the bytes are written anew.
    return Made(json.dumps(document, indent=1).encode(), tars)


def docker_archive(
    images: Mapping[str, Made] | Sequence[tuple[Sequence[str], Made]], **spoiled: bytes | str
) -> bytes:
    """Make an archive as `docker save` does; `spoiled` replaces or adds members, with `_` for `/`."""
    pairs = [([name], made) for name, made in images.items()] if isinstance(images, Mapping) else images
    files: dict[str, bytes | str] = {}
    manifest = []
    for names, made in pairs:
        paths = []
        for diff_id, tar in zip(made.diff_ids, made.layers, strict=True):
            paths.append(f"{diff_id[7:19]}/layer.tar")
            files[paths[-1]] = tar
        files[f"{made.id[7:]}.json"] = made.config
        manifest.append({"Config": f"{made.id[7:]}.json", "RepoTags": list(names) or None, "Layers": paths})
    files["manifest.json"] = json.dumps(manifest).encode()
    return tar_of({**files, **spoiled})


class Layout:
    """An OCI layout in the making: blobs by digest, and the entries of its index."""

    def __init__(self) -> None:
        self.blobs: dict[str, bytes] = {}
        self.entries: list[dict[str, Any]] = []

    def blob(self, data: bytes, media_type: str, **more: Any) -> dict[str, Any]:
        """Keep a blob; return its descriptor."""
        name = digest_of(data)
        self.blobs[name] = data
        return {"mediaType": media_type, "digest": name, "size": len(data), **more}

    def manifest(self, made: Made, compression: str = "gzip", **more: Any) -> dict[str, Any]:
        """Keep an image; return its manifest's descriptor."""
        packed = [COMPRESSIONS[compression](tar) for tar in made.layers]
        document = {
            "schemaVersion": 2,
            "mediaType": media.OCI_MANIFEST,
            "config": self.blob(made.config, media.OCI_CONFIG),
            "layers": [self.blob(data, LAYER_TYPES[compression]) for data in packed],
        }
        return self.blob(json.dumps(document).encode(), media.OCI_MANIFEST, **more)

    def index(self, *descriptors: dict[str, Any], **more: Any) -> dict[str, Any]:
        """Keep an index of descriptors; return its own."""
        document = {"schemaVersion": 2, "mediaType": media.OCI_INDEX, "manifests": descriptors}
        return self.blob(json.dumps(document).encode(), media.OCI_INDEX, **more)

    def add(self, descriptor: dict[str, Any], name: str | None = None) -> Layout:
        """Put an entry into index.json, under a name."""
        named = {"annotations": {"org.opencontainers.image.ref.name": name}} if name else {}
        self.entries.append({**descriptor, **named})
        return self

    def files(self) -> dict[str, bytes | str]:
        """Return the layout's files."""
        index = {"schemaVersion": 2, "manifests": self.entries}
        return {
            "oci-layout": b'{"imageLayoutVersion":"1.0.0"}',
            "index.json": json.dumps(index).encode(),
            **{f"blobs/sha256/{name[7:]}": data for name, data in self.blobs.items()},
        }

    def write(self, folder: Path) -> str:
        """Write the layout's directory."""
        for name, data in self.files().items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data if isinstance(data, bytes) else data.encode())
        return str(folder)


class Unseekable(io.RawIOBase):
    """A pipe: it gives what it has, a little at a time, once."""

    def __init__(self, data: bytes) -> None:
        self._data = io.BytesIO(data)

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        return self._data.read(min(size, 1000) if size > 0 else size)
