"""A registry to pull from and push to, on a real socket, which can be told to misbehave."""

from __future__ import annotations

import base64
import json
import re
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from engine.oci import media
from tests.engine.images.archives import COMPRESSIONS, LAYER_TYPES, Made, digest_of

_PATH = re.compile(r"/v2/(?P<name>.+?)/(?P<kind>manifests|blobs|tags)/(?P<rest>.*)")
DOCKER_LAYER_TYPES = {"plain": media.DOCKER_LAYER, "gzip": media.DOCKER_LAYER_GZIP}

Trick = Callable[["Call"], bool]
"""Sees each request first; what it answers True to, it has answered itself."""


class Fake:
    """What the registry has, what it was asked, and how it behaves."""

    def __init__(self) -> None:
        self.blobs: dict[tuple[str, str], bytes] = {}
        self.manifests: dict[tuple[str, str], tuple[bytes, str]] = {}
        self.asked: list[tuple[str, str, dict[str, str]]] = []
        """Method, path with its query, headers."""
        self.tricks: list[Trick] = []
        self.uploads: dict[str, bytearray] = {}
        self.address = ""
        self.mounting = True
        self.ranges = True

    def put(self, name: str, tag: str, made: Made, compression: str = "gzip", docker: bool = False) -> str:
        """Have an image under a tag; return its manifest's digest."""
        types = DOCKER_LAYER_TYPES if docker else LAYER_TYPES
        config = media.DOCKER_CONFIG if docker else media.OCI_CONFIG
        document = {
            "schemaVersion": 2,
            "mediaType": media.DOCKER_MANIFEST if docker else media.OCI_MANIFEST,
            "config": self.blob(name, made.config, config),
            "layers": [
                self.blob(name, COMPRESSIONS[compression](tar), types[compression]) for tar in made.layers
            ],
        }
        return self.manifest(name, tag, document)

    def index(self, name: str, tag: str, *entries: dict[str, Any], docker: bool = False) -> str:
        """Have an index under a tag; return its digest."""
        kind = media.DOCKER_INDEX if docker else media.OCI_INDEX
        return self.manifest(name, tag, {"schemaVersion": 2, "mediaType": kind, "manifests": entries})

    def entry(self, name: str, digest: str, **platform: str) -> dict[str, Any]:
        """Describe a manifest for an index."""
        data, kind = self.manifests[name, digest]
        return {"mediaType": kind, "digest": digest, "size": len(data), "platform": platform}

    def manifest(self, name: str, tag: str, document: dict[str, Any]) -> str:
        """Have a document under a tag and under its digest."""
        data = json.dumps(document, indent=2).encode()
        kept = (data, document["mediaType"])
        self.manifests[name, tag] = self.manifests[name, digest_of(data)] = kept
        return digest_of(data)

    def blob(self, name: str, data: bytes, media_type: str) -> dict[str, Any]:
        """Have a blob; return its descriptor."""
        digest = digest_of(data)
        self.blobs[name, digest] = data
        return {"mediaType": media_type, "digest": digest, "size": len(data)}

    def requests(self, part: str, method: str = "GET") -> list[dict[str, str]]:
        """Return the headers of the requests whose path has this part."""
        return [headers for verb, path, headers in self.asked if part in path and verb == method]


