"""What the builder's tests share: a context to fill, a store's folders, servers of their own."""

from __future__ import annotations

import os
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from engine.paths import Paths
from tests.engine.build.placed import OPENED
from tests.engine.build.repositories import commit, git


@pytest.fixture(autouse=True)
def closed() -> Iterator[None]:
    """Close the trees that a test has opened."""
    yield
    while OPENED:
        OPENED.pop().close()


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    """The folders of a store that holds nothing."""
    paths = Paths(str(tmp_path / "yard"), str(tmp_path / "yard/run"))
    os.makedirs(paths.ingest)
    return paths


@pytest.fixture
def context(tmp_path: Path) -> Path:
    """A directory with a Dockerfile."""
    folder = tmp_path / "context"
    folder.mkdir()
    (folder / "Dockerfile").write_text("FROM scratch\n")
    return folder


class _Silent(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *arguments: object) -> None:
        return


@pytest.fixture
def web(tmp_path: Path) -> Iterator[tuple[Path, str]]:
    """A folder, and the address under which it is served."""
    folder = tmp_path / "web"
    folder.mkdir()
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Silent, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield folder, f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def repository(tmp_path: Path) -> Iterator[tuple[Path, str]]:
    """A repository's work tree with one commit, and the git:// address of what is committed in it."""
    folder = tmp_path / "repositories/work"
    (folder / "sub").mkdir(parents=True)
    (folder / "Dockerfile").write_text("FROM scratch\n")
    (folder / "sub/Dockerfile").write_text("FROM scratch AS sub\n")
    git(folder, "init", "-q", "--initial-branch=trunk")
    commit(folder)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    daemon = subprocess.Popen(
        ["git", "daemon", "--export-all", "--listen=127.0.0.1", f"--port={port}", f"--base-path={tmp_path}"],
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait_for(port)
        yield folder, f"git://127.0.0.1:{port}/repositories/work/.git"
    finally:
        daemon.terminate()
        daemon.wait()


def _wait_for(port: int) -> None:
    for _ in range(200):
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except OSError:
            time.sleep(0.02)
        else:
            return
    raise AssertionError("git daemon does not answer")
