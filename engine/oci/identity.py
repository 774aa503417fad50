"""Layer chains: the id of a stack of layers (image-spec config.md, Layer ChainID)."""

from __future__ import annotations

from collections.abc import Iterable

from engine.oci import digest


def chain_ids(diff_ids: Iterable[str]) -> list[str]:
    """Return the chain id of every layer, bottom first."""
    chain: list[str] = []
    for diff_id in diff_ids:
        chain.append(digest.of(f"{chain[-1]} {diff_id}".encode()) if chain else diff_id)
    return chain


def chain_id(diff_ids: Iterable[str]) -> str | None:
    """Return the chain id of the whole stack; None for a stack without layers."""
    chain = chain_ids(diff_ids)
    return chain[-1] if chain else None
