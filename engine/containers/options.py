"""What a container is asked to be: the flags of `create` and `run`, as one value."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from engine.containers.limits.devices import Device
from engine.containers.limits.limits import Limits
from engine.containers.logs.logdriver import Logging
from engine.containers.namespaces import Namespaces
from engine.network.endpoint import Joining


class Lookup(NamedTuple):
    """How names are looked up inside: entries of /etc/hosts and lines of /etc/resolv.conf."""

    hosts: tuple[str, ...] = ()
    """Each `name:address`."""
    servers: tuple[str, ...] = ()
    options: tuple[str, ...] = ()
    search: tuple[str, ...] = ()
    """A sole `.` is none."""


class Publication(NamedTuple):
    """One port that is to be reached from outside."""

    container: int
    protocol: str = "tcp"
    address: str = ""
    """Of the host; empty: any."""
    host: str = ""
    """A port, or a range of which the first free one is taken; empty: any."""


class Options(NamedTuple):
    """The choices of one container; None means: as the image says."""

    command: tuple[str, ...] = ()
    entrypoint: tuple[str, ...] | None = None
    """An empty tuple clears the image's entrypoint."""
    name: str | None = None
    hostname: str | None = None
    domainname: str = ""
    user: str | None = None
    workdir: str | None = None
    environment: tuple[str, ...] = ()
    """KEY=VALUE sets; KEY alone (unset on the host) removes the image's value."""
    labels: Mapping[str, str] = {}
    read_only: bool = False
    tmpfs: Mapping[str, str] = {}
    """Mount point to mount options."""
    binds: tuple[str, ...] = ()
    """SOURCE:DESTINATION[:MODE] each, the source a path or a volume's name."""
    volumes: tuple[str, ...] = ()
    """Where volumes of this container's own are mounted, besides those the image asks for."""
    mounts: tuple[Mapping[str, Any], ...] = ()
    """Mount documents of docker's API."""
    volumes_from: tuple[str, ...] = ()
    """CONTAINER[:MODE] each."""
    volume_driver: str = ""
    """Of the volumes in `binds` and `volumes` that do not exist yet."""
    init: bool = False
    stop_signal: str | None = None
    stop_timeout: int | None = None
    auto_remove: bool = False
    network: str = "default"
    """Docker's mode: default, none, host, container:NAME, or the network that was named first."""
    joins: tuple[Joining, ...] = ()
    """The networks it is on; none: the default one, unless the mode is no network."""
    published: tuple[Publication, ...] = ()
    publish_all: bool = False
    """Whether every exposed port is published."""
    tty: bool = False
    """Whether it gets a terminal."""
    open_stdin: bool = False
    """Whether anybody can type."""
    attach: frozenset[str] = frozenset(("stdout", "stderr"))
    """The streams that whoever runs it stays with: of stdin, stdout and stderr."""
    restart: tuple[str, int] = ("no", 0)
    """The policy, and how often it is tried; 0 is without end."""
    health: Mapping[str, Any] | None = None
    """Docker's `Healthcheck`, laid over the image's; None leaves that as it is."""
    logging: Logging = Logging()
    cap_add: tuple[str, ...] = ()
    cap_drop: tuple[str, ...] = ()
    privileged: bool = False
    security_options: tuple[str, ...] = ()
    """As docker's: seccomp=unconfined, no-new-privileges, systempaths=unconfined, apparmor=PROFILE."""
    limits: Limits = Limits()
    namespaces: Namespaces = Namespaces()
    devices: tuple[Device, ...] = ()
    device_rules: tuple[str, ...] = ()
    """As version 1 of the kernel's device control group takes them: `c 7:* rmw`."""
    groups: tuple[str, ...] = ()
    """Supplementary groups by number or by the image's name."""
    lookup: Lookup = Lookup()
    sysctls: Mapping[str, str] = {}
    exposed: tuple[str, ...] = ()
    """Ports, each `number/protocol`."""
    runtime: str = ""
    isolation: str = ""
    platform: str = ""
    """The one that the image must be for."""
