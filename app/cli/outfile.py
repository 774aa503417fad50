"""A file that is written beside its name and takes it when it is whole: a failure leaves what was there."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO


@contextmanager
def outfile(path: str) -> Iterator[BinaryIO]:
    """Yield a file to write to; a device or a pipe of that name is written to and not replaced."""
    if os.path.exists(path) and not os.path.isfile(path):
        with open(path, "wb") as out:
            yield out
        return
    partial = f"{path}.{os.getpid()}.partial"
    try:
        with open(partial, "xb") as out:
            yield out
        os.rename(partial, path)
    except BaseException:
        if os.path.exists(partial):
            os.unlink(partial)
        raise
