"""What is mounted into a container: docker's words for it read, checked and merged into mount points.

The words come as docker's API has them: `HostConfig.Binds`, `HostConfig.Mounts`, `Config.Volumes`.
"""

from __future__ import annotations

import os
import posixpath
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from engine.errors import InvalidInput

PROPAGATIONS = ("private", "rprivate", "slave", "rslave", "shared", "rshared")
_MODES = (
    ("ro", "rw"),
    ("z", "Z"),
    PROPAGATIONS,
    ("nocopy",),
    ("consistent", "cached", "delegated", "default"),
)
"""The words of a mode; of each kind there may be one."""


class Point(NamedTuple):
    """One mount point, as a container's record keeps it."""

    type: str
    """volume, bind or tmpfs."""
    destination: str
    source: str = ""
    """A bind's path on the host."""
    name: str = ""
    """A volume's; empty until one is made up."""
    driver: str = ""
    """The volume's; empty: whatever it has, or local."""
    mode: str = ""
    """As it was written."""
    writable: bool = True
    propagation: str = ""
    recursive: bool = True
    """Whether what is mounted below a bind's source comes along."""
    read_only_below: bool = True
    """Whether a read-only bind is so below its own mounts, too."""
    made: bool = False
    """A bind's source is made where it is missing."""
    copied: bool = False
    """A volume that is empty is filled with what the image has there."""
    anonymous: bool = False
    """The volume goes with the container that asked for it."""
    subpath: str = ""
    labels: Mapping[str, str] = {}
    options: Mapping[str, str] = {}
    """The volume's driver's, or the tmpfs's."""

    def document(self, source: str) -> dict[str, Any]:
        """Describe it as docker's inspect does; `source` is where it comes from on the host."""
        named = {"Name": self.name} if self.type == "volume" else {}
        driver = {"Driver": self.driver or "local"} if self.type == "volume" else {}
        return {
            "Type": self.type,
            **named,
            "Source": source,
            "Destination": self.destination,
            **driver,
            "Mode": self.mode,
            "RW": self.writable,
            "Propagation": self.propagation,
        }


def merge(
    binds: Iterable[str],
    mounts: Iterable[Mapping[str, Any]],
    places: Iterable[str],
    inherited: Iterable[Point] = (),
    tmpfs: Iterable[str] = (),
    driver: str = "",
) -> tuple[Point, ...]:
    """Merge by docker's rules; `places` are the anonymous volumes that image and user asked for.

    What is inherited from other containers gives way to what is named here, and a place to either.
    Raises InvalidInput.
    """
    points = {point.destination: point for point in inherited}
    taken = {_clean(path) for path in tmpfs}
    asked = [*(from_bind(word, driver) for word in binds), *map(from_mount, mounts)]
    for point in asked:
        if point.destination in taken:
            raise InvalidInput(f"Duplicate mount point: {point.destination}")
        taken.add(point.destination)
        points.pop(point.destination, None)
        points[point.destination] = point
    for place in places:
        # Of a place alone docker does not ask that it be absolute, and begins at the root.
        path = _clean(f"/{place}")
        if path == "/":
            raise InvalidInput("invalid specification: destination can't be '/'")
        if path not in points and path not in taken:
            points[path] = Point("volume", path, driver=driver, copied=True, anonymous=True)
    return tuple(points.values())


def inherit(points: Iterable[Point], mode: str) -> list[Point]:
    """Take over another container's mount points, as `--volumes-from NAME:mode` does."""
    _check_mode(mode)
    writable = "ro" not in mode.split(",")
    return [
        point._replace(mode="", writable=point.writable and writable, copied=False, made=False)
        for point in points
        if point.type != "tmpfs"
    ]


def from_bind(word: str, driver: str = "") -> Point:
    """Read one `SOURCE:DESTINATION[:MODE]`. Raises InvalidInput."""
    parts = word.split(":")
    invalid = f"invalid volume specification: '{word}'"
    if not 2 <= len(parts) <= 3 or not parts[0] or (len(parts) == 2 and _is_mode(parts[1])):
        raise InvalidInput(invalid)
    source, target, mode = (*parts, "")[:3]
    _check_mode(mode)
    words = set(mode.split(","))
    propagation = next(iter(words & set(PROPAGATIONS)), "")
    type = "bind" if source.startswith("/") else "volume"
    document: dict[str, Any] = {
        "Type": type, "Source": source, "Target": target, "ReadOnly": "ro" in words,
        **({"BindOptions": {"Propagation": propagation, "CreateMountpoint": True}}
           if propagation or type == "bind" else {}),
        **({"VolumeOptions": {"NoCopy": True}} if "nocopy" in words else {}),
    }  # fmt: skip
    try:
        point = from_mount(document)
    except InvalidInput as error:
        raise InvalidInput(f"{invalid}: {error.brief}") from None
    if type == "volume":
        return point._replace(driver=driver, mode=mode or "z")
    return point._replace(mode=mode)


