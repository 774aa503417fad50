"""The files by which a container finds other machines."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from engine.runtime import hosts

HOST = """# a comment
domain old.example
search one.example two.example
nameserver 10.0.0.1
nameserver 10.0.0.2
options ndots:1 edns0
"""


@pytest.fixture(autouse=True)
def machine(monkeypatch: pytest.MonkeyPatch) -> None:
    files = {"/etc/resolv.conf": HOST, "/etc/hosts": "127.0.0.1 localhost\n"}
    monkeypatch.setattr(hosts, "of_host", files.__getitem__)


def test_nothing_given_is_the_machines_own() -> None:
    assert hosts.resolver() == HOST


@pytest.mark.parametrize(
    ("servers", "options", "search", "lines"),
    [
        (("1.2.3.4", "::1"), (), (), ("search one.example two.example", "nameserver 1.2.3.4",
                                      "nameserver ::1", "options ndots:1 edns0")),
        ((), ("ndots:2", "rotate"), (), ("search one.example two.example", "nameserver 10.0.0.1",
                                         "nameserver 10.0.0.2", "options ndots:2 rotate")),
        ((), (), ("a.b", "c"), ("search a.b c", "nameserver 10.0.0.1", "nameserver 10.0.0.2",
                                "options ndots:1 edns0")),
        ((), (), (".",), ("nameserver 10.0.0.1", "nameserver 10.0.0.2", "options ndots:1 edns0")),
    ],
)  # fmt: skip
def test_what_is_given_replaces_its_own_kind_of_line(
    servers: Sequence[str], options: Sequence[str], search: Sequence[str], lines: Sequence[str]
) -> None:
    assert hosts.resolver(servers, options, search).splitlines() == list(lines)


@pytest.mark.parametrize("network", ["default", "none", "host"])
def test_entries_of_ones_own_come_last(network: str) -> None:
    text = hosts.hosts("box", "", network, ("shop:10.1.2.3", "six:fd00::1"))
    assert text.endswith("10.1.2.3\tshop\nfd00::1\tsix\n")
    assert ("127.0.1.1\tbox\n" in text) is (network == "default")
