"""Logging in to registries and out again: what is kept is what docker's own client finds too."""

from __future__ import annotations

import json
import os
import tempfile
from typing import Any, NamedTuple

from engine.errors import Denied, from_os
from engine.registry import credentials, keeper
from engine.registry.connection import greet
from engine.registry.credential import Credential


class Kept(NamedTuple):
    """Where a login was kept."""

    path: str
    """The file that has it, or names its keeper."""
    keeper: str
    """The program that keeps it; empty if the file does, unencrypted."""


def login(domain: str, username: str, password: str) -> Kept:
    """Try a name and a password at a registry, and keep them; raises Denied, Unreachable."""
    credential = Credential(username, password)
    verify(domain, credential)
    file = credentials.files()[0]
    program = file.keeper(domain)
    key = credentials.server(domain)
    if program:
        keeper.store(program, key, credential)
    document = file.read()
    document.setdefault("auths", {})[key] = {} if program else {"auth": credential.encoded}
    _write(file.path, document)
    return Kept(file.path, program)


def verify(domain: str, credential: Credential) -> None:
    """Show a credential to a registry; raises Denied if it will not have it, Unreachable."""
    with greet(domain, credential) as session:
        try:
            with session.open("GET", "/v2/"):
                return
        except Denied as error:
            raise Denied(
                f"login attempt to {session.door.base}/v2/ failed with status: 401 Unauthorized",
                details=None if error.brief.startswith("unauthorized") else error.brief,
            ) from None


def existing(domain: str) -> Credential | None:
    """Find what somebody has logged in with before."""
    return credentials.find(domain)


def logout(domain: str) -> bool:
    """Forget a registry in every file of this user; tell whether there was anything."""
    known = False
    for file in credentials.files():
        document = file.read()
        key = credentials.server(domain)
        program = file.keeper(domain)
        if program:
            keeper.erase(program, key)
        auths = document.get("auths")
        if isinstance(auths, dict) and auths.pop(key, None) is not None:
            known = True
            _write(file.path, document)
    return known


def _write(path: str, document: dict[str, Any]) -> None:
    """Replace a file whole, readable by nobody else from its first moment."""
    folder = os.path.dirname(path)
    try:
        os.makedirs(folder, mode=0o700, exist_ok=True)
        # Through a link, so that a config.json kept elsewhere stays there.
        target = os.path.realpath(path)
        descriptor, staged = tempfile.mkstemp(dir=os.path.dirname(target), prefix=".config-")
        try:
            with open(descriptor, "w", encoding="utf-8") as file:
                json.dump(document, file, indent="\t")
                file.flush()
                os.fsync(descriptor)
            os.rename(staged, target)
        except BaseException:
            os.unlink(staged)
            raise
    except OSError as error:
        raise from_os(error, "cannot keep the login") from error
