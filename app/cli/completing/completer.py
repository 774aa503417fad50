"""Finding out what the word under way stands for, and what can stand there."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from app.cli.catalogue import NOUNS, VERBS, Entry, find
from app.cli.completing import values
from app.cli.completing.objects import ALIVE, STOPPED, Objects
from app.cli.flags import HELP, Flag
from app.completion.offers import Offer, Offers
from app.completion.places import lead_of
from engine.errors import EngineError


class _Place(NamedTuple):
    """What the word under way is, in the line of one verb."""

    positional: list[str]
    """The words before it that are no flags."""
    flag: Flag | None = None
    """Whose value it is."""
    lead: str = ""
    """What stands before the value in the same word: `--network=`."""
    closed: bool = False
    """Whether no flag can follow any more."""


class Completer:
    """Knows the verbs and the objects; `load` gives the command of an entry."""

    def __init__(self, objects: Objects, flags: Sequence[Flag], load: Callable[[Entry], object]) -> None:
        self._objects, self._flags, self._load = objects, flags, load

    def __call__(self, words: Sequence[str]) -> Offers:
        """Tell what can stand in place of the last word."""
        try:
            return self._complete(list(words) or [""])
        except (EngineError, OSError):
            return Offers()

    def _complete(self, words: list[str]) -> Offers:
        place = _walk(words, self._flags, interspersed=False)
        if place.flag:
            return Offers(files=place.flag.name == "root", lead=place.lead)
        if not place.positional:
            return _flags(self._flags) if words[-1].startswith("-") else _verbs()
        # The first word that is no flag ends the program's own flags: all that follows it is the verb's.
        name, *rest = *place.positional, words[-1]
        if name == "help":
            return _verbs() if len(rest) == 1 else _of(name=rest[0]) if len(rest) == 2 else Offers()
        if name in NOUNS:
            if len(rest) == 1:
                return _of(name)
            found = find(NOUNS[name].verbs, rest[0])
            return self._follow(found[1], rest[1:]) if found else Offers()
        return self._follow(VERBS[name], rest) if name in VERBS else Offers()

    def _follow(self, entry: Entry, words: list[str]) -> Offers:
        """Complete the words after a verb."""
        from app.cli.command import Command

        command = self._load(entry)
        assert isinstance(command, Command)
        place = _walk(words, command.flags, interspersed=command.interspersed)
        word = words[-1]
        if place.flag:
            return self._value(entry, place.flag, word[len(place.lead) :], place.lead)
        if word.startswith("-") and not place.closed:
            return _flags((*command.flags, HELP))
        wanted = _positional(values.WORDS.get(entry.place, ()), len(place.positional))
        offers = self._from(wanted, word) if wanted else Offers()
        taken = set(place.positional)
        kept = tuple(offer for offer in offers.words if offer.text not in taken)
        if not wanted and not word and not place.closed:
            return _flags(command.flags)
        return offers._replace(words=kept)

    def _value(self, entry: Entry, flag: Flag, word: str, lead: str) -> Offers:
        if flag.name == "filter":
            offers = self._from(values.FILTERS.get(entry.place, ""), word)
        elif flag.name == "format":
            return Offers(tuple(_formats(entry.place, lead)), lead)
        elif flag.name == "env":
            import os

            offers = Offers(tuple(Offer(name, "as it is set here") for name in sorted(os.environ)))
        elif (flag.name, flag.kind) == ("output", "list"):
            offers = Offers((Offer("type=local,dest=", "", False), Offer("type=tar,dest=", "", False)))
        else:
            offers = self._from(values.FLAGS.get(flag.name, ""), word)
        words = tuple(offer._replace(text=lead + offer.text) for offer in offers.words)
        return offers._replace(words=words, lead=lead + offers.lead)

    def _from(self, wanted: str, word: str) -> Offers:
        """Collect what a table names: sources of objects, or the words themselves."""
        sources = wanted.split("|") if wanted else []
        if values.INSIDE in sources:
            return self._inside(word)
        found: list[Offer] = []
        for source in sources:
            found += self._source(source, word)
        paths = values.FILE in sources
        return Offers(tuple(found), lead_of(word) if paths else "", paths)

    def _source(self, source: str, word: str) -> Iterator[Offer]:
        states = {
            values.RUNNING: ("running",),
            values.PAUSED: ("paused",),
            values.ALIVE: ALIVE,
            values.STOPPED: STOPPED,
            values.ANY: (),
        }
        if source in states:
            yield from self._objects.containers(states[source])
        elif source in (values.IMAGE, values.NAMED_IMAGE):
            yield from self._objects.images(loose=source == values.IMAGE)
        elif source == values.VOLUME:
            yield from self._objects.volumes()
        elif source == values.NETWORK:
            yield from self._objects.networks()
        elif source == "container:":
            for offer in self._objects.containers() if word.startswith(source) else ():
                yield offer._replace(text=source + offer.text)
            yield Offer(source, values.MEANINGS[source], False)
        elif source != values.FILE:
            yield Offer(source, values.MEANINGS.get(source, ""), not source.endswith(("=", ":")))

    def _inside(self, word: str) -> Offers:
        """Complete `CONTAINER:PATH`, or a path of this machine."""
        name, colon, path = word.partition(":")
        if colon and not name.startswith((".", "/")):
            folder = lead_of(path)
            return Offers(tuple(self._objects.inside(name, folder)), f"{name}:{folder}")
        found = [] if "/" in word else list(self._objects.containers())
        return Offers(
            tuple(offer._replace(text=f"{offer.text}:", whole=False) for offer in found), lead_of(word), True
        )


def _walk(words: Sequence[str], flags: Sequence[Flag], *, interspersed: bool) -> _Place:
    """Go through the words before the last one, as the parser of flags will."""
    by_name = {f"--{flag.name}": flag for flag in (*flags, HELP)}
    by_short = {flag.short: flag for flag in flags if flag.short}
    positional: list[str] = []
    waiting: Flag | None = None
    closed = False
    for word in words[:-1]:
        if waiting:
            waiting = None
        elif closed or len(word) < 2 or word[0] != "-":
            positional.append(word)
            closed = closed or not interspersed
        elif word == "--":
            closed = True
        elif word.startswith("--"):
            flag = by_name.get(word)
            waiting = flag if flag and flag.kind != "bool" else None
        else:
            waiting = _left_open(word[1:], by_short)
    last = words[-1]
    name, equals, _ = last.partition("=")
    if not waiting and not closed and equals and name in by_name:
        return _Place(positional, by_name[name], f"{name}=", closed)
    return _Place(positional, waiting, "", closed)


def _left_open(letters: str, flags: dict[str, Flag]) -> Flag | None:
    """Find the flag among short ones whose value is the next word."""
    for place, letter in enumerate(letters):
        flag = flags.get(letter)
        if flag and flag.kind != "bool":
            return flag if place == len(letters) - 1 else None
    return None


def _positional(kinds: tuple[str, ...], place: int) -> str:
    if kinds[-1:] == ("…",):
        return kinds[min(place, len(kinds) - 2)]
    return kinds[place] if place < len(kinds) else ""


def _verbs() -> Offers:
    nouns = (Offer(name, noun.summary) for name, noun in NOUNS.items())
    verbs = (Offer(name, entry.summary) for name, entry in VERBS.items())
    return Offers(tuple(sorted((*verbs, *nouns))))


def _of(name: str) -> Offers:
    noun = NOUNS.get(name)
    return Offers(tuple(Offer(verb, entry.summary) for verb, entry in noun.verbs.items()) if noun else ())


def _flags(flags: Sequence[Flag]) -> Offers:
    shown = [flag for flag in flags if not flag.hidden and not flag.later]
    unique = {flag.name: flag for flag in shown}
    return Offers(tuple(Offer(f"--{name}", unique[name].help.split("\n")[0]) for name in sorted(unique)))


def _formats(place: str, lead: str) -> Iterator[Offer]:
    """Name what --format takes: ready ones, and a template for each field of a listing."""
    yield Offer(f"{lead}json", values.MEANINGS["json"])
    if place in values.FIELDS:
        yield Offer(f"{lead}table ", values.MEANINGS["table"], False)
        module = __import__(values.FIELDS[place], fromlist=["HEADINGS"])
        for name, heading in module.HEADINGS.items():
            yield Offer(f"{lead}{{{{.{name}}}}}", heading.lower() if isinstance(heading, str) else "", False)
