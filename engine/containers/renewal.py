"""A container once more, of another image: what its user asked for stays, what its image said is said anew.

A record does not tell one from the other. What is as the old image has it was not asked for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from engine.containers.creation import Draft, Source, environment, merge
from engine.containers.mounts.mountpoints import Point
from engine.containers.mounts.mountpoints import merge as merge_points
from engine.containers.names import new_id
from engine.containers.network.joining import again
from engine.containers.options import Lookup, Options
from engine.containers.record import Container
from engine.network.networks import Networks


def renewed(
    old: Container, before: Mapping[str, Any], source: Source, name: str, networks: Networks
) -> Draft:
    """Draft what is like `old`, whose image's `config` was `before`; its volumes are the same ones.

    It is on the same networks, with addresses of its own until the two are exchanged.
    """
    id = new_id()
    host = old.host_config
    record = merge(id, source, _asked(old, before))
    record["HostConfig"] = dict(host)
    lookup = Lookup(*(tuple(host.get(key) or ()) for key in ("ExtraHosts", "Dns", "DnsOptions", "DnsSearch")))
    return Draft(
        id,
        name,
        source,
        record,
        _points(old, before, source),
        host["NetworkMode"],
        lookup,
        again(networks, old.id),
    )


def _points(old: Container, before: Mapping[str, Any], source: Source) -> tuple[Point, ...]:
    wanted = source.config.get("Volumes") or {}
    dropped = (before.get("Volumes") or {}).keys() - wanted.keys()
    kept = [point for point in old.points if not (point.anonymous and point.destination in dropped)]
    return merge_points((), (), wanted, kept, old.host_config.get("Tmpfs") or ())


def _asked(old: Container, before: Mapping[str, Any]) -> Options:
    """Tell what of a container's configuration its user asked for."""
    config = old.config["Config"]

    def asked(key: str) -> Any:
        value = config.get(key)
        return value if (value or None) != (before.get(key) or None) else None

    command = asked("Cmd")
    entrypoint = None
    if (config.get("Entrypoint") or None) != (before.get("Entrypoint") or None):
        # A new entrypoint stands alone: with it the image's command was gone.
        entrypoint, command = tuple(config.get("Entrypoint") or ()), config.get("Cmd")
    hostname = config["Hostname"]
    return Options(
        command=tuple(command or ()),
        entrypoint=entrypoint,
        hostname=None if hostname == old.id[:12] else hostname,
        domainname=config.get("Domainname") or "",
        user=asked("User"),
        workdir=asked("WorkingDir"),
        environment=_environment(before.get("Env") or (), config.get("Env") or ()),
        labels=_more(before, config, "Labels"),
        volumes=tuple(_more(before, config, "Volumes")),
        exposed=tuple(_more(before, config, "ExposedPorts")),
        health=_more(before, config, "Healthcheck") or None,
        stop_signal=asked("StopSignal"),
        stop_timeout=config.get("StopTimeout"),
        network=old.host_config["NetworkMode"],
        tty=config["Tty"],
        open_stdin=config["OpenStdin"],
        attach=frozenset(
            name for name in ("stdin", "stdout", "stderr") if config.get(f"Attach{name.capitalize()}")
        ),
    )


def _environment(before: Sequence[str], now: Sequence[str]) -> tuple[str, ...]:
    """Tell what was set, `KEY=VALUE`, and what was taken away, `KEY`."""
    standard = environment(before, ())
    added = [entry for entry in now if entry not in standard]
    names = {entry.partition("=")[0] for entry in now}
    return (*added, *(name for entry in standard if (name := entry.partition("=")[0]) not in names))


def _more(before: Mapping[str, Any], now: Mapping[str, Any], key: str) -> dict[str, Any]:
    known, found = before.get(key) or {}, now.get(key) or {}
    return {name: value for name, value in found.items() if name not in known or known[name] != value}
