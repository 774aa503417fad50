"""`-p`, beside docker's answers."""

from __future__ import annotations

import pytest

from app.cli.flags import UsageError
from app.cli.publishing import publications
from engine.containers.options import Publication


@pytest.mark.parametrize(
    ("word", "ports"),
    [
        ("80", [(80, "tcp", "", "")]),
        ("8080:80", [(80, "tcp", "", "8080")]),
        (":80", [(80, "tcp", "", "")]),
        ("0:80", [(80, "tcp", "", "0")]),
        ("127.0.0.1::80", [(80, "tcp", "127.0.0.1", "")]),
        ("127.0.0.1:8080:80/udp", [(80, "udp", "127.0.0.1", "8080")]),
        ("[::1]:8080:80", [(80, "tcp", "::1", "8080")]),
        ("80-81", [(80, "tcp", "", ""), (81, "tcp", "", "")]),
        ("8000-8001:80-81", [(80, "tcp", "", "8000"), (81, "tcp", "", "8001")]),
        ("8000-8010:80", [(80, "tcp", "", "8000-8010")]),
        ("target=80,published=8080,protocol=udp", [(80, "udp", "", "8080")]),
    ],
)
def test_every_form_is_read(word: str, ports: list[tuple[int, str, str, str]]) -> None:
    assert publications([word]) == tuple(Publication(*port) for port in ports)


@pytest.mark.parametrize(
    ("word", "sentence"),
    [
        ("", "no port specified: <empty>"),
        ("80:", "no port specified: 80:<empty>"),
        ("1.2.3.4:80", "invalid hostPort: 1.2.3.4"),
        ("x:80", "invalid hostPort: x"),
        ("80:x", "invalid containerPort: x"),
        ("abc", "invalid containerPort: abc"),
        ("99999:80", "invalid hostPort: 99999"),
        ("80:70000", "invalid containerPort: 70000"),
        ("80/foo", "invalid proto: foo"),
        ("300.1.1.1:80:80", "invalid IP address: 300.1.1.1"),
        ("8000-8001:80-82", "invalid ranges specified for container and host Ports: 80-82 and 8000-8001"),
        ("name=web,80", "invalid field key name"),
    ],
)
def test_bad_words_are_refused_in_dockers(word: str, sentence: str) -> None:
    with pytest.raises(UsageError, match=sentence.replace(".", r"\.")):
        publications([word])
