"""Creating a container: options and image merged as docker merges them, a bundle staged, a row written."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from engine.containers.hostconfig import host_config
from engine.containers.mounts.mountpoints import Point, inherit
from engine.containers.mounts.mountpoints import merge as merge_points
from engine.containers.names import checked, new_id, new_name
from engine.containers.namespaces import other, settled
from engine.containers.network.joining import Chosen, choose, exposed, is_private, join
from engine.containers.options import Lookup, Options
from engine.containers.record import Container, find
from engine.containers.refusals import refuse, refuse_platform
from engine.errors import AlreadyExists, InvalidInput, NotFound
from engine.kernel.mounts import Mount
from engine.runtime import hosts
from engine.runtime.signals import number_of
from engine.runtime.spec import PATH
from engine.runtime.union import write_union
from engine.snapshots.protocol import Snapshotter
from engine.store.store import Store

TYPE_CHECKING = False
if TYPE_CHECKING:
    from engine.containers.mounts.provision import Provision
    from engine.network.networks import Networks
    from engine.store.ingest import Ingest
    from engine.volumes.volumes import Volumes


class Source(NamedTuple):
    """What creation needs to know of an image."""

    id: str
    name: str
    """As the user wrote it."""
    config: Mapping[str, Any]
    """The `config` section of the image's configuration."""
    snapshots: tuple[int, ...]
    """Numbers of its unpacked layers, bottom first."""
    platform: str = ""
    """What it is for: `linux/amd64`."""


class Draft(NamedTuple):
    """A container that is not listed yet."""

    id: str
    name: str
    """Empty: one is made up."""
    source: Source
    record: dict[str, Any]
    points: tuple[Point, ...]
    network: str
    lookup: Lookup
    chosen: Chosen = ()
    """The networks it is to be on."""


def create(
    store: Store,
    snapshotter: Snapshotter,
    source: Source,
    options: Options,
    volumes: Callable[[], Volumes],
    networks: Callable[[], Networks],
    kept: Sequence[Point] = (),
) -> str:
    """Stage the bundle and its volumes, then list them; return the id. Raises AlreadyExists, InvalidInput.

    What is `kept` is mounted as it was in another container, unless the options say otherwise.
    """
    refuse(options)
    refuse_platform(options.platform, source.name, source.platform)
    options = _settled(store, options)
    id = new_id()
    chosen = () if is_private(options.network) and not options.joins else choose(networks(), options)
    name = checked(options.name) if options.name else ""
    points = _points(store, source, options, kept)
    record = merge(id, source, options)
    draft = Draft(id, name, source, record, points, options.network, options.lookup, chosen)
    return put(store, snapshotter, draft, volumes)


def put(store: Store, snapshotter: Snapshotter, draft: Draft, volumes: Callable[[], Volumes]) -> str:
    """Stage what a draft describes, then list it; return the id. Raises AlreadyExists, NotFound."""
    id, name, source, record, points, network, lookup, chosen = draft
    with store.ingest() as ingest:
        bundle = ingest.directory(id)
        os.chmod(bundle, 0o700)
        os.mkdir(f"{bundle}/rootfs", 0o755)
        final = store.paths.container(id).bundle
        lowers = tuple(store.paths.snapshot(number) for number in reversed(source.snapshots))
        union = snapshotter.prepare(bundle, lowers)
        write_union(f"{bundle}/rootfs.json", [_moved(mount, bundle, final) for mount in union])
        _write_network_files(bundle, record["Config"], network, lookup)
        provision = _provision(volumes(), ingest, id, union, points) if points else None
        record["MountPoints"] = provision.documents() if provision else []
        with ingest.commit() as commit:
            if not store.query("SELECT 1 FROM images WHERE id = ?", (source.id,)):
                raise NotFound(f"No such image: {source.name}", details="it was removed meanwhile")
            name = _claim(store, name)
            commit.connection.execute(
                "INSERT INTO containers (id, name, image, image_name, created, config)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                (id, name, source.id, source.name, time.time(), json.dumps(record)),
            )
            join(commit.connection, id, chosen)
            commit.container(bundle, id)
            if provision:
                provision.enlist(commit)
    if provision:
        provision.tell()
    return id


def _settled(store: Store, options: Options) -> Options:
    """Find the containers whose namespaces are to be shared; the name of the network's is shared too.

    Raises NotFound.
    """

    def by(name: str) -> Container:
        return find(store, name)

    modes = options.namespaces
    modes = modes._replace(pid=settled(modes.pid, by), ipc=settled(modes.ipc, by))
    options = options._replace(namespaces=modes)
    if donor := other(options.network):
        lender = by(donor)
        config = lender.config["Config"]
        options = options._replace(
            network=f"container:{lender.id}", hostname=config["Hostname"], domainname=config["Domainname"]
        )
    return options


def _points(
    store: Store, source: Source, options: Options, kept: Sequence[Point]
) -> tuple[Point, ...]:
    """Work out the mount points, those of other containers included."""
    inherited: list[Point] = list(kept)
    for word in options.volumes_from:
        name, _, mode = word.partition(":")
        inherited += inherit(find(store, name).points, mode)
    return merge_points(
        options.binds,
        options.mounts,
        (*(source.config.get("Volumes") or ()), *options.volumes),
        inherited,
        options.tmpfs,
        options.volume_driver,
    )


