"""The words of a RUN: what its shell is given, and what becomes of its heredocs."""

from __future__ import annotations

import re
from collections.abc import Sequence

from engine.dockerfile.instructions import Command
from engine.runtime.attachments import Attachment

_SCRIPTS = "/dev/pipes"
_ALONE = re.compile(r"\s*\d*<<-?\s*(?:[\"']?)[\w.-]+(?:[\"']?)\s*")


def words(command: Command, shell: Sequence[str]) -> tuple[tuple[str, ...], tuple[Attachment, ...]]:
    """Return what to execute, and the file it needs, if any.

    A lone heredoc is the shell's own text, or with `#!` a program by itself; any other goes to the shell
    behind its line, as it was written.
    """
    if not command.shell:
        return command.words, ()
    text, heredocs = command.words[0], command.heredocs
    if not heredocs:
        return (*shell, text), ()
    if len(heredocs) > 1 or not _ALONE.fullmatch(text):
        documents = "".join(f"\n{document.content}{document.name}" for document in heredocs)
        return (*shell, text + documents), ()
    document = heredocs[0]
    if not document.content.startswith("#!"):
        return (*shell, document.content), ()
    path = f"{_SCRIPTS}/{document.name}"
    content = document.content.encode(errors="surrogateescape")
    return (*shell, path), (Attachment("file", path, content=content, mode=0o755, writable=False),)
