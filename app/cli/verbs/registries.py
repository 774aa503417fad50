"""`login`, `logout`, `search` and `manifest inspect`: what is asked of registries themselves."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from app.cli.command import Command
from app.cli.console import say, warn
from app.cli.flags import Arguments, Flag, UsageError, filter_word
from app.cli.rows import Row
from engine.errors import EngineError, InvalidInput
from engine.oci.reference import DEFAULT_DOMAIN

if TYPE_CHECKING:
    from engine.engine import Engine
    from engine.registry.search import Found

_SUCCESS = "Login Succeeded"
_UNENCRYPTED = """
WARNING! Your credentials are stored unencrypted in '{path}'.
Configure a credential helper to remove this warning. See
https://docs.docker.com/go/credential-store/
"""
_HUB = ("docker.io", "index.docker.io", "https://index.docker.io/v1/", "registry-1.docker.io")


def _login(engine: Engine, arguments: Arguments) -> int:
    domain = _domain(arguments)
    username, password = arguments.text("username"), arguments.text("password")
    if password:
        warn("WARNING! Using --password via the CLI is insecure. Use --password-stdin.")
    if arguments.switch("password-stdin"):
        if password:
            raise UsageError("conflicting options: cannot specify both --password and --password-stdin", 1)
        if not username:
            raise UsageError("the --password-stdin option requires --username to be set", 1)
        password = sys.stdin.read().rstrip("\r\n")
    if not password and not username:
        kept = _relogin(engine, domain)
        if kept:
            say(_SUCCESS)
            return 0
    if not (username and password):
        username, password = _asked(username, password)
    done = engine.registries.login(domain, username, password)
    if not done.keeper:
        warn(_UNENCRYPTED.format(path=done.path))
    say(_SUCCESS)
    return 0


def _relogin(engine: Engine, domain: str) -> bool:
    """Try what was kept; where that is no longer good, the user is asked."""
    try:
        username = engine.registries.relogin(domain)
    except EngineError as error:
        warn(f"Login did not succeed, error: {error}")
        return False
    if username:
        warn(f"Authenticating with existing credentials... [Username: {username}]\n")
    return bool(username)


def _asked(username: str, password: str) -> tuple[str, str]:
    if not sys.stdin.isatty():
        raise InvalidInput("Cannot perform an interactive login from a non TTY device")
    from getpass import getpass

    username = username or input("Username: ").strip()
    if not username:
        raise InvalidInput("username is required")
    password = password or getpass("Password: ")
    if not password:
        raise InvalidInput("password is required")
    return username, password


def _logout(engine: Engine, arguments: Arguments) -> int:
    domain = _domain(arguments)
    shown = "https://index.docker.io/v1/" if domain == DEFAULT_DOMAIN else domain
    known = engine.registries.logout(domain)
    say(f"Removing login credentials for {shown}" if known else f"Not logged in to {shown}")
    return 0


def _domain(arguments: Arguments) -> str:
    """Read the server's name as docker does: without a scheme and without a path."""
    text = "".join(arguments.positional)
    if not text or text in _HUB:
        return DEFAULT_DOMAIN
    return text.removeprefix("https://").removeprefix("http://").partition("/")[0]


def _search(engine: Engine, arguments: Arguments) -> int:
    from app.cli.listing import show

    limit = arguments.number("limit")
    filters = arguments.filters()
    unknown = next((name for name in filters if name not in ("is-official", "is-automated", "stars")), None)
    if unknown is not None:
        raise InvalidInput(f"invalid filter '{unknown}'")
    found = engine.registries.search(arguments.positional[0], 25 if limit is None else limit)
    rows = [_row(one, arguments.switch("no-trunc")) for one in found if _passes(one, filters)]
    show(rows, _HEADINGS, ("Name", "Description", "StarCount", "IsOfficial"), arguments.text("format"))
    return 0


_HEADINGS = {
    "Name": "NAME",
    "Description": "DESCRIPTION",
    "StarCount": "STARS",
    "IsOfficial": "OFFICIAL",
    "IsAutomated": "AUTOMATED",
}
_DESCRIPTION = 45


def _passes(found: Found, filters: dict[str, list[str]]) -> bool:
    stars = [_number(word) for word in filters.get("stars", ())]
    return (
        all(found.stars >= least for least in stars)
        and all(found.official == _truth(word) for word in filters.get("is-official", ()))
        and all(found.automated == _truth(word) for word in filters.get("is-automated", ()))
    )


def _number(word: str) -> int:
    if not word.isdecimal():
        raise InvalidInput(f"invalid filter 'stars={word}'")
    return int(word)


def _truth(word: str) -> bool:
    if word.lower() not in ("true", "false", "1", "0"):
        raise InvalidInput(f"invalid filter value {word!r}: it must be true or false")
    return word.lower() in ("true", "1")


def _row(found: Found, whole: bool) -> Row:
    description = " ".join(found.description.split())
    if not whole and len(description) > _DESCRIPTION:
        description = f"{description[: _DESCRIPTION - 1]}…"
    return Row(
        {
            "Name": found.name,
            "Description": description,
            "StarCount": str(found.stars),
            "IsOfficial": "[OK]" if found.official else "",
            "IsAutomated": "[OK]" if found.automated else "",
        }
    )


def _manifest(engine: Engine, arguments: Arguments) -> int:
    from app.cli.manifests import brief, verbose

    if len(arguments.positional) > 1:
        raise UsageError("manifest lists are not kept here: name the manifest alone", 1)
    inspected = engine.registries.manifests(arguments.positional[0], arguments.switch("insecure"))
    say(verbose(inspected) if arguments.switch("verbose") else brief(inspected))
    return 0


LOGIN = Command(
    "[OPTIONS] [SERVER]",
    "Authenticate to a registry",
    _login,
    (
        Flag("password", "string", "Password or Personal Access Token (PAT)", short="p"),
        Flag("password-stdin", "bool", "Take the Password or Personal Access Token (PAT) from stdin"),
        Flag("username", "string", "Username", short="u"),
    ),
    0,
    1,
)
LOGOUT = Command(
    "[SERVER]",
    "Log out from a registry",
    _logout,
    (),
    0,
    1,
)
SEARCH = Command(
    "[OPTIONS] TERM",
    "Search Docker Hub for images",
    _search,
    (
        Flag("filter", "filter", "Filter output based on conditions provided", short="f", check=filter_word),
        Flag("format", "string", "Pretty-print search using a Go template"),
        Flag("limit", "int", "Max number of search results"),
        Flag("no-trunc", "bool", "Don't truncate output"),
    ),
    1,
    1,
)
MANIFEST = Command(
    "[OPTIONS] MANIFEST",
    "Display an image manifest, or manifest list",
    _manifest,
    (
        Flag("insecure", "bool", "Allow communication with an insecure registry"),
        Flag("verbose", "bool", "Output additional info including layers and platform", short="v"),
    ),
    1,
    2,
)