def _provision(
    volumes: Volumes, ingest: Ingest, id: str, union: Sequence[Mount], points: Sequence[Point]
) -> Provision:
    from engine.containers.mounts.provision import Provision

    provision = Provision(volumes, ingest, id, union)
    provision.provide(points)
    return provision


def merge(id: str, source: Source, options: Options) -> dict[str, Any]:
    """Merge image and options into the record, by docker's rules for Entrypoint, Cmd, User, Env,
    WorkingDir and StopSignal.
    """
    image = source.config
    entrypoint, command = _command(image, options)
    if not entrypoint and not command:
        raise InvalidInput("No command specified", resolution="name a program after the image")
    signal = options.stop_signal or image.get("StopSignal")
    if signal:
        number_of(signal)
    line = [*entrypoint, *command]
    on_host = "host" in (options.network, options.namespaces.uts)
    hostname = options.hostname or (os.uname().nodename if on_host else id[:12])
    ports = {**(image.get("ExposedPorts") or {}), **exposed(options)}
    return {
        "Path": line[0],
        "Args": line[1:],
        "Snapshots": list(source.snapshots),
        "Config": {
            "Hostname": hostname,
            "Domainname": options.domainname,
            "User": options.user if options.user is not None else image.get("User", ""),
            "AttachStdin": "stdin" in options.attach,
            "AttachStdout": "stdout" in options.attach,
            "AttachStderr": "stderr" in options.attach,
            **({"ExposedPorts": ports} if ports else {}),
            "Tty": options.tty,
            "OpenStdin": options.open_stdin,
            "StdinOnce": options.open_stdin and "stdin" in options.attach,
            **_health(image.get("Healthcheck"), options.health),
            "Env": environment(image.get("Env") or (), options.environment),
            "Cmd": list(command) or None,
            "Image": source.name,
            "Volumes": {path: {} for path in (*(image.get("Volumes") or ()), *options.volumes)} or None,
            "WorkingDir": _workdir(options.workdir or image.get("WorkingDir") or ""),
            "Entrypoint": list(entrypoint) or None,
            "OnBuild": image.get("OnBuild"),
            "Labels": {**(image.get("Labels") or {}), **options.labels},
            **({"StopSignal": signal} if signal else {}),
            **({"StopTimeout": options.stop_timeout} if options.stop_timeout is not None else {}),
        },
        "HostConfig": host_config(options),
    }


def _moved(mount: Mount, staged: str, final: str) -> Mount:
    """Name the places as they will be once the bundle has moved."""
    return mount._replace(
        source=mount.source.replace(staged, final),
        options=tuple(option.replace(staged, final) for option in mount.options),
    )


def _command(image: Mapping[str, Any], options: Options) -> tuple[Sequence[str], Sequence[str]]:
    """A new entrypoint clears the image's command; new arguments replace it."""
    if options.entrypoint is not None:
        return options.entrypoint, options.command
    return image.get("Entrypoint") or (), options.command or image.get("Cmd") or ()


def environment(image: Sequence[str], given: Sequence[str]) -> list[str]:
    """Lay variables over an image's; a name alone takes the image's value away."""
    variables = dict(
        entry.partition("=")[::2]
        for entry in (*([] if any(e.startswith("PATH=") for e in image) else [PATH]), *image)
    )
    for entry in given:
        key, equals, value = entry.partition("=")
        if equals:
            variables[key] = value
        else:
            variables.pop(key, None)
    return [f"{key}={value}" for key, value in variables.items()]


def _workdir(path: str) -> str:
    if path and not path.startswith("/"):
        raise InvalidInput(f"the working directory '{path}' is invalid, it needs to be an absolute path")
    return path


def _health(image: Mapping[str, Any] | None, given: Mapping[str, Any] | None) -> dict[str, Any]:
    """Lay the options over the image's health check, as far as they go."""
    merged = {**(image or {}), **(given or {})}
    return {"Healthcheck": merged} if merged else {}


def name_taken(name: str, id: str) -> AlreadyExists:
    """Say in docker's words that a name belongs to the container with this id."""
    return AlreadyExists(
        f'Conflict. The container name "/{name}" is already in use by container "{id}".',
        resolution="remove (or rename) that container to be able to reuse that name",
    )


def _claim(store: Store, name: str) -> str:
    """Check that a name is free, inside the transaction, or find one that is."""
    while True:
        wanted = name or new_name()
        taken = store.query("SELECT id FROM containers WHERE name = ?", (wanted,))
        if not taken:
            return wanted
        if name:
            raise name_taken(name, taken[0]["id"])


def _write_network_files(bundle: str, config: Mapping[str, Any], network: str, lookup: Lookup) -> None:
    hostname, domain = config["Hostname"], config["Domainname"]
    _write(f"{bundle}/hostname", f"{hostname}\n")
    _write(f"{bundle}/hosts", hosts.hosts(hostname, domain, network, lookup.hosts))
    _write(f"{bundle}/resolv.conf", hosts.resolver(lookup.servers, lookup.options, lookup.search))


def _write(path: str, text: str) -> None:
    with open(path, "w", encoding="utf-8", errors="surrogateescape") as file:
        file.write(text)
    os.chmod(path, 0o644)
