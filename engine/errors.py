"""Every error the engine raises: one root class, and one class for each condition.

EngineError
├── NotFound            the named object does not exist
├── AlreadyExists       the name is taken
├── Ambiguous           a short id fits more than one object
├── InvalidInput        the caller's words make no sense
│   └── InvalidReference    an image reference that cannot be parsed
├── Conflict            the object is in a state that forbids this
│   └── InUse               something else still needs the object
├── Corrupt             bytes are not what their name or their format says
│   └── HostileArchive      an archive that tries to leave its root or to exhaust the machine
├── NoSpace             the disk is full
├── ReadOnly            the store cannot be written to
├── NotPermitted        the caller lacks a right
├── Denied              a registry wants other credentials
├── Unreachable         a registry cannot be reached, or its answer is of no use
├── Unsupported         this kernel or this machine cannot do it
├── NewerStore          the store was written by a later version
├── StartFailed         the container's process could not be started
├── StepFailed          a step of a build failed
└── Cancelled           the caller's cancel token was set
"""

from __future__ import annotations

import errno
from typing import ClassVar


class EngineError(Exception):
    """Say what happened, to which object, and what to do next."""

    exit_code: ClassVar[int] = 1

    def __init__(self, brief: str, *, details: str | None = None, resolution: str | None = None) -> None:
        super().__init__(brief)
        self.brief = brief
        self.details = details
        self.resolution = resolution

    def __str__(self) -> str:
        return ": ".join(part for part in (self.brief, self.details) if part)


class NotFound(EngineError):
    """The named object does not exist."""


class AlreadyExists(EngineError):
    """The name is taken."""


class Ambiguous(EngineError):
    """A short id fits more than one object."""


class InvalidInput(EngineError):
    """The caller's words make no sense."""


class InvalidReference(InvalidInput):
    """An image reference cannot be parsed."""


class Conflict(EngineError):
    """The object is in a state that forbids the call."""


class InUse(Conflict):
    """Something else still needs the object."""


class Corrupt(EngineError):
    """Bytes are not what their name or their format says."""


class HostileArchive(Corrupt):
    """An archive tries to leave its root or to exhaust the machine."""


class NoSpace(EngineError):
    """The disk is full."""


class ReadOnly(EngineError):
    """The store cannot be written to."""


class NotPermitted(EngineError):
    """The caller lacks a right."""


class Denied(EngineError):
    """A registry wants other credentials."""


class Unreachable(EngineError):
    """A registry cannot be reached, or its answer is of no use."""


class Unsupported(EngineError):
    """This kernel or this machine cannot do it."""


class NewerStore(EngineError):
    """The store was written by a later version of Stackyard."""


class StartFailed(EngineError):
    """The container's process could not be started; `exit_code` is 125, 126 or 127 as docker's."""

    def __init__(
        self, brief: str, exit_code: int, *, details: str | None = None, resolution: str | None = None
    ) -> None:
        super().__init__(brief, details=details, resolution=resolution)
        self.code = exit_code


class StepFailed(EngineError):
    """A step of a build failed: its number, its line in the Dockerfile, its program's exit code (0: none)."""

    def __init__(
        self, brief: str, *, step: int, line: int, code: int = 0, details: str | None = None,
        resolution: str | None = None,
    ) -> None:  # fmt: skip
        super().__init__(brief, details=details, resolution=resolution)
        self.step = step
        self.line = line
        self.code = code
        self.image = ""
        """The image of the step before, to look around in; empty if there is none."""
        self.environment: tuple[str, ...] = ()
        """`K=V` each: what the step saw beside that image's own variables, its ARGs above all."""


class Cancelled(EngineError):
    """The caller's cancel token was set."""


_CONDITIONS: dict[int, tuple[type[EngineError], str]] = {
    errno.ENOSPC: (NoSpace, "free some space (`stackyard system prune`) or choose another --root"),
    errno.EDQUOT: (NoSpace, "free some space (`stackyard system prune`) or choose another --root"),
    errno.EROFS: (ReadOnly, "choose a writable folder with --root"),
    errno.EACCES: (NotPermitted, "run as root, or choose a folder of your own with --root"),
    errno.EPERM: (NotPermitted, "run as root"),
}


def from_os(error: OSError, doing: str) -> EngineError:
    """Name the condition behind an operating-system error met while `doing` something."""
    kind, resolution = _CONDITIONS.get(error.errno or 0, (EngineError, None))
    where = f" ({error.filename})" if error.filename else ""
    return kind(f"{doing}: {(error.strerror or str(error)).lower()}{where}", resolution=resolution)
