"""What a registry is shown so that it lets us in."""

from __future__ import annotations

from collections.abc import Sequence

from engine.registry.endpoints import Endpoint

TYPE_CHECKING = False
if TYPE_CHECKING:
    import httpx


class Authorization:
    """The header that was good last, for one repository."""

    def __init__(self) -> None:
        self.header = ""

    def answer(
        self, challenges: Sequence[str], door: Endpoint, shown: str, client: httpx.Client
    ) -> str | None:
        """Answer a registry's challenge; None if there is nothing better than what was `shown`."""
        return None
