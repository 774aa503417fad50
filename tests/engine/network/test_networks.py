"""The records of networks, and who is on them."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.errors import (
    AlreadyExists,
    Ambiguous,
    Conflict,
    EngineError,
    InvalidInput,
    NotFound,
    NotPermitted,
)
from engine.events import EventLog
from engine.network.endpoint import Endpoint, Joining, check, plug
from engine.network.network import Facts, Network, Pool
from engine.network.networks import Networks, Wanted
from engine.network.planning import plan
from engine.paths import Paths
from engine.runtime.network.plan import Port
from engine.store.store import Store


@pytest.fixture
def networks(tmp_path: Path) -> Networks:
    paths = Paths(f"{tmp_path}/yard", f"{tmp_path}/run")
    return Networks(Store(paths), EventLog(paths.events))


@pytest.fixture
def small(networks: Networks) -> Network:
    return networks.create(Wanted("small", pools=(Pool("10.77.0.0/29", ""),)))


def join(networks: Networks, network: Network, container: str, asked: Joining | None = None) -> Endpoint:
    with networks.store.transaction() as connection:
        connection.execute(
            "INSERT OR IGNORE INTO containers VALUES (?1, ?1, 'i', 'i', 0, '{}')", (container,)
        )
        return plug(connection, container, network, asked or Joining(network.name))


def test_three_networks_are_always_there(networks: Networks) -> None:
    assert [(one.name, one.driver) for one in networks.all()] == [
        ("bridge", "bridge"),
        ("host", "host"),
        ("none", "null"),
    ]
    assert networks.default().pools[0].gateway.endswith(".0.1")


@pytest.mark.parametrize("name", ["bridge", "host", "none"])
def test_those_can_neither_be_made_nor_removed(networks: Networks, name: str) -> None:
    with pytest.raises(NotPermitted, match=f"operation is not permitted on predefined {name} network"):
        networks.create(Wanted(name))
    with pytest.raises(NotPermitted, match=f"{name} is a pre-defined network and cannot be removed"):
        networks.remove(name)


def test_a_network_is_found_by_its_name_and_by_a_beginning_of_its_id(networks: Networks) -> None:
    made = networks.create(Wanted("front", labels={"tier": "1"}))
    assert networks.get("front") == networks.get(made.id[:10]) == made
    with pytest.raises(NotFound, match="network nope not found"):
        networks.get("nope")
    for number in range(40):
        networks.create(Wanted(f"n{number}", pools=(Pool(f"10.50.{number}.0/24", ""),)))
    first = max("0123456789abcdef", key=lambda digit: sum(one.id[0] == digit for one in networks.all()))
    with pytest.raises(Ambiguous):
        networks.get(first)


def test_a_name_is_given_once(networks: Networks) -> None:
    networks.create(Wanted("front"))
    with pytest.raises(AlreadyExists, match="network with name front already exists"):
        networks.create(Wanted("front"))


def test_networks_that_ask_for_no_subnet_get_different_ones(networks: Networks) -> None:
    made = [networks.create(Wanted(name)).pools[0].network for name in ("one", "two")]
    assert not made[0].overlaps(made[1])  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("pool", "sentence"),
    [
        (Pool("10.77.0.0/16", "10.78.0.1"), "no matching subnet for gateway 10.78.0.1"),
        (Pool("10.77.0.0/16", "", "10.78.0.0/24"), "no matching subnet for range 10.78.0.0/24"),
        (
            Pool("10.77.0.0/16", "", auxiliary={"a": "10.78.0.9"}),
            "no matching subnet for aux-address 10.78.0.9",
        ),
        (Pool("10.77.0.0/31", ""), "no room"),
        (Pool("10.77.0.0/16", "x"), "invalid ip address: x"),
        (Pool("fd00:77::/64", ""), "no IPv6"),
    ],
)
def test_what_does_not_fit_together_is_refused(networks: Networks, pool: Pool, sentence: str) -> None:
    with pytest.raises(InvalidInput, match=sentence):
        networks.create(Wanted("odd", pools=(pool,)))


@pytest.mark.parametrize(
    ("wanted", "sentence"),
    [
        (Wanted("a b"), "invalid network name"),
        (Wanted(""), "name is empty"),
        (Wanted("x", options={"foo": "1"}), "not known to the bridge driver"),
        (Wanted("x", options={"com.docker.network.driver.mtu": "no"}), "invalid MTU"),
        (
            Wanted("x", options={"com.docker.network.bridge.name": "far-too-long-a-name"}),
            "at most 15 letters",
        ),
    ],
)
def test_bad_words_are_refused(networks: Networks, wanted: Wanted, sentence: str) -> None:
    with pytest.raises(InvalidInput, match=sentence):
        networks.create(wanted)


def test_an_unknown_driver_is_no_plugin(networks: Networks) -> None:
    with pytest.raises(NotFound, match='plugin "overlay" not found'):
        networks.create(Wanted("x", "overlay"))


def test_a_subnet_of_the_machines_own_is_refused(networks: Networks) -> None:
    with pytest.raises(Conflict, match="Pool overlaps"):
        networks.create(Wanted("x", pools=(Pool("127.0.0.0/16", ""),)))


def test_ipv6_comes_beside_ipv4(networks: Networks) -> None:
    made = networks.create(Wanted("six", facts=Facts(ipv6=True)))
    assert [pool.network.version for pool in made.pools] == [4, 6]
    point = join(networks, made, "c1")
    assert point.address6.startswith("fd")


def test_addresses_are_never_given_twice_and_come_back_when_their_container_goes(
    networks: Networks, small: Network
) -> None:
    given = [join(networks, small, f"c{number}").address for number in range(5)]
    assert given == [f"10.77.0.{number}" for number in range(2, 7)]
    with pytest.raises(EngineError, match="no available IPv4 addresses"):
        join(networks, small, "c9")
    with networks.store.transaction() as connection:
        connection.execute("DELETE FROM containers WHERE id = 'c1'")
    assert join(networks, small, "c9").address == "10.77.0.3"


def test_an_address_that_is_asked_for(networks: Networks, small: Network) -> None:
    assert join(networks, small, "c1", Joining("small", address="10.77.0.5")).address == "10.77.0.5"
    with pytest.raises(InvalidInput, match="Address already in use"):
        join(networks, small, "c2", Joining("small", address="10.77.0.5"))
    with pytest.raises(
        InvalidInput, match=r"no configured subnet or ip-range contain the IP address 10\.9\.9\.9"
    ):
        check(small, Joining("small", address="10.9.9.9"))
    with pytest.raises(InvalidInput, match="supported on user defined networks only"):
        check(networks.default(), Joining("bridge", address="172.17.0.9"))
    with pytest.raises(InvalidInput, match="is not a valid mac address"):
        check(small, Joining("small", mac="02:42"))
    with pytest.raises(InvalidInput, match="aliases are only supported for user-defined networks"):
        check(networks.default(), Joining("bridge", aliases=("web",)))


def test_the_hardware_address_is_made_of_the_other_as_dockers_is(networks: Networks, small: Network) -> None:
    assert join(networks, small, "c1").mac == "02:42:0a:4d:00:02"


def test_a_plan_names_wires_ports_and_the_way_out(networks: Networks, small: Network) -> None:
    inner = networks.create(Wanted("inner", facts=Facts(internal=True)))
    join(networks, inner, "c1")
    join(networks, small, "c1", Joining("small", aliases=("www",)))
    found = plan(
        networks, "c1", ("web",), {"80/tcp": [{"HostIp": "", "HostPort": "8080-8090"}], "53/udp": [{}]}
    )
    assert [(wire.interface, wire.names, wire.gateways) for wire in found.wires] == [
        ("eth0", ("web",), ()),
        ("eth1", ("web", "www"), ("10.77.0.1",)),
    ]
    assert found.ports == (Port(80, "tcp", "", 8080, 8090), Port(53, "udp"))
    assert found.resolves


def test_a_container_cannot_start_on_a_network_that_has_gone(networks: Networks, small: Network) -> None:
    join(networks, small, "c1")
    networks.remove("small")
    with pytest.raises(NotFound, match="network small not found"):
        plan(networks, "c1", ("web",), {})


def test_prune_removes_what_nobody_is_on(networks: Networks, small: Network) -> None:
    networks.create(Wanted("idle"))
    join(networks, small, "c1")
    assert networks.prune({"label": ["nobody"]}) == []
    assert networks.prune() == ["idle"]
    with pytest.raises(InvalidInput, match="invalid filter 'name'"):
        networks.prune({"name": ["x"]})


def test_filters(networks: Networks, small: Network) -> None:
    networks.create(Wanted("idle", labels={"tier": "front"}))
    join(networks, small, "c1")
    for filters, names in (
        ({"name": ["i"]}, ["bridge", "idle"]),
        ({"driver": ["host"]}, ["host"]),
        ({"label": ["tier=front"]}, ["idle"]),
        ({"type": ["custom"]}, ["idle", "small"]),
        ({"dangling": ["true"]}, ["idle"]),
        ({"id": [small.id[:12]]}, ["small"]),
    ):
        assert [one.name for one in networks.all(filters)] == names
    with pytest.raises(InvalidInput, match="invalid filter 'foo'"):
        networks.all({"foo": ["x"]})


def test_what_happens_is_told(networks: Networks) -> None:
    networks.create(Wanted("front"))
    networks.remove("front")
    assert [(event.type, event.action) for event in networks.events.read()] == [
        ("network", "create"),
        ("network", "destroy"),
    ]