def from_mount(document: Mapping[str, Any]) -> Point:
    """Read one of docker's API's Mount documents. Raises InvalidInput."""
    type, target = document.get("Type", "volume"), document.get("Target", "")
    try:
        _check_target(target)
        make = {"bind": _bind, "volume": _volume, "tmpfs": _tmpfs}.get(type)
        if make is None:
            raise InvalidInput("mount type unknown")
        point = make(document)
    except InvalidInput as error:
        raise InvalidInput(f'invalid mount config for type "{type}": {error.brief}') from None
    return point._replace(destination=_clean(target), writable=not document.get("ReadOnly"))


def _bind(document: Mapping[str, Any]) -> Point:
    source, options = document.get("Source", ""), document.get("BindOptions") or {}
    if not source:
        raise InvalidInput("field Source must not be empty")
    propagation = options.get("Propagation") or "rprivate"
    if propagation not in PROPAGATIONS:
        raise InvalidInput(f"invalid propagation mode: {propagation}")
    _refuse(document, "VolumeOptions", "TmpfsOptions")
    if not source.startswith("/"):
        raise InvalidInput(f"invalid mount path: '{source}' mount path must be absolute")
    made = bool(options.get("CreateMountpoint"))
    if not made and not os.path.exists(source):
        raise InvalidInput(f"bind source path does not exist: {source}")
    return Point(
        "bind",
        "",
        _clean(source),
        propagation=propagation,
        recursive=not options.get("NonRecursive"),
        read_only_below=not options.get("ReadOnlyNonRecursive"),
        made=made,
    )


def _volume(document: Mapping[str, Any]) -> Point:
    _refuse(document, "BindOptions", "TmpfsOptions")
    source, options = document.get("Source", ""), document.get("VolumeOptions") or {}
    if not source and document.get("ReadOnly"):
        raise InvalidInput("must not set ReadOnly mode when using anonymous volumes")
    subpath = options.get("Subpath") or ""
    if subpath.startswith("/") or ".." in subpath.split("/"):
        raise InvalidInput(f"subpath must be a relative path within the volume: {subpath}")
    driver = options.get("DriverConfig") or {}
    return Point(
        "volume",
        "",
        name=source,
        driver=driver.get("Name") or "",
        mode="z",
        copied=not options.get("NoCopy") and not subpath,
        anonymous=not source,
        subpath=subpath,
        labels=options.get("Labels") or {},
        options=driver.get("Options") or {},
    )


def _tmpfs(document: Mapping[str, Any]) -> Point:
    _refuse(document, "BindOptions", "VolumeOptions")
    if document.get("Source"):
        raise InvalidInput("field Source must not be specified")
    options = document.get("TmpfsOptions") or {}
    words = {}
    if options.get("SizeBytes"):
        words["size"] = str(options["SizeBytes"])
    if options.get("Mode"):
        words["mode"] = f"{options['Mode']:o}"
    return Point("tmpfs", "", options=words)


def _refuse(document: Mapping[str, Any], *fields: str) -> None:
    for field in fields:
        if document.get(field) is not None:
            raise InvalidInput(f"field {field} must not be specified")


def _check_target(target: str) -> None:
    if not target:
        raise InvalidInput("field Target must not be empty")
    if _clean(target) == "/":
        raise InvalidInput("invalid specification: destination can't be '/'")
    if not target.startswith("/"):
        raise InvalidInput(f"invalid mount path: '{target}' mount path must be absolute")


def _check_mode(mode: str) -> None:
    if mode and not _is_mode(mode):
        raise InvalidInput(f"invalid mode: {mode}")


def _is_mode(mode: str) -> bool:
    """Tell whether these are words of a mode, of each kind at most one."""
    words = mode.split(",")
    counts = [sum(word in kind for word in words) for kind in _MODES]
    return sum(counts) == len(words) and max(counts) == 1


def _clean(path: str) -> str:
    """Take out what means nothing; unlike POSIX, docker knows no difference between / and //."""
    clean = posixpath.normpath(path)
    return clean[1:] if clean.startswith("//") else clean


def by_depth(points: Iterable[Point]) -> Sequence[Point]:
    """Put the points in the order in which they can be mounted: what lies below another one later."""
    return sorted(points, key=lambda point: point.destination.rstrip("/").count("/"))
