"""What the `--mount`s of a RUN come to: trees, folders of the store, secrets, sockets."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import NamedTuple

from engine.build.program.cachemounts import CacheMounts, Owner
from engine.build.request import Agent, Secret
from engine.dockerfile.runmount import RunMount
from engine.errors import EngineError, InvalidInput, from_os
from engine.paths import Paths
from engine.runtime.attachments import Attachment
from engine.snapshots.union import children, root_of
from engine.store.removal import remove_tree

_MOST_SECRET_BYTES = 500 << 10


class Supply(NamedTuple):
    """Where a step's mounts can take things from."""

    paths: Paths
    folder: str
    """A directory on the store's file system for what is written to mounts and then thrown away."""
    workdir: str
    """What relative targets start from."""
    trees: Callable[[str], tuple[str, ...]]
    """Gives the layers, topmost first, or the one directory that a `from` names; empty: the context."""
    secrets: Mapping[str, Secret]
    agents: Mapping[str, Agent]
    environment: Mapping[str, str]
    """The caller's, for secrets and agents."""
    home: str
    """What relative paths of secrets start from."""
    check: Callable[[], object] = lambda: None
    """Called while a cache mount is waited for; may raise."""


class Provided(NamedTuple):
    """What a step gets."""

    attachments: tuple[Attachment, ...]
    environment: tuple[str, ...]
    """Variables with secrets, `K=V`, whatever else the step has under that name."""
    defaults: tuple[str, ...]
    """Variables for where the step has none of that name."""


@contextmanager
def provided(mounts: Sequence[RunMount], supply: Supply) -> Iterator[Provided]:
    """Hold ready inside the block what the mounts ask for. Raises InvalidInput, EngineError."""
    with ExitStack() as held:
        attachments, variables, sockets = list[Attachment](), list[str](), list[str]()
        for number, mount in enumerate(mounts):
            if mount.type == "secret":
                files, values = _secret(mount, supply)
                attachments += files
                variables += values
            elif mount.type == "ssh":
                for attachment in _agent(mount, len(sockets), supply, held):
                    attachments.append(attachment)
                    sockets.append(attachment.target)
            else:
                attachments.append(_PROVIDERS[mount.type](mount, number, supply, held))
        defaults = tuple(f"SSH_AUTH_SOCK={socket}" for socket in sockets[:1])
        yield Provided(tuple(attachments), tuple(variables), defaults)


def _bind(mount: RunMount, number: int, supply: Supply, held: ExitStack) -> Attachment:
    layers = supply.trees(mount.origin)
    if not layers:
        layers = (_scratch(supply, f"{number}-empty", held),)
    scratch = _scratch(supply, f"{number}", held) if mount.writable else ""
    return Attachment("tree", _place(mount, supply), layers, mount.source, mount.writable, scratch)


def _cache(mount: RunMount, number: int, supply: Supply, held: ExitStack) -> Attachment:
    target = _place(mount, supply)
    base = _part(supply.trees(mount.origin), mount) if mount.origin else ()
    owner = Owner(0o755 if mount.mode is None else mount.mode, mount.uid, mount.gid)
    taken = CacheMounts(supply.paths).take(mount.id or target, mount.sharing, owner, base, supply.check)
    held.callback(taken.release)
    return Attachment("tree", target, (taken.data,), writable=mount.writable)


def _tmpfs(mount: RunMount, number: int, supply: Supply, held: ExitStack) -> Attachment:
    options = (("size", str(mount.size)),) if mount.size else ()
    return Attachment("tmpfs", _place(mount, supply), options=options, writable=mount.writable)


_PROVIDERS = {"bind": _bind, "cache": _cache, "tmpfs": _tmpfs}


def _secret(mount: RunMount, supply: Supply) -> tuple[list[Attachment], list[str]]:
    secret = supply.secrets.get(mount.id)
    value = _value(secret, supply) if secret else None
    if value is None:
        if mount.required:
            raise InvalidInput(
                f"secret {mount.id}: not found", resolution=f"give it: --secret id={mount.id},src=FILE"
            )
        return [], []
    variables = [f"{mount.variable}={value.decode(errors='surrogateescape')}"] if mount.variable else []
    if mount.variable and not mount.target:
        return [], variables
    target = _place(mount, supply) if mount.target else f"/run/secrets/{mount.id.rpartition('/')[2]}"
    mode = 0o400 if mount.mode is None else mount.mode
    file = Attachment("file", target, content=value, mode=mode, uid=mount.uid, gid=mount.gid, writable=False)
    return [file], variables


def _value(secret: Secret, supply: Supply) -> bytes | None:
    name = secret.variable or ("" if secret.path else secret.id)
    if name in supply.environment:
        value = supply.environment[name].encode(errors="surrogateescape")
    elif secret.variable:
        return None
    else:
        path = os.path.join(supply.home, secret.path or secret.id)
        try:
            with open(path, "rb") as file:
                value = file.read(_MOST_SECRET_BYTES + 1)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise from_os(error, f"cannot read the secret {secret.id}") from error
    if len(value) > _MOST_SECRET_BYTES:
        raise InvalidInput(f"the secret {secret.id} is too big", details="500 KiB is the most")
    return value


def _agent(mount: RunMount, count: int, supply: Supply, held: ExitStack) -> list[Attachment]:
    agent = supply.agents.get(mount.id)
    if agent is None:
        if mount.required:
            raise InvalidInput(f"unset ssh forward key {mount.id}", resolution=f"give it: --ssh {mount.id}")
        return []
    from engine.build.program.agents import served

    target = _place(mount, supply) if mount.target else f"/run/buildkit/ssh_agent.{count}"
    owner = (0o600 if mount.mode is None else mount.mode, mount.uid, mount.gid)
    agent = agent._replace(paths=tuple(os.path.join(supply.home, path) for path in agent.paths))
    socket = held.enter_context(served(agent, supply.folder, supply.environment, owner))
    return [Attachment("tree", target, (socket,))]


def _place(mount: RunMount, supply: Supply) -> str:
    target = os.path.normpath(os.path.join("/", supply.workdir, mount.target))
    target = "/" + target.lstrip("/")
    if target == "/":
        raise InvalidInput(f'invalid mount target "{mount.target}"')
    return target


def _scratch(supply: Supply, name: str, held: ExitStack) -> str:
    folder = f"{supply.folder}/mount-{name}"
    try:
        os.mkdir(folder, 0o755)
    except OSError as error:
        raise from_os(error, "cannot prepare a mount") from error
    held.callback(remove_tree, folder)
    return folder


def _part(layers: tuple[str, ...], mount: RunMount) -> tuple[str, ...]:
    """Find the directory inside of a stack from which a cache mount starts; links are not followed."""
    if not layers:
        return ()
    node = root_of(layers)
    for name in mount.source.split("/"):
        if name in ("", "."):
            continue
        below = children(node).get(name)
        if below is None or not below.is_directory:
            raise EngineError(f'"{mount.source}" in {mount.origin} is no directory to start a cache from')
        node = below
    return node.parts