class Call(BaseHTTPRequestHandler):
    """One request."""

    fake: Fake
    protocol_version = "HTTP/1.1"

    def answer(self, status: int, body: bytes = b"", **headers: str) -> bool:
        """Answer it; headers have `_` for `-`."""
        self.send_response(status)
        for key, value in headers.items():
            self.send_header(key.replace("_", "-"), value)
        if "Content_Length" not in headers:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)
        return True

    def refuse(self, status: int, code: str, message: str, **headers: str) -> bool:
        """Answer with an error as the distribution specification wants it."""
        body = json.dumps({"errors": [{"code": code, "message": message}]}).encode()
        return self.answer(status, body, Content_Type="application/json", **headers)

    def cut(self) -> bool:
        """Say no more, without an end."""
        self.wfile.flush()
        self.close_connection = True
        self.connection.close()
        return True

    def log_message(self, *_: object) -> None:
        """Print nothing."""

    def handle_one_request(self) -> None:
        try:
            super().handle_one_request()
        except (ConnectionError, ssl.SSLError, ValueError):
            self.close_connection = True

    def _serve(self) -> None:
        self.fake.asked.append((self.command, self.path, dict(self.headers.items())))
        self.body = self._body()
        if any(trick(self) for trick in self.fake.tricks):
            return
        path = urlsplit(self.path).path
        match = _PATH.fullmatch(path)
        if path in ("/v2/", "/v2"):
            self.answer(200, b"{}")
        elif match is None:
            self.answer(404)
        else:
            getattr(self, f"_{match['kind']}")(match["name"], match["rest"])

    def _body(self) -> bytes:
        if "chunked" in self.headers.get("Transfer-Encoding", ""):
            data = bytearray()
            while size := int(self.rfile.readline(), 16):
                data += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
            return bytes(data)
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def _manifests(self, name: str, reference: str) -> None:
        if self.command == "PUT":
            kept = (self.body, self.headers["Content-Type"])
            digest = digest_of(self.body)
            self.fake.manifests[name, reference] = self.fake.manifests[name, digest] = kept
            self.answer(201, Docker_Content_Digest=digest, Location=f"/v2/{name}/manifests/{digest}")
        elif found := self.fake.manifests.get((name, reference)):
            self.answer(200, found[0], Content_Type=found[1], Docker_Content_Digest=digest_of(found[0]))
        else:
            self.refuse(404, "MANIFEST_UNKNOWN", "manifest unknown")

    def _tags(self, name: str, _: str) -> None:
        tags = sorted(tag for repository, tag in self.fake.manifests if repository == name and ":" not in tag)
        self.answer(200, json.dumps({"name": name, "tags": tags}).encode())

    def _blobs(self, name: str, rest: str) -> None:
        if rest.startswith("uploads/"):
            self._uploads(name, rest.removeprefix("uploads/"))
            return
        data = self.fake.blobs.get((name, rest))
        if data is None:
            self.refuse(404, "BLOB_UNKNOWN", "blob unknown to registry")
            return
        wanted = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        if wanted and self.fake.ranges:
            start = int(wanted[1])
            self.answer(206, data[start:], Content_Range=f"bytes {start}-{len(data) - 1}/{len(data)}")
        else:
            self.answer(200, data)

    def _uploads(self, name: str, id: str) -> None:
        query = {key: values[0] for key, values in parse_qs(urlsplit(self.path).query).items()}
        if self.command == "POST":
            source = (query.get("from", ""), query.get("mount", ""))
            if self.fake.mounting and source in self.fake.blobs:
                self.fake.blobs[name, source[1]] = self.fake.blobs[source]
                self.answer(201, Location=f"/v2/{name}/blobs/{source[1]}")
                return
            id = str(len(self.fake.uploads))
            self.fake.uploads[id] = bytearray()
            self.answer(202, Location=f"/v2/{name}/blobs/uploads/{id}?state=a%2Fb", Range="0-0")
            return
        have = self.fake.uploads[id]
        here = f"/v2/{name}/blobs/uploads/{id}"
        if self.command == "PATCH":
            have += self.body
            self.answer(202, Location=f"{here}?state=c", Range=f"0-{max(0, len(have) - 1)}")
        elif self.command == "PUT":
            have += self.body
            if digest_of(have) != query["digest"]:
                self.refuse(400, "DIGEST_INVALID", "provided digest did not match uploaded content")
                return
            self.fake.blobs[name, query["digest"]] = bytes(have)
            self.answer(201, Location=f"/v2/{name}/blobs/{query['digest']}")
        else:
            self.answer(204, Location=f"{here}?state=g", Range=f"0-{max(0, len(have) - 1)}")

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = _serve


class _Quiet(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        """Say nothing of connections that broke."""


@contextmanager
def serving(fake: Fake, tls: ssl.SSLContext | None = None) -> Iterator[Fake]:
    """Serve it on a free port of the loopback."""
    server = _Quiet(("127.0.0.1", 0), type("Bound", (Call,), {"fake": fake}))
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    fake.address = f"127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield fake
    finally:
        server.shutdown()
        server.server_close()


def basic(user: str, password: str) -> str:
    """Write the header of basic authentication."""
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()
