"""`config locate`, `check`, `edit`, `show`: the user's own configuration file."""

from __future__ import annotations

import os
import shlex
import subprocess
from collections.abc import Sequence
from typing import TYPE_CHECKING

from app.cli.command import Command
from app.cli.console import say, warn
from app.cli.flags import Arguments, Flag
from app.configuration import places
from engine.errors import NotFound

if TYPE_CHECKING:
    from app.configuration.document import Fault
    from engine.engine import Engine

EDITORS = ("sensible-editor", "nano", "vi")


def _locate(engine: Engine, arguments: Arguments) -> int:
    for what, path in (("configuration", places.file()), ("themes", places.themes())):
        say(f"{what:<14} {path}{'' if os.path.exists(path) else '  (not there yet)'}")
    return 0


def _check(engine: Engine, arguments: Arguments) -> int:
    path = arguments.positional[0] if arguments.positional else places.file()
    if arguments.positional and not os.path.exists(path):
        raise NotFound(f"there is no file {path}")
    return _told(path, own=not arguments.positional)


def _told(path: str, *, own: bool) -> int:
    """Tell what is wrong in a file, and in the user's themes."""
    from app.configuration.reading import read
    from app.workbench import themes
    from app.workbench.vocabulary import vocabulary

    faults: Sequence[Fault] = [*read(path, vocabulary())[1], *(themes.faults() if own else ())]
    for fault in faults:
        say(str(fault))
    if not faults:
        say(f"{path}: " + ("all right" if os.path.exists(path) else "not there; everything has its default"))
    return 1 if faults else 0


def _edit(engine: Engine, arguments: Arguments) -> int:
    import shutil

    from app.configuration.writing import begin
    from app.workbench.vocabulary import vocabulary

    path = places.file()
    begin(path, vocabulary())
    asked = os.environ.get("VISUAL") or os.environ.get("EDITOR")
    editor = asked or next(filter(shutil.which, EDITORS), "")
    if not editor:
        raise NotFound("there is no editor", resolution=f"set EDITOR, or write {path} yourself")
    try:
        code = subprocess.call([*shlex.split(editor), path])
    except (OSError, ValueError):
        raise NotFound(
            f"the editor {editor!r} cannot be run", resolution="set EDITOR to one that can"
        ) from None
    if code:
        warn(f"{editor} ended with exit code {code}")
        return code if code > 0 else 128 - code
    return _told(path, own=True)


def _show(engine: Engine, arguments: Arguments) -> int:
    import sys

    from app.configuration import reference
    from app.configuration.reading import read
    from app.workbench.vocabulary import vocabulary

    words = vocabulary()
    if arguments.switch("schema"):
        sys.stdout.write(reference.schema(words))
        return 0
    configuration, faults = read(places.file(), words)
    sys.stdout.write(reference.effective(configuration))
    for fault in faults:
        warn(str(fault))
    return 1 if faults else 0


LOCATE = Command("", "Say where the configuration and the user's themes are", _locate)
CHECK = Command("[FILE]", "Check the configuration and the user's themes", _check, most=1)
EDIT = Command("", "Edit the configuration, and check it", _edit)
SHOW = Command(
    "[OPTIONS]",
    "Show the configuration that is in force",
    _show,
    (Flag("schema", "bool", "Show the JSON Schema instead, for editors that complete and check"),),
)
