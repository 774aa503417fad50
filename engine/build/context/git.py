"""Fetching a repository with the `git` program."""

from __future__ import annotations

import os
import re
import subprocess

from engine.build.context.addresses import Repository
from engine.errors import EngineError, InvalidInput, Unsupported
from engine.kernel import files

_DOING = "unable to prepare context: unable to 'git clone' to temporary context directory"
_COMMIT = re.compile("[0-9a-f]{40}|[0-9a-f]{64}")


def clone(wanted: Repository, folder: str, *, keep_git: bool = False, doing: str = _DOING) -> str:
    """Check out what is wanted into an empty directory, submodules too; return the commit.

    Only the one commit is fetched where the remote allows it. Raises EngineError with what git said.
    """
    if wanted.remote.startswith("-") or wanted.ref.startswith("-"):
        raise InvalidInput(f"{doing}: a repository or a ref cannot begin with a dash")
    git = _Git(folder, doing)
    git("init", "--quiet")
    git("remote", "add", "origin", wanted.remote)
    target = _fetch(git, wanted.ref)
    git("checkout", "--quiet", "--detach", target)
    git("submodule", "update", "--init", "--recursive", "--depth=1")
    commit = git("rev-parse", "HEAD").strip()
    if not keep_git:
        _strip(folder)
    return commit


def subfolder(folder: str, below: str, doing: str) -> int:
    """Open a directory of a repository; no link leads out of it. Raises InvalidInput."""
    root = os.open(folder, files.DIRECTORY)
    try:
        return files.open_in_root(root, os.fsencode(below), files.DIRECTORY)
    except OSError as error:
        reason = (error.strerror or "").lower()
        raise InvalidInput(f"{doing}: there is no directory {below!r} in the repository: {reason}") from error
    finally:
        os.close(root)


def _fetch(git: _Git, ref: str) -> str:
    """Fetch a branch, a tag or a commit; return the name to check out."""
    try:
        git("fetch", "--quiet", "--depth=1", "origin", "--", ref or "HEAD")
        return "FETCH_HEAD"
    except EngineError:
        if not ref:
            raise
    # A short commit, or one that the remote does not hand out by itself: fetch all and look for it.
    git("fetch", "--quiet", "--tags", "origin", "--", "+refs/heads/*:refs/remotes/origin/*")
    for name in (f"refs/remotes/origin/{ref}", ref):
        try:
            return git("rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}").strip()
        except EngineError:
            continue
    said = f"fatal: couldn't find remote ref {ref}\n"
    raise EngineError(f"{git.doing}: error fetching: {said}: exit status 128")


def _strip(folder: str) -> None:
    """Remove what git keeps beside the files."""
    from engine.store.removal import remove_tree

    for here, _, names in os.walk(folder):
        if ".git" in names:
            os.unlink(f"{here}/.git")
    remove_tree(f"{folder}/.git")


class _Git:
    """The program, run in one directory; it asks nobody and obeys no repository's idea of a transport."""

    def __init__(self, folder: str, doing: str) -> None:
        self.folder = folder
        self.doing = doing
        self._environment = {
            **{key: value for key, value in os.environ.items() if key not in ("GIT_DIR", "GIT_WORK_TREE")},
            "GIT_TERMINAL_PROMPT": "0",
            "GIT_PROTOCOL_FROM_USER": "0",
            "LC_ALL": "C",
        }

    def __call__(self, *words: str) -> str:
        try:
            done = subprocess.run(
                ["git", *words], cwd=self.folder, env=self._environment, stdin=subprocess.DEVNULL,
                capture_output=True, text=True, errors="replace", check=False,
            )  # fmt: skip
        except FileNotFoundError as error:
            raise Unsupported("unable to find 'git'", resolution="install git") from error
        if done.returncode:
            said = done.stderr or done.stdout
            verb = "fetching" if words[0] == "fetch" else f"running git {words[0]}"
            raise EngineError(f"{self.doing}: error {verb}: {said}: exit status {done.returncode}")
        return done.stdout
