"""Who is on a network: a file for each running member, which those who tell names read."""

from __future__ import annotations

import json
import os
from typing import NamedTuple

from engine.runtime.network.plan import Wire


class Member(NamedTuple):
    """One container on a network."""

    names: tuple[str, ...]
    addresses: tuple[str, ...]
    """Without the length of the prefix."""
    network: str
    """The network's name."""


def announce(folder: str, container: str, wire: Wire) -> None:
    """Say who is on a network from now on; `folder` is the network's."""
    os.makedirs(folder, mode=0o700, exist_ok=True)
    addresses = tuple(address.partition("/")[0] for address in wire.addresses)
    staged = f"{folder}/.{container}"
    with open(staged, "w", encoding="utf-8") as file:
        json.dump(Member(wire.names, addresses, wire.network), file)
    os.rename(staged, f"{folder}/{container}")


def leave(folder: str, container: str) -> None:
    """Take that back; harmless where nothing was said."""
    try:
        os.unlink(f"{folder}/{container}")
        os.rmdir(folder)
    except OSError:
        # Others are still there, or nobody ever was.
        return


class Members:
    """The members of some networks, read again when somebody has come or gone."""

    def __init__(self, folders: tuple[str, ...]) -> None:
        self._seen: dict[str, int] = dict.fromkeys(folders, -1)
        self._known: dict[str, tuple[Member, ...]] = {}

    def all(self) -> tuple[Member, ...]:
        """Return them, network after network."""
        found: tuple[Member, ...] = ()
        for folder, seen in self._seen.items():
            try:
                changed = os.stat(folder).st_mtime_ns
                if changed != seen:
                    self._known[folder] = _read(folder)
                    self._seen[folder] = changed
            except OSError:
                self._known[folder] = ()
            found += self._known[folder]
        return found

    def addresses(self, name: str) -> tuple[str, ...] | None:
        """Find every address that goes by a name, in any case; None if nobody has it."""
        name = name.rstrip(".").lower()
        found = None
        for member in self.all():
            for own in member.names:
                if name in (own.lower(), f"{own}.{member.network}".lower()):
                    found = (*(found or ()), *member.addresses)
                    break
        return found

    def name(self, address: str) -> str | None:
        """Find whose an address is, as `name.network`; None if it is nobody's here."""
        for member in self.all():
            if address in member.addresses and member.names:
                return f"{member.names[0]}.{member.network}"
        return None


def _read(folder: str) -> tuple[Member, ...]:
    found = []
    for name in sorted(os.listdir(folder)):
        if name.startswith("."):
            continue
        try:
            with open(f"{folder}/{name}", encoding="utf-8") as file:
                names, addresses, network = json.load(file)
        except (OSError, ValueError):
            continue
        found.append(Member(tuple(names), tuple(addresses), network))
    return tuple(found)
