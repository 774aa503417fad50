"""What a context or a source of ADD may be besides a path: a URL, or a git repository's address."""

from __future__ import annotations

import re
from typing import NamedTuple

_GIT_PREFIXES = ("git://", "github.com/", "git@", "ssh://git@")


class Repository(NamedTuple):
    """Where a repository is, and what of it is wanted."""

    remote: str
    ref: str
    """A branch, a tag or a commit; empty for the remote's own choice."""
    folder: str
    """The directory in it that is wanted."""


def is_url(text: str) -> bool:
    """Tell a URL that can be downloaded."""
    return text.startswith(("http://", "https://"))


def is_git(text: str) -> bool:
    """Tell the address of a git repository, by docker's rules."""
    return text.startswith(_GIT_PREFIXES) or bool(re.fullmatch(r"https?://[^#]*\.git(#.*)?", text, re.DOTALL))


def repository(address: str) -> Repository:
    """Take an address apart: `remote#ref:folder`."""
    remote, _, fragment = address.partition("#")
    ref, _, folder = fragment.partition(":")
    if remote.startswith("github.com/"):
        remote = f"https://{remote}"
    return Repository(remote, ref, folder)
