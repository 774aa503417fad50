"""All that one COPY or ADD takes: from its tree, from heredocs, and for ADD from URLs and repositories."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Callable
from typing import NamedTuple

from engine.build.context import addresses
from engine.build.context.inputs import Inputs, Item, Selection
from engine.build.context.scratch import Scratch
from engine.build.context.selection import select, target_of
from engine.build.context.tree import Tree
from engine.dockerfile.instructions import Copy, Heredoc
from engine.errors import EngineError, InvalidInput
from engine.kernel import files
from engine.paths import Paths

Progress = Callable[[int], None]
_FILE = "content"


class Source(NamedTuple):
    """Something to copy from, and whether a file in it that is an archive is unpacked instead."""

    selection: Selection
    unpack: bool = False


class Taking:
    """Selects and fetches; what was fetched stays until this is closed."""

    def __init__(self, paths: Paths, progress: Progress = lambda count: None) -> None:
        """`progress` hears the bytes of a download so far and may raise to stop."""
        self._paths = paths
        self._progress = progress
        self._scratch: Scratch | None = None
        self._trees: list[Tree] = []

    def take(self, copy: Copy, inputs: Inputs, workdir: str) -> list[Source]:
        """Take what an expanded COPY or ADD names. Raises EngineError with docker's sentences."""
        if len(copy.sources) + len(copy.heredocs) > 1:
            select(copy, inputs, workdir, ())  # asks for a target that can hold many
        fetched = [source for source in copy.sources if _is_remote(copy, source)]
        local = [source for source in copy.sources if source not in fetched]
        taken: list[Source] = []
        if local:
            taken.append(Source(select(copy, inputs, workdir, local), copy.add and copy.unpack is not False))
        for source in fetched:
            if addresses.is_git(source):
                taken.append(Source(self._repository(copy, source, workdir)))
            else:
                taken.append(Source(self._url(copy, source, workdir), copy.unpack is True))
        taken += [Source(self._heredoc(copy, heredoc, workdir)) for heredoc in copy.heredocs]
        return taken

    def close(self) -> None:
        """Remove what was fetched."""
        for tree in self._trees:
            tree.close()
        if self._scratch is not None:
            self._scratch.close()

    def _folder(self) -> str:
        if self._scratch is None:
            self._scratch = Scratch(self._paths)
        return self._scratch.directory()

    def _tree(self, root: int) -> Tree:
        tree = Tree(root, "")
        self._trees.append(tree)
        return tree

    def _repository(self, copy: Copy, address: str, workdir: str) -> Selection:
        from engine.build.context.git import clone, subfolder

        wanted = addresses.repository(address)
        folder = self._folder()
        commit = clone(wanted, folder, keep_git=copy.keep_git_dir, doing="ADD failed")
        if copy.checksum and not commit.startswith(copy.checksum):
            raise EngineError(f"ADD failed: expected checksum to match {copy.checksum}, got {commit}")
        tree = self._tree(subfolder(folder, wanted.folder, "ADD failed"))
        whole = copy._replace(sources=(".",), heredocs=(), parents=False)
        return select(whole, tree, workdir)

    def _url(self, copy: Copy, url: str, workdir: str) -> Selection:
        from engine.build.context.downloads import Downloads
        from engine.build.context.remote import verified

        target = target_of(copy, workdir)
        folder = self._folder()
        with open(f"{folder}/{_FILE}", "xb") as file:
            expected = (copy.checksum or "").removeprefix("sha256:")
            found = Downloads(self._paths).take(url, file, "ADD failed", self._progress, expected=expected)
        if copy.checksum:
            verified(copy.checksum, found.digest, url)
        if not found.name and target.endswith(b"/"):
            raise InvalidInput(f"ADD failed: cannot determine filename for source {url}")
        os.chmod(f"{folder}/{_FILE}", 0o600)
        os.utime(f"{folder}/{_FILE}", (found.modified, found.modified))
        return self._lone(folder, found.name, target)

    def _heredoc(self, copy: Copy, heredoc: Heredoc, workdir: str) -> Selection:
        if "/" in heredoc.name or heredoc.name in (".", ".."):
            raise InvalidInput(f"COPY failed: {heredoc.name!r} cannot be a file's name")
        folder = self._folder()
        with open(f"{folder}/{_FILE}", "xb") as file:
            file.write(heredoc.content.encode("utf-8", "surrogateescape"))
        os.chmod(f"{folder}/{_FILE}", 0o644)
        return self._lone(folder, heredoc.name, target_of(copy, workdir))

    def _lone(self, folder: str, name: str, target: bytes) -> Selection:
        """Select the one file in a folder of ours, under its name."""
        from hashlib import sha256

        tree = self._tree(os.open(folder, files.DIRECTORY))
        called = os.fsencode(name)
        (input,) = tree.walk(_FILE.encode())
        into = target.endswith(b"/")
        base = target.strip(b"/")
        place = posixpath.join(base, called) if into else base
        digest = sha256(called + b"\0" + tree.digest(input.path).encode()).hexdigest()
        return Selection(tree, (Item(input, place),), digest, "file", b"" if into else called)


def _is_remote(copy: Copy, source: str) -> bool:
    """Tell a URL or a repository; a name that may as well be a path is a path."""
    if copy.add:
        return addresses.is_url(source) or (addresses.is_git(source) and not source.startswith("github.com/"))
    if addresses.is_url(source):
        raise InvalidInput("COPY failed: source can't be a URL for COPY", resolution="use ADD")
    return False
