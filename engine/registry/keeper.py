"""Programs that keep credentials: `docker-credential-NAME get|store|erase`, docker's protocol on pipes."""

from __future__ import annotations

import json
import re
import subprocess
from typing import NoReturn

from engine.errors import EngineError, InvalidInput, NotFound
from engine.registry.credential import Credential

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*", re.ASCII)
_PATIENCE = 20.0
"""Seconds: a keeper may ask its user something."""
_TOKEN = "<token>"
_NOTHING = ("credentials not found", "no credentials")


def get(name: str, server: str) -> Credential | None:
    """Ask a keeper for a registry's credential; None if it has none.

    Raises EngineError if it is missing, hangs or talks nonsense; what it said is not repeated, for it may be
    a secret.
    """
    code, said = _run(name, "get", server)
    if code != 0:
        if any(word in said.lower() for word in _NOTHING):
            return None
        _fail(name, "failed")
    try:
        document = json.loads(said)
        username, secret = document["Username"], document["Secret"]
    except (ValueError, KeyError, TypeError, RecursionError):
        _fail(name, "did not answer with a credential")
    if not isinstance(username, str) or not isinstance(secret, str):
        _fail(name, "did not answer with a credential")
    if not secret:
        return None
    return Credential(identity_token=secret) if username == _TOKEN else Credential(username, secret)


def store(name: str, server: str, credential: Credential) -> None:
    """Give a keeper a credential; raises EngineError."""
    secret = credential.identity_token or credential.password
    username = _TOKEN if credential.identity_token else credential.username
    document = {"ServerURL": server, "Username": username, "Secret": secret}
    if _run(name, "store", json.dumps(document))[0] != 0:
        _fail(name, "would not store the credential")


def erase(name: str, server: str) -> None:
    """Let a keeper forget a registry; it need not have known it."""
    _run(name, "erase", server)


def _run(name: str, verb: str, text: str) -> tuple[int, str]:
    if not _NAME.fullmatch(name):
        raise InvalidInput(f"invalid name of a credential helper: {name!r}")
    program = f"docker-credential-{name}"
    try:
        done = subprocess.run(
            [program, verb], input=text.encode(), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            timeout=_PATIENCE, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        _fail(name, f"did not answer within {_PATIENCE:g} seconds")
    except FileNotFoundError:
        raise NotFound(
            f"the credential helper {program} is not installed",
            resolution="install it, or take its name out of config.json",
        ) from None
    except OSError:
        _fail(name, "cannot be run")
    return done.returncode, done.stdout.decode("utf-8", "replace")


def _fail(name: str, what: str) -> NoReturn:
    raise EngineError(f"the credential helper docker-credential-{name} {what}") from None
