"""The terminal of a program in a container of this machine, as a pane holds it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from engine.containers.programs.session import Session


class Seat:
    """One place at one program."""

    def __init__(self, session: Session) -> None:
        self._session = session

    @property
    def descriptor(self) -> int:
        """Readable when there is news."""
        return self._session.descriptors[0]

    @property
    def over(self) -> bool:
        """Whether the program has ended, and all that it wrote was read."""
        return self._session.over

    @property
    def exit_code(self) -> int | None:
        """How it ended."""
        return self._session.exit_code

    def read(self) -> bytes:
        """Take what has come since."""
        return b"".join(data for _, data in self._session.read())

    def write(self, data: bytes) -> int:
        """Type."""
        return self._session.write(data)

    def resize(self, width: int, height: int) -> None:
        """Tell the program how many cells there are."""
        self._session.resize(width, height)

    def close(self) -> None:
        """Leave; the program goes on."""
        self._session.close()
