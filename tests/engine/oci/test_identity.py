from __future__ import annotations

from hashlib import sha256

from engine.oci.identity import chain_id, chain_ids

A, B, C = (f"sha256:{letter * 64}" for letter in "abc")


def test_the_lowest_layer_is_its_own_chain() -> None:
    assert chain_ids([A]) == [A]


def test_each_chain_digests_the_one_below_and_its_layer() -> None:
    low = f"sha256:{sha256(f'{A} {B}'.encode()).hexdigest()}"
    high = f"sha256:{sha256(f'{low} {C}'.encode()).hexdigest()}"

    assert chain_ids([A, B, C]) == [A, low, high]
    assert chain_id([A, B, C]) == high


def test_no_layers_have_no_chain() -> None:
    assert chain_ids([]) == []
    assert chain_id([]) is None
