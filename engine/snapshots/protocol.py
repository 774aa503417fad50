"""What makes a writable root out of read-only layers.

A *layer* is an unpacked directory as overlayfs wants its lower directories: what it deletes is a character
device 0:0 (a whiteout), and a directory that hides what is below it carries the attribute `overlay.opaque`. A
*stack* is a sequence of such directories, the topmost first. Layers never change once they are in the store.

`prepare` is given a stack and an empty place, and answers with the mounts that make the root. It mounts
nothing itself: whoever starts the container does, in the container's own mount namespace, so that the kernel
cleans up. What a snapshotter keeps lies inside the given directory and nowhere else, in two names: `upper`,
what is written or was filled, and `work`, whatever else it needs. The directory may be renamed after
`prepare`, if the mounts are renamed with it.

With overlayfs `upper` is a layer in its own right: committing it is renaming it. The copying snapshotter
fills `upper` with the whole stack: slow to prepare and as true, for kernels and file systems that refuse an
overlay.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

from engine.kernel.mounts import Mount

TYPE_CHECKING = False
if TYPE_CHECKING:
    from engine.layers.changes import Change


class Snapshotter(Protocol):
    """Prepare a writable root, tell what was written to it, and forget it."""

    @property
    def name(self) -> str:
        """As STACKYARD_SNAPSHOTTER spells it."""

    def prepare(self, directory: str, lowers: Sequence[str]) -> tuple[Mount, ...]:
        """Make a root of a stack (topmost first, absolute paths), keeping what is needed in `directory`.

        Raises EngineError; what was made by then goes when the caller removes the directory.
        """

    def changes(self, directory: str, lowers: Sequence[str]) -> Iterator[Change]:
        """Yield what was added, changed and deleted, sorted, as `docker diff` prints it."""

    def usage(self, directory: str) -> int:
        """Add up the bytes of the regular files that were written, as `docker ps --size` counts them."""

    def remove(self, directory: str) -> None:
        """Delete what `prepare` made; harmless if it is gone."""
