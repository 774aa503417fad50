"""Subnets and addresses that nobody has."""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Network, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import Conflict, EngineError, InvalidInput
from engine.network.pools import choose, choose_local, next_address, refuse_overlap, subnet

SMALL = ip_network("10.0.0.0/29")


def test_the_first_of_dockers_pools_that_overlaps_nothing() -> None:
    assert choose([]) == IPv4Network("172.17.0.0/16")
    assert choose([IPv4Network("172.17.5.0/24"), IPv4Network("172.18.0.0/15")]) == IPv4Network(
        "172.20.0.0/16"
    )


def test_after_the_large_pools_come_pieces_of_a_smaller_one() -> None:
    assert choose([IPv4Network("172.16.0.0/12")]) == IPv4Network("192.168.0.0/20")


def test_no_pool_is_left() -> None:
    with pytest.raises(Conflict, match="fully subnetted"):
        choose([IPv4Network("172.16.0.0/12"), IPv4Network("192.168.0.0/16")])


def test_local_subnets_are_unique_ones() -> None:
    first, second = choose_local(), choose_local()
    assert first.prefixlen == 64
    assert first.subnet_of(IPv6Network("fd00::/8"))
    assert first != second


def test_what_is_no_subnet_is_told_in_dockers_words() -> None:
    with pytest.raises(InvalidInput, match=r"Invalid subnet 10.300.0.0/24 : invalid CIDR address"):
        subnet("10.300.0.0/24")


@pytest.mark.parametrize("where", ["others", "machine"])
def test_no_subnet_overlaps_another(where: str) -> None:
    taken = [ip_network("10.1.0.0/16")]
    with pytest.raises(Conflict, match="Pool overlaps with other one on this address space"):
        refuse_overlap(ip_network("10.1.2.0/24"), *((taken, []) if where == "others" else ([], taken)))
    refuse_overlap(ip_network("10.2.0.0/16"), taken, taken)


def test_addresses_are_given_one_after_the_other_and_again_from_the_beginning() -> None:
    assert next_address(SMALL, {"10.0.0.1"}, "", "net") == "10.0.0.2"
    assert next_address(SMALL, {"10.0.0.1"}, "10.0.0.4", "net") == "10.0.0.5"
    assert next_address(SMALL, {"10.0.0.1"}, "10.0.0.6", "net") == "10.0.0.2"


def test_a_full_network_says_so() -> None:
    taken = {f"10.0.0.{number}" for number in range(1, 7)}
    with pytest.raises(EngineError, match="no available IPv4 addresses on this network's address pools: net"):
        next_address(SMALL, taken, "10.0.0.3", "net")


@given(st.sets(st.integers(1, 254)), st.integers(0, 255))
def test_an_address_is_never_given_twice_nor_the_first_or_last(taken: set[int], last: int) -> None:
    names = {f"10.0.0.{number}" for number in taken}
    if len(taken) == 254:
        return
    found = next_address(ip_network("10.0.0.0/24"), names, f"10.0.0.{last}", "net")
    assert found not in names
    assert found not in ("10.0.0.0", "10.0.0.255")
