"""What is offered for the word under way: the offers that fit, the best first; the line with one put in."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from textual.fuzzy import FuzzySearch

from app.completion.line import Typed, quoted
from app.completion.offers import Ask, Offer, Offers
from app.completion.places import lead_of, places

MOST = 500
_FLAG = re.compile(r"--[\w-]+=")


class Choices(NamedTuple):
    """Offers for one place of a line."""

    place: tuple[str, ...] = ()
    """The words before, and what of the last one is settled."""
    offers: tuple[Offer, ...] = ()
    lead: str = ""


def place_of(typed: Typed) -> tuple[str, ...]:
    """Return what the offers depend on: as long as it is the same, they are too."""
    word = typed.words[-1]
    return (*typed.words[:-1], re.split(r"[^/=:]*$", word)[0], word[:1] if word[:1] in "-.~" else "")


def choices(ask: Ask, typed: Typed) -> Choices:
    """Ask for offers, files of this machine among them; made from a thread."""
    word = typed.words[-1]
    offers: Offers = ask(typed.words)
    found = list(offers.words)
    if offers.files:
        flag = _FLAG.match(word)
        before = flag[0] if flag else ""
        found += [one._replace(text=before + one.text) for one in places(word[len(before) :])]
    lead = offers.lead or (lead_of(word) if offers.files else "")
    return Choices(place_of(typed), tuple(found[:MOST]), lead)


def fitting(choices: Choices, word: str) -> list[Offer]:
    """Keep the offers that fit what is typed: those that begin so in their order, then the rest by score."""
    begin = [offer for offer in choices.offers if offer.text.startswith(word)]
    wanted = word.removeprefix(choices.lead)
    wanted = wanted.lstrip("-")
    if not wanted:
        return begin
    rest = [offer for offer in choices.offers if not offer.text.startswith(word)]
    return begin + ranked(wanted, rest, [offer.text[len(choices.lead) :] for offer in rest])


def ranked(wanted: str, things: Sequence[Offer], texts: Iterable[str]) -> list[Offer]:
    """Keep the things whose text has the letters in their order, the best first."""
    search = FuzzySearch()
    letters = re.compile(".*?".join(map(re.escape, wanted)), re.IGNORECASE | re.DOTALL)
    scored = (
        (search.match(wanted, text)[0], thing)
        for thing, text in zip(things, texts, strict=True)
        # Most do not fit, and the score costs much more to find out.
        if letters.search(text)
    )
    return [thing for score, thing in sorted(scored, key=lambda one: -one[0]) if score > 0]


def put(text: str, typed: Typed, offer: Offer, *, settled: bool) -> str:
    """Write an offer in place of the word under way; once it is settled, a blank follows a whole one."""
    closed = offer.whole
    return text[: typed.start] + quoted(offer.text, typed.quote, closed=closed) + (" " * (closed and settled))
