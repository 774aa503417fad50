"""A stack of 150 layers runs: more than a page of mount options could name."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile

import pytest

from engine.containers.options import Options
from engine.engine import Engine

pytestmark = pytest.mark.root
LAYERS = 150


def _tar(**files: bytes) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        for name, data in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            tar.addfile(entry, io.BytesIO(data))
    return out.getvalue()


def _deep(base: bytes) -> bytes:
    """Make a docker archive: the base, and on it layers that each write `top` and a file of their own."""
    above = [_tar(**{"top": b"%d" % number, f"own{number}": b""}) for number in range(1, LAYERS)]
    layers = [base, *above]
    diff_ids = [f"sha256:{hashlib.sha256(layer).hexdigest()}" for layer in layers]
    config = {"architecture": "amd64", "os": "linux", "config": {"Cmd": ["sh"]}}
    text = json.dumps({**config, "rootfs": {"type": "layers", "diff_ids": diff_ids}}).encode()
    names = [f"{number}/layer.tar" for number in range(LAYERS)]
    manifest = [{"Config": "config.json", "RepoTags": ["deep:latest"], "Layers": names}]
    members = dict(zip(names, layers, strict=True))
    return _tar(**{"config.json": text, "manifest.json": json.dumps(manifest).encode(), **members})


def test_150_layers_are_loaded_and_run(yard: Engine) -> None:
    saved = io.BytesIO()
    yard.images.save(["yard/base"], saved)
    with tarfile.open(fileobj=io.BytesIO(saved.getvalue())) as archive:
        name = next(name for name in archive.getnames() if name.endswith("layer.tar"))
        base = archive.extractfile(name)
        assert base is not None
        list(yard.images.load(io.BytesIO(_deep(base.read()))))
    id = yard.containers.create("deep", Options(command=("sh", "-c", "cat /top; ls -d /own* | wc -l")))
    yard.containers.start(id)
    yard.containers.wait(id)
    said = b"".join(entry.data for entry in yard.containers.logs(id))
    assert said == b"149149\n"
    yard.containers.remove(id)
    yard.images.remove("deep")
