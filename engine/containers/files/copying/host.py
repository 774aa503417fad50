"""This machine's side of a copy: its paths are the caller's own, links in them lead where they lead."""

from __future__ import annotations

import os
import stat

from engine.containers.files.copying.paths import Target, absolute, asks_for_content, clean, last, split
from engine.errors import EngineError, InvalidInput, NotFound
from engine.layers.archiving import Origin

_LINKS = 10
_FOLDER = os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC


def local(path: str) -> str:
    """Make a path of the caller's absolute, keeping what its end asks for."""
    return absolute(path, os.getcwd())


def origin(path: str, *, follow: bool) -> tuple[Origin, bool]:
    """Open what is to be copied, under the name it was asked for by; tell whether it is a directory.

    Raises NotFound, InvalidInput, EngineError.
    """
    whole = local(path)
    try:
        found, name = _followed(whole) if follow else _as_named(whole)
        is_directory = stat.S_ISDIR(os.lstat(found).st_mode)
        folder, base = split(found)
        here = os.open(folder, _FOLDER)
    except FileNotFoundError as error:
        raise NotFound(f"lstat {error.filename}: no such file or directory") from None
    except NotADirectoryError:
        raise InvalidInput("not a directory") from None
    except OSError as error:
        raise EngineError(f"lstat {error.filename}: {(error.strerror or '').lower()}") from None
    if not base:
        base, name = ".", name or "/"
    return Origin(here, os.fsencode(base), os.fsencode(name or base)), is_directory


def _as_named(path: str) -> tuple[str, str]:
    """Follow links in the folder only, unless the path ends in a slash."""
    folder, _, base = path.rpartition("/")
    os.lstat(path)
    found = f"{os.path.realpath(folder or '/').rstrip('/')}/{base}"
    return found, last(path) if path.endswith("/") and last(path) != last(found) else ""


def _followed(path: str) -> tuple[str, str]:
    """Follow all links; the copy keeps the name of the path all the same."""
    found = os.path.realpath(path, strict=True)
    if asks_for_content(path):
        found = f"{found.rstrip('/')}/."
    elif path.endswith("/") and found != "/":
        found = f"{found}/"
    return found, last(path) if last(path) != last(found) else ""


def check_output(path: str) -> None:
    """Refuse a path into a folder that is not there, or one that names a device. Raises InvalidInput."""
    folder = os.path.dirname(clean(path))
    if folder and not os.path.exists(folder):
        raise InvalidInput(f'invalid output path: directory "{folder}" does not exist')
    try:
        mode = os.stat(path).st_mode
    except FileNotFoundError:
        return
    except OSError as error:
        raise InvalidInput(f"stat {path}: {(error.strerror or '').lower()}") from None
    check_mode(mode, f'invalid output path: "{path}" must be a directory or a regular file')


def check_mode(mode: int, sentence: str) -> None:
    """Refuse what is neither a directory nor a regular file. Raises InvalidInput."""
    if stat.S_ISDIR(mode) or stat.S_ISREG(mode) or stat.S_ISLNK(mode):
        return
    device = stat.S_ISCHR(mode) or stat.S_ISBLK(mode)
    raise InvalidInput(f"{sentence}: got a {'device' if device else 'irregular file'}")


def target(path: str) -> Target:
    """Follow the last part of a path to where a copy would go. Raises EngineError."""
    for _ in range(_LINKS):
        try:
            status = os.lstat(path)
        except FileNotFoundError:
            return _missing(path)
        except NotADirectoryError:
            raise InvalidInput(f"lstat {path}: not a directory") from None
        if not stat.S_ISLNK(status.st_mode):
            return Target(path, True, stat.S_ISDIR(status.st_mode))
        link = os.readlink(path)
        path = link if link.startswith("/") else clean(os.path.join(split(path)[0], link))
    raise InvalidInput(f"too many symbolic links in {path}")


def _missing(path: str) -> Target:
    folder = split(path)[0]
    try:
        mode = os.stat(folder).st_mode
    except OSError as error:
        raise NotFound(f"stat {folder}: {(error.strerror or '').lower()}") from None
    if not stat.S_ISDIR(mode):
        raise InvalidInput("not a directory")
    return Target(path)
