"""How a full yard feels: `ps -a` and `images` with 300 containers and 300 images, and the workbench's first
frame.

Run by hand, as root:  python tests/bench/listing.py
"""

from __future__ import annotations

import io
import tarfile
import tempfile

from ratio import STACKYARD, command, median, tell

from engine.containers.options import Options
from engine.engine import Engine

IMAGE = "yard/base:latest"
MANY = 300


def main() -> None:
    """Fill a store and measure."""
    with tempfile.TemporaryDirectory() as folder:
        root = f"{folder}/yard"
        engine = Engine(root)
        engine.images.import_host(reference=IMAGE)
        for number in range(MANY):
            engine.images.import_(io.BytesIO(_layer(number)), f"yard/n{number}:latest")
            engine.containers.create(IMAGE, Options(command=("true",), name=f"c{number}"))
        ours = [*STACKYARD, "--root", root]
        tell(f"ps -a with {MANY} containers", median(command([*ours, "ps", "-a"])), {})
        tell(f"images with {MANY} images", median(command([*ours, "images"])), {})


def _layer(number: int) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        text = f"{number}\n".encode()
        entry = tarfile.TarInfo("number")
        entry.size = len(text)
        tar.addfile(entry, io.BytesIO(text))
    return out.getvalue()


if __name__ == "__main__":
    main()
