"""What ADD has downloaded before is asked about, not downloaded again."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from email.utils import formatdate
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from engine.build.context.downloads import Downloads
from engine.build.program.cachemounts import CacheMounts
from engine.errors import EngineError
from engine.paths import Paths

LONG_AGO = 1_600_000_000


class Server(HTTPServer):
    """Serves one text, and counts how often it sent it and how often it was asked."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answer)
        self.text, self.tag, self.modified = b"one", '"1"', 0
        self.asked = self.sent = 0
        self.url = f"http://127.0.0.1:{self.server_port}/file"


class Answer(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        server = self.server
        server.asked += 1
        modified = formatdate(server.modified, usegmt=True)
        same = (server.tag and self.headers["If-None-Match"] == server.tag) or (
            not server.tag and server.modified and self.headers["If-Modified-Since"] == modified
        )
        self.send_response(304 if same else 200)
        if server.tag:
            self.send_header("ETag", server.tag)
        if server.modified:
            self.send_header("Last-Modified", modified)
        self.send_header("Content-Length", str(0 if same else len(server.text)))
        self.end_headers()
        if not same:
            server.sent += 1
            self.wfile.write(server.text)

    def log_message(self, format: str, *arguments: object) -> None:
        return


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def take(paths: Paths, folder: Path, url: str, expected: str = "") -> bytes:
    path = folder / os.urandom(4).hex()
    with open(path, "xb") as out:
        found = Downloads(paths).take(url, out, "ADD failed", lambda count: None, expected=expected)
    assert found.digest == sha256(path.read_bytes()).hexdigest()
    assert found.name == "file"
    return path.read_bytes()


def test_what_is_still_the_same_is_sent_once(paths: Paths, tmp_path: Path, server: Server) -> None:
    assert [take(paths, tmp_path, server.url) for _ in "123"] == [b"one"] * 3
    assert (server.asked, server.sent) == (3, 1)


def test_what_has_changed_is_sent_anew(paths: Paths, tmp_path: Path, server: Server) -> None:
    take(paths, tmp_path, server.url)
    server.text, server.tag = b"two", '"2"'
    assert [take(paths, tmp_path, server.url) for _ in "12"] == [b"two"] * 2
    assert server.sent == 2


def test_an_old_time_serves_as_well_as_a_tag(paths: Paths, tmp_path: Path, server: Server) -> None:
    server.tag, server.modified = "", LONG_AGO
    assert [take(paths, tmp_path, server.url) for _ in "12"] == [b"one"] * 2
    assert server.sent == 1


@pytest.mark.parametrize("age", [None, 0])
def test_nothing_is_kept_of_what_could_have_changed_unseen(
    paths: Paths, tmp_path: Path, server: Server, age: int | None
) -> None:
    server.tag, server.modified = "", 0 if age is None else int(time.time()) - age
    for _ in "12":
        take(paths, tmp_path, server.url)
    assert server.sent == 2
    assert list(CacheMounts(paths).listed()) == []


def test_who_knows_the_digest_asks_nobody(paths: Paths, tmp_path: Path, server: Server) -> None:
    digest = sha256(b"one").hexdigest()
    assert [take(paths, tmp_path, server.url, digest) for _ in "12"] == [b"one"] * 2
    assert server.asked == 1
    server.text, server.tag = b"two", '"2"'
    assert take(paths, tmp_path, server.url, sha256(b"two").hexdigest()) == b"two"


def test_it_is_listed_and_pruned_as_a_cache_mount(paths: Paths, tmp_path: Path, server: Server) -> None:
    take(paths, tmp_path, server.url)
    (mount,) = CacheMounts(paths).listed()
    assert (mount.id, mount.in_use) == (f"download of {server.url}", False)
    CacheMounts(paths).remove(mount.key)
    assert take(paths, tmp_path, server.url) == b"one"
    assert server.sent == 2


def test_half_of_a_file_is_never_given(paths: Paths, tmp_path: Path, server: Server) -> None:
    take(paths, tmp_path, server.url)
    (content,) = Path(paths.caches).glob("*/data/content")
    content.write_bytes(b"on")
    assert take(paths, tmp_path, server.url) == b"one"


def test_a_server_that_is_gone_is_told_of(paths: Paths, tmp_path: Path, server: Server) -> None:
    take(paths, tmp_path, server.url)
    with pytest.raises(EngineError, match="ADD failed: Get"):
        take(paths, tmp_path, "http://127.0.0.1:1/file")
