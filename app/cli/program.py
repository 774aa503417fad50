"""The program: global flags, finding the verb, turning every ending into one sentence and an exit code."""

from __future__ import annotations

import os
import sys
from itertools import takewhile
from typing import TYPE_CHECKING

from app.cli.catalogue import NOUNS, VERBS, Entry, Noun, find
from app.cli.command import Command
from app.cli.console import complain, on_terminal, warn
from app.cli.flags import PROGRAM, Flag, HelpAsked, UsageError, parse
from engine.errors import EngineError

if TYPE_CHECKING:
    from app.completion.offers import Ask
    from engine.engine import Engine

SUMMARY = "A terminal workbench for containers that carries its own engine"
NO_DAEMON = "there is no daemon to connect to, the engine runs in this process; --root chooses the store"
FLAGS = (
    Flag("debug", "bool", "Show where an internal error came from", short="D"),
    Flag("host", "list", "", short="H", later=NO_DAEMON),
    Flag("context", "string", "", short="c", later=NO_DAEMON),
    Flag("root", "string", "Folder of the store (default STACKYARD_ROOT, else this user's own)"),
    Flag("version", "bool", "Print version information and quit", short="v"),
)


def run(words: list[str]) -> int:
    """Run one command line and return its exit code."""
    debug = any(word in ("--debug", "-D") for word in takewhile(lambda word: word.startswith("-"), words))
    try:
        return _run(words)
    except EngineError as error:
        complain(error)
        return 1
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        discard_output()
        return 141
    except Exception as error:
        if debug:
            raise
        warn(f"Error: something unexpected happened inside {PROGRAM} ({type(error).__name__}: {error})")
        warn(f"  Run it again as '{PROGRAM} --debug …' to see where.")
        return 125


def _run(words: list[str]) -> int:
    try:
        arguments = parse("", FLAGS, words, interspersed=False)
    except HelpAsked:
        return _print(overview())
    except UsageError as problem:
        warn(f"{problem.message}\nSee '{PROGRAM} --help'.")
        return problem.code
    root = arguments.text("root") or None
    if arguments.switch("version"):
        arguments.positional = ["version", "--format", "Stackyard version {{.Client.Version}}"]
    if not arguments.positional:
        return _workbench(root)
    name, *rest = arguments.positional
    if name == "help":
        return _help(rest)
    if name == "__complete":
        from app.cli.completing.answer import answer

        return answer(completer(root), rest)
    return _dispatch(name, rest, root)


def _dispatch(name: str, words: list[str], root: str | None) -> int:
    noun = NOUNS.get(name)
    if noun is None:
        entry = VERBS.get(name)
        return _execute(name, entry, (), words, root) if entry else _unknown(name)
    if not words or words[0] in ("--help", "-h", "help"):
        return _print(_group(name, noun))
    found = find(noun.verbs, words[0])
    if found is None:
        sys.stderr.write(_group(name, noun))
        return 1
    verb, entry = found
    return _execute(f"{name} {verb}", entry, entry.aliases, words[1:], root)


def _execute(path: str, entry: Entry, aliases: tuple[str, ...], words: list[str], root: str | None) -> int:
    command = load(entry)
    try:
        arguments = command.read(path, words)
        return command.run(_opened(root), arguments)
    except HelpAsked:
        return _print(command.help(path, aliases))
    except UsageError as problem:
        warn(
            problem.message
            if "\n" in problem.message
            else f"{problem.message}\nSee '{PROGRAM} {path} --help'."
        )
        return problem.code
    except EngineError as error:
        complain(error)
        return command.failure
    except BrokenPipeError:
        raise
    except OSError as error:
        from engine.errors import from_os

        complain(from_os(error, f"{PROGRAM} {path}"))
        return command.failure


def load(entry: Entry) -> Command:
    """Import the module of a verb and give its command."""
    module, _, attribute = entry.place.partition(":")
    # Not importlib: loading it would take as long as loading the verb.
    command = getattr(__import__(f"app.cli.verbs.{module}", fromlist=[attribute]), attribute)
    assert isinstance(command, Command)
    return command


def overview() -> str:
    """Write the page of `stackyard --help`: options and every verb, in docker's groups."""
    from app.cli.help import options, rows, usage_line, width

    nouns = {name: noun.summary for name, noun in NOUNS.items()}
    verbs = {name: entry.summary for name, entry in VERBS.items()}
    parts = [
        "",
        usage_line("", "[OPTIONS] COMMAND"),
        "",
        SUMMARY,
        "",
        "Options:",
        *options(FLAGS, width() - 1),
    ]
    parts += ["", "Management Commands:", *rows(nouns), "", "Commands:", *rows(verbs)]
    parts += ["", f"Run '{PROGRAM} COMMAND --help' for more information on a command."]
    return "\n".join([*parts, f"Run '{PROGRAM}' alone to open the workbench."]) + "\n"


def _help(words: list[str]) -> int:
    """Answer `stackyard help [NOUN] [VERB]`."""
    if not words:
        return _print(overview())
    if words[0] in NOUNS or words[0] in VERBS:
        return _dispatch(words[0], [*words[1:2], "--help"], None)
    warn(f"unknown help topic: {' '.join(words)}")
    return 1


def _unknown(word: str) -> int:
    warn(f"{PROGRAM}: '{word}' is not a {PROGRAM} command.\nSee '{PROGRAM} --help'")
    from difflib import get_close_matches

    near = get_close_matches(word, [*VERBS, *NOUNS], 1)
    if near:
        warn(f"\nDid you mean this?\n\t{near[0]}")
    return 1


def _group(name: str, noun: Noun) -> str:
    from app.cli.help import group_help

    return group_help(name, noun.summary, {verb: entry.summary for verb, entry in noun.verbs.items()})


def _opened(root: str | None) -> Engine:
    from engine.engine import Engine

    return Engine(root)


def completer(root: str | None, engine: Engine | None = None) -> Ask:
    """Return what tells the possible words of a line, for the store in this folder or an open engine."""
    from app.cli.completing.completer import Completer
    from app.cli.completing.objects import Objects

    return Completer(Objects(lambda: engine or _opened(root)), FLAGS, load)


def _workbench(root: str | None) -> int:
    if not on_terminal():
        warn(f"Error: the workbench needs a terminal\n  '{PROGRAM} --help' lists the commands that do not.")
        return 1
    from app.workbench.app import run as open_workbench

    engine = _opened(root)
    return open_workbench(engine, ask=completer(root, engine))


def _print(text: str) -> int:
    sys.stdout.write(text)
    return 0


def discard_output() -> None:
    """Send what is still buffered nowhere, so that the interpreter's own flush at exit stays quiet."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.close(nowhere)
