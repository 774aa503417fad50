"""Node to instruction: what each one demands of its words and takes as flags.

The sentences are BuildKit's. What can only be judged once variables are known is left to the builder.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TypeAlias

from engine.dockerfile import runflags
from engine.dockerfile.arguments import NAMES
from engine.dockerfile.blanks import BLANKS
from engine.dockerfile.errors import Fault, quoted
from engine.dockerfile.flags import MANY, TEXT, TRUTH, read
from engine.dockerfile.health import healthcheck
from engine.dockerfile.heredocs import announcement, without_tabs
from engine.dockerfile.instructions import (
    Arg,
    Cmd,
    Command,
    Copy,
    Entrypoint,
    Env,
    Expose,
    From,
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
from engine.dockerfile.suggestion import meant

Said: TypeAlias = From | Instruction

_SHARED_FLAGS = {"chown": TEXT, "chmod": TEXT, "link": TRUTH, "exclude": MANY}
_COPY_FLAGS = _SHARED_FLAGS | {"from": TEXT, "parents": TRUTH}
_ADD_FLAGS = _SHARED_FLAGS | {"checksum": TEXT, "keep-git-dir": TRUTH, "unpack": TRUTH}
_RUN_FLAGS = {"mount": MANY, "network": TEXT, "security": TEXT, "device": MANY}
DEAF = ("ARG", "STOPSIGNAL")
"""What docker reads past the flags of."""
_STAGE_NAME = re.compile(r"[a-z][a-z0-9-_.]*")


def said(node: Node) -> Said:
    """Understand one node; raises Fault."""
    keyword = upper(node.name)
    action = _ACTIONS.get(keyword)
    if action is None:
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
    words = _some(node, keyword)
    if not all(words[::3]):
        raise Fault(f"{keyword} names can not be blank")
    return tuple(zip(words[::3], words[1::3], strict=True))


def _command(node: Node) -> Command:
    return Command(node.words, not node.json, tuple(without_tabs(heredoc) for heredoc in node.heredocs))


def _from(node: Node, origin: Origin, keyword: str) -> From:
    words = node.words
    name = ""
    if len(words) == 3 and words[1].lower() == "as":
        name = words[2].lower()
        if not _STAGE_NAME.fullmatch(name):
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
    announced = {heredoc.name: heredoc for heredoc in node.heredocs}
    if not node.json and announcement(target):
        raise Fault(f"{keyword} cannot accept a heredoc as a destination")
    paths, heredocs = [], []
    for source in sources:
        heredoc = None if node.json else announcement(source)
        if heredoc is None:
            paths.append(source)
        elif heredoc.name not in announced:
            raise Fault(f"unterminated heredoc: the quotes of the line do not match before {source}")
        else:
            heredocs.append(without_tabs(heredoc._replace(content=announced[heredoc.name].content)))
    return Copy(
        origin,
        keyword == "ADD",
        tuple(paths),
        target,
        tuple(heredocs),
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


def _shell(node: Node, origin: Origin, keyword: str) -> Shell:
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
    return Onbuild(origin, origin.text[len(node.name) :].lstrip(BLANKS) + documents)


_ACTIONS: dict[str, Callable[[Node, Origin, str], Said]] = {
    "ADD": _copy,
    "ARG": _arg,
    "CMD": _cmd,
    "COPY": _copy,
    "ENTRYPOINT": _cmd,
    "ENV": lambda node, origin, keyword: Env(origin, _pairs(node, keyword)),
    "EXPOSE": lambda node, origin, keyword: Expose(origin, tuple(sorted(_some(node, keyword)))),
    "FROM": _from,
    "HEALTHCHECK": lambda node, origin, keyword: healthcheck(node, origin),
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
