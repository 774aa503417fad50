"""Every path the engine puts on disk, in one file."""

from __future__ import annotations

import os
from typing import NamedTuple


class ContainerPaths(NamedTuple):
    """The files of one container; `bundle` is also its OCI bundle."""

    bundle: str

    @property
    def spec(self) -> str:
        """The OCI runtime spec that the launcher obeys."""
        return f"{self.bundle}/config.json"

    @property
    def rootfs_mounts(self) -> str:
        """The mounts that make up `rootfs`, as JSON."""
        return f"{self.bundle}/rootfs.json"

    @property
    def rootfs(self) -> str:
        """The empty directory on which the root is mounted, in the container's own mount namespace."""
        return f"{self.bundle}/rootfs"

    @property
    def log(self) -> str:
        """The frames of what the container printed."""
        return f"{self.bundle}/log"

    @property
    def state(self) -> str:
        """Who runs it since when, written by the shim at each start."""
        return f"{self.bundle}/state"

    @property
    def exit(self) -> str:
        """How the last run ended, written by the shim."""
        return f"{self.bundle}/exit"

    @property
    def paused(self) -> str:
        """The number of the run that is held still; there for as long as it is."""
        return f"{self.bundle}/paused"

    @property
    def health(self) -> str:
        """How it has answered the questions after its health so far, written by the shim."""
        return f"{self.bundle}/health"

    @property
    def lock(self) -> str:
        """Held by whoever changes the container's lifecycle."""
        return f"{self.bundle}/lock"

    @property
    def alive(self) -> str:
        """Locked by the shim for as long as it lives."""
        return f"{self.bundle}/alive"

    @property
    def held(self) -> str:
        """The volumes of others' drivers that the running container was promised, as JSON."""
        return f"{self.bundle}/held"

    @property
    def ports(self) -> str:
        """What is published of the running container, as JSON, written by the shim."""
        return f"{self.bundle}/ports"

    @property
    def upper(self) -> str:
        """The writable layer."""
        return f"{self.bundle}/upper"

    @property
    def work(self) -> str:
        """The overlay's scratch directory, on the writable layer's file system."""
        return f"{self.bundle}/work"


class Paths(NamedTuple):
    """The layout of one store below `root`, and of its sockets and pids below `run`."""

    root: str
    run: str

    @classmethod
    def choose(cls, root: str | None = None) -> Paths:
        """Choose the store: the argument, then STACKYARD_ROOT, then the place for this user."""
        environ = os.environ
        root = root or environ.get("STACKYARD_ROOT")
        if root:
            root = os.path.abspath(root)
            return cls(root, f"{root}/run")
        if os.geteuid() == 0:
            return cls("/var/lib/stackyard", "/run/stackyard")
        data = environ.get("XDG_DATA_HOME") or os.path.expanduser("~/.local/share")
        root = os.path.join(data, "stackyard")
        runtime = environ.get("XDG_RUNTIME_DIR")
        return cls(root, f"{runtime}/stackyard" if runtime else f"{root}/run")

    @property
    def database(self) -> str:
        """The SQLite records."""
        return f"{self.root}/stackyard.db"

    @property
    def content(self) -> str:
        """Blobs by digest, exactly as received."""
        return f"{self.root}/content/sha256"

    @property
    def snapshots(self) -> str:
        """Unpacked layers, one numbered directory each."""
        return f"{self.root}/snapshots"

    @property
    def containers(self) -> str:
        """One bundle a container."""
        return f"{self.root}/containers"

    @property
    def volumes(self) -> str:
        """Named volumes."""
        return f"{self.root}/volumes"

    @property
    def networks_lock(self) -> str:
        """Held by whoever changes the bridges of this store's networks."""
        return f"{self.root}/networks.lock"

    @property
    def builds(self) -> str:
        """The journals of the newest builds, a folder each."""
        return f"{self.root}/builds"

    @property
    def watches(self) -> str:
        """The journals of the newest watches, a folder each."""
        return f"{self.root}/watches"

    @property
    def caches(self) -> str:
        """The cache mounts of RUN steps."""
        return f"{self.root}/caches"

    @property
    def ingest(self) -> str:
        """Whatever is not finished."""
        return f"{self.root}/ingest"

    @property
    def partials(self) -> str:
        """Blobs that a pull has not got whole, by digest; the next one goes on with them."""
        return f"{self.root}/partials"

    @property
    def digests(self) -> str:
        """What is remembered of the trees that builds read, a file each."""
        return f"{self.root}/digests"

    @property
    def reserve(self) -> str:
        """Space given up on a full disk, so that removing things works there."""
        return f"{self.root}/reserve"

    @property
    def snapshotter(self) -> str:
        """What the kernel answered when it was asked for an overlay."""
        return f"{self.root}/snapshotter"

    @property
    def events(self) -> str:
        """The journal of events, a JSON line each."""
        return f"{self.root}/events"

    def container(self, id: str) -> ContainerPaths:
        """Name the files of the container with this full id."""
        return ContainerPaths(f"{self.containers}/{id}")

    def network(self, id: str) -> str:
        """Name the folder of a network's running members."""
        return f"{self.run}/networks/{id}"

    def build(self, id: str) -> str:
        """Name the folder of a build's journal."""
        return f"{self.builds}/{id}"

    def watch(self, id: str) -> str:
        """Name the folder of a watch's journal."""
        return f"{self.watches}/{id}"

    def snapshot(self, number: int) -> str:
        """Name the directory of an unpacked layer."""
        return f"{self.snapshots}/{number}/diff"

    def names(self, number: int) -> str:
        """Name the list of all names in an unpacked layer; made when somebody looks for them."""
        return f"{self.snapshots}/{number}/names"

    def survey(self, number: int) -> str:
        """Name what was found in an unpacked layer and those below it, as JSON; made likewise."""
        return f"{self.snapshots}/{number}/survey"
