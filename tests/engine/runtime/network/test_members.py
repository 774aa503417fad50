"""Who is on a network."""

from __future__ import annotations

from pathlib import Path

from engine.runtime.network.members import Members, announce, leave
from engine.runtime.network.plan import Bridge, Wire


def wire(network: str, address: str, *names: str) -> Wire:
    return Wire(
        Bridge("br", "id"), "eth0", "02:42:0a:00:00:02", (f"{address}/24",), names=names, network=network
    )


def test_members_are_found_by_every_name_in_any_case_and_below_their_network(tmp_path: Path) -> None:
    folder = f"{tmp_path}/net"
    announce(folder, "c1", wire("front", "10.0.0.2", "web", "www"))
    announce(folder, "c2", wire("front", "10.0.0.3", "db", "www"))
    members = Members((folder,))
    assert members.addresses("WEB") == members.addresses("web.front.") == ("10.0.0.2",)
    assert members.addresses("www") == ("10.0.0.2", "10.0.0.3")
    assert members.addresses("nobody") is None
    assert members.name("10.0.0.3") == "db.front"
    assert members.name("10.0.0.9") is None


def test_who_comes_and_goes_is_noticed(tmp_path: Path) -> None:
    folder = f"{tmp_path}/net"
    members = Members((folder,))
    assert members.addresses("web") is None
    announce(folder, "c1", wire("front", "10.0.0.2", "web"))
    assert members.addresses("web") == ("10.0.0.2",)
    leave(folder, "c1")
    assert members.addresses("web") is None
    leave(folder, "c1")


def test_a_torn_file_is_nobody(tmp_path: Path) -> None:
    folder = tmp_path / "net"
    announce(str(folder), "c1", wire("front", "10.0.0.2", "web"))
    (folder / "c2").write_text("[")
    assert Members((str(folder),)).addresses("web") == ("10.0.0.2",)
