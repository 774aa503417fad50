"""Node to instruction: what each one demands of its words and takes as flags.

The sentences are BuildKit's. What can only be judged once variables are known is left to the builder.
What few Dockerfiles need is imported where it is needed.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TypeAlias

from engine.dockerfile.arguments import NAMES
from engine.dockerfile.blanks import BLANKS
from engine.dockerfile.errors import Fault, quoted
from engine.dockerfile.flags import MANY, TEXT, TRUTH, read
from engine.dockerfile.instructions import (
    Arg,
    Cmd,
    Command,
    Copy,
    Entrypoint,
    Env,
    Expose,
    From,
    Healthcheck,
    Heredoc,
    Instruction,
    Label,
    Maintainer,
    Onbuild,
    Origin,
    Pairs,
    Run,
    Shell,
    StopSignal,
    User,
    Volume,
    Workdir,
)
from engine.dockerfile.node import Node, upper

Said: TypeAlias = From | Instruction

_SHARED_FLAGS = {"chown": TEXT, "chmod": TEXT, "link": TRUTH, "exclude": MANY}
_COPY_FLAGS = _SHARED_FLAGS | {"from": TEXT, "parents": TRUTH}
_ADD_FLAGS = _SHARED_FLAGS | {"checksum": TEXT, "keep-git-dir": TRUTH, "unpack": TRUTH}
_RUN_FLAGS = {"mount": MANY, "network": TEXT, "security": TEXT, "device": MANY}
DEAF = ("ARG", "STOPSIGNAL")
"""What docker reads past the flags of."""
_STAGE_NAME = r"[a-z][a-z0-9_.-]*"


def said(node: Node) -> Said:
    """Understand one node; raises Fault."""
    keyword = upper(node.name)
    action = _ACTIONS.get(keyword)
    if action is None:
        from engine.dockerfile.suggestion import meant

        raise Fault(f"unknown instruction: {node.name}{meant(node.name, NAMES, any_case=True)}")
    return action(node, Origin(node.span, node.text.strip(BLANKS)), keyword)


def _one(node: Node, keyword: str) -> str:
    """Return the one word of an instruction that takes one and no flags."""
    if len(node.words) != 1:
        raise Fault(f"{keyword} requires exactly one argument")
    _no_flags(node, keyword)
    return node.words[0]


def _some(node: Node, keyword: str) -> tuple[str, ...]:
    """Return the words of an instruction that takes some and no flags."""
    if not node.words:
        raise Fault(f"{keyword} requires at least one argument")
    _no_flags(node, keyword)
    return node.words


def _no_flags(node: Node, keyword: str) -> None:
    if keyword not in DEAF:
        read(node.flags, {})


def _pairs(node: Node, keyword: str) -> Pairs:
    _no_flags(node, keyword)
    words = _some(node, keyword)
    if not all(words[::3]):
        raise Fault(f"{keyword} names can not be blank")
    return tuple(zip(words[::3], words[1::3], strict=True))


def _command(node: Node) -> Command:
    return Command(node.words, not node.json, _documents(node.heredocs))


def _documents(heredocs: tuple[Heredoc, ...]) -> tuple[Heredoc, ...]:
    """Take the tabs away that a `<<-` does not count."""
    if not heredocs:
        return ()
    from engine.dockerfile.heredocs import without_tabs

    return tuple(without_tabs(heredoc) for heredoc in heredocs)


def _from(node: Node, origin: Origin, keyword: str) -> From:
    words = node.words
    name = ""
    if len(words) == 3 and words[1].lower() == "as":
        name = words[2].lower()
        if not re.fullmatch(_STAGE_NAME, name):
            raise Fault(
                f"invalid name for build stage: {quoted(words[2])},"
                " name can't start with a number or contain symbols"
            )
    elif len(words) != 1:
        raise Fault("FROM requires either one or three arguments")
    return From(origin, words[0], name, read(node.flags, {"platform": TEXT}).text("platform"))


def _arg(node: Node, origin: Origin, keyword: str) -> Arg:
    variables: list[tuple[str, str | None]] = []
    for word in _some(node, keyword):
        name, equals, default = word.partition("=")
        if not name:
            raise Fault("ARG names can not be blank")
        variables.append((name, default if equals else None))
    return Arg(origin, tuple(variables))


def _run(node: Node, origin: Origin, keyword: str) -> Run:
    if not node.flags:
        return Run(origin, _command(node), (), "", "")
    from engine.dockerfile import runflags

    flags = read(node.flags, _RUN_FLAGS)
    mounts, devices = flags.many("mount"), flags.many("device")
    for mount in mounts:
        runflags.check_mount(mount)
    for device in devices:
        runflags.check_device(device)
    network, security = flags.texts.get("network"), flags.texts.get("security")
    if network is not None:
        runflags.check_network(network)
    if security is not None:
        runflags.check_security(security)
    return Run(origin, _command(node), mounts, network or "", security or "", devices)


def _copy(node: Node, origin: Origin, keyword: str) -> Copy:
    if len(node.words) < 2:
        raise Fault(
            f"{keyword} requires at least two arguments, but only one was provided."
            " Destination could not be determined"
        )
    flags = read(node.flags, _ADD_FLAGS if keyword == "ADD" else _COPY_FLAGS)
    *sources, target = node.words
    paths: tuple[str, ...] = tuple(sources)
    heredocs: tuple[Heredoc, ...] = ()
    if "<<" in node.text and not node.json:
        paths, heredocs = _sources(node, keyword)
    return Copy(
        origin,
        keyword == "ADD",
        paths,
        target,
        heredocs,
        source_from=flags.text("from"),
        owner=flags.text("chown"),
        mode=flags.text("chmod"),
        link=flags.truths.get("link", False),
        parents=flags.truths.get("parents", False),
        exclude=flags.many("exclude"),
        checksum=flags.text("checksum"),
        keep_git_dir=flags.truths.get("keep-git-dir", False),
        unpack=flags.truths.get("unpack"),
    )


def _sources(node: Node, keyword: str) -> tuple[tuple[str, ...], tuple[Heredoc, ...]]:
    """Part the sources of a COPY into paths and documents."""
    from engine.dockerfile.heredocs import announcement

    *sources, target = node.words
    if announcement(target):
        raise Fault(f"{keyword} cannot accept a heredoc as a destination")
    found = {heredoc.name: heredoc for heredoc in node.heredocs}
    paths: list[str] = []
    heredocs: list[Heredoc] = []
    for source in sources:
        word = announcement(source)
        if word is None:
            paths.append(source)
        elif word.name in found:
            heredocs.append(word._replace(content=found[word.name].content))
        else:
            raise Fault(f"unterminated heredoc: {source} stands on a line whose quotes do not match")
    return tuple(paths), _documents(tuple(heredocs))


def _health(node: Node, origin: Origin, keyword: str) -> Healthcheck:
    from engine.dockerfile.health import healthcheck

    return healthcheck(node, origin)


def _shell(node: Node, origin: Origin, keyword: str) -> Shell:
    _no_flags(node, keyword)
    words = _some(node, keyword)
    if not node.json:
        raise Fault("SHELL requires the arguments to be in JSON form")
    return Shell(origin, words)


def _volume(node: Node, origin: Origin, keyword: str) -> Volume:
    paths = tuple(word.strip(BLANKS) for word in _some(node, keyword))
    if not all(paths):
        raise Fault("VOLUME specified can not be an empty string")
    return Volume(origin, paths)


def _cmd(node: Node, origin: Origin, keyword: str) -> Cmd | Entrypoint:
    read(node.flags, {})
    return (Cmd if keyword == "CMD" else Entrypoint)(origin, _command(node))


def _onbuild(node: Node, origin: Origin, keyword: str) -> Onbuild:
    trigger = node.trigger
    if trigger is None:
        raise Fault("ONBUILD requires at least one argument")
    read(node.flags, {})
    what = upper(trigger.name)
    if what == "ONBUILD":
        raise Fault("Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed")
    if what in ("MAINTAINER", "FROM"):
        raise Fault(f"{what} isn't allowed as an ONBUILD trigger")
    documents = "".join(f"\n{heredoc.content}{heredoc.name}" for heredoc in node.heredocs)
    return Onbuild(origin, node.text.lstrip(BLANKS)[len(node.name) :].lstrip("\t\n\f\r ") + documents)


_ACTIONS: dict[str, Callable[[Node, Origin, str], Said]] = {
    "ADD": _copy,
    "ARG": _arg,
    "CMD": _cmd,
    "COPY": _copy,
    "ENTRYPOINT": _cmd,
    "ENV": lambda node, origin, keyword: Env(origin, _pairs(node, keyword)),
    "EXPOSE": lambda node, origin, keyword: Expose(origin, tuple(sorted(_some(node, keyword)))),
    "FROM": _from,
    "HEALTHCHECK": _health,
    "LABEL": lambda node, origin, keyword: Label(origin, _pairs(node, keyword)),
    "MAINTAINER": lambda node, origin, keyword: Maintainer(origin, _one(node, keyword)),
    "ONBUILD": _onbuild,
    "RUN": _run,
    "SHELL": _shell,
    "STOPSIGNAL": lambda node, origin, keyword: StopSignal(origin, _one(node, keyword)),
    "USER": lambda node, origin, keyword: User(origin, _one(node, keyword)),
    "VOLUME": _volume,
    "WORKDIR": lambda node, origin, keyword: Workdir(origin, _one(node, keyword)),
}
