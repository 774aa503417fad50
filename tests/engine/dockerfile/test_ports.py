"""The words of EXPOSE."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.dockerfile.ports import port
from engine.errors import InvalidInput

TABLE = Path(__file__).parents[4] / "shared" / "conformance" / "tables" / "dockerfile2llb.jsonl"


def rows(function):
    if not TABLE.exists():
        return []
    tables = [json.loads(line) for line in TABLE.read_text().splitlines()]
    return next(table["rows"] for table in tables if table["func"] == function)


# Each as docker 20.10 answers it.
@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("80", ["80/tcp"]),
        ("80/", ["80/tcp"]),
        ("443/UDP", ["443/udp"]),
        ("5-7/sctp", ["5/sctp", "6/sctp", "7/sctp"]),
        ("0080", ["80/tcp"]),
        (":80", ["80/tcp"]),
        ("8080:90/tcp", ["90/tcp"]),
        ("1.2.3.4:80:90", ["90/tcp"]),
        ("[::1]:80:90", ["90/tcp"]),
        ("80-81:90", ["90/tcp"]),
        ("80-81:90-91", ["90/tcp", "91/tcp"]),
    ],
)
def test_what_is_exposed(text, names):
    assert port(text).names() == names


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("x", "Invalid containerPort: x"),
        ("70000", "Invalid containerPort: 70000"),
        ("9-5", "Invalid containerPort: 9-5"),
        ("+80", "Invalid containerPort: +80"),
        ("-1", "Invalid containerPort: -1"),
        ("٣", "Invalid containerPort: ٣"),
        ("80/foo", "Invalid proto: foo"),
        ("/tcp", "No port specified: /tcp<empty>"),
        ("80:", "No port specified: 80:<empty>"),
        ("x:80", "Invalid hostPort: x"),
        ("1.2.3:80:90", "Invalid ip address: 1.2.3"),
        ("80-81:90-92", "Invalid ranges specified for container and host Ports: 90-92 and 80-81"),
    ],
)
def test_what_is_refused(text, sentence):
    with pytest.raises(InvalidInput) as caught:
        port(text)
    assert str(caught.value) == sentence


def test_a_port_of_the_host_is_noticed():
    assert port("8080:80").mapped
    assert port("127.0.0.1::80").mapped
    assert not port("80/TCP").mapped
    assert port("80/TCP").protocol == "TCP"


@given(st.text("0189-:./[]tcpudTs", max_size=14))
def test_whatever_is_written_is_read_or_refused(text):
    try:
        found = port(text)
    except InvalidInput:
        return
    assert 0 <= found.low <= found.high <= 65535
    assert len(found.names()) == found.high - found.low + 1


@pytest.mark.conformance
@pytest.mark.skipif(not TABLE.exists(), reason="the conformance data is not beside this checkout")
@pytest.mark.parametrize("row", rows("TestPartPortIPV6"), ids=lambda row: row["name"])
def test_a_row_of_the_table_of_addresses(row):
    assert port(row["spec"]).names() == row["expected"]


@pytest.mark.conformance
@pytest.mark.skipif(not TABLE.exists(), reason="the conformance data is not beside this checkout")
@pytest.mark.parametrize("row", rows("TestParsePortEmptyContainerPort"), ids=lambda row: row["name"])
def test_a_row_of_the_table_of_missing_ports(row):
    with pytest.raises(InvalidInput, match="No port specified"):
        port(row["spec"])
