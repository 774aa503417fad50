"""Volume drivers of others, asked through Docker's plugin protocol: JSON by HTTP over a socket.

https://docs.docker.com/engine/extend/plugin_api/ and plugins_volume/. A plugin is found as `NAME.sock` or
`NAME/NAME.sock` in a directory of sockets, or through a `NAME.spec` or `NAME.json` that tells its address.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from engine.errors import EngineError, NotFound, Unsupported

if TYPE_CHECKING:
    from http.client import HTTPConnection

DIRECTORIES = ("/run/docker/plugins", "/etc/docker/plugins", "/usr/lib/docker/plugins")
VARIABLE = "STACKYARD_PLUGINS"
"""Names other directories, with colons between them."""

_TYPE = "application/vnd.docker.plugins.v1.1+json"
_SECONDS = 30.0
"""How long a plugin may take to answer."""


class Remote(NamedTuple):
    """A volume as its plugin tells of it."""

    name: str
    mountpoint: str = ""
    created: str = ""
    status: Mapping[str, Any] = {}

    @property
    def moment(self) -> float:
        """When it was made, in seconds since the epoch; 0 if the plugin does not say."""
        from datetime import datetime

        try:
            return datetime.fromisoformat(self.created).timestamp()
        except ValueError:
            return 0.0


class Plugin:
    """One volume driver; every call may raise EngineError with the plugin's own words."""

    def __init__(self, name: str, address: str, tls: Mapping[str, Any] | None = None) -> None:
        self.name = name
        self.address = address
        """Where it listens: `unix://PATH`, `tcp://HOST:PORT`."""
        self.tls = tls

    def activate(self) -> bool:
        """Shake hands; tell whether it is a volume driver."""
        return "VolumeDriver" in (self._ask("Plugin.Activate").get("Implements") or ())

    def create(self, name: str, options: Mapping[str, str]) -> None:
        """Make a volume."""
        self._ask("VolumeDriver.Create", Name=name, Opts=dict(options))

    def remove(self, name: str) -> None:
        """Delete a volume."""
        self._ask("VolumeDriver.Remove", Name=name)

    def mount(self, name: str, id: str) -> str:
        """Make a volume's files reachable for the container `id`; return where on this host."""
        return str(self._ask("VolumeDriver.Mount", Name=name, ID=id).get("Mountpoint") or "")

    def unmount(self, name: str, id: str) -> None:
        """Tell that the container `id` needs them no longer."""
        self._ask("VolumeDriver.Unmount", Name=name, ID=id)

    def path(self, name: str) -> str:
        """Return where a volume's files are, if that is known."""
        return str(self._ask("VolumeDriver.Path", Name=name).get("Mountpoint") or "")

    def get(self, name: str) -> Remote | None:
        """Look one volume up; None if the plugin has none of that name."""
        try:
            found = self._ask("VolumeDriver.Get", Name=name).get("Volume")
        except _Refused:
            return None
        return _remote(found) if found else None

    def list(self) -> Sequence[Remote]:
        """List its volumes."""
        return [_remote(found) for found in self._ask("VolumeDriver.List").get("Volumes") or ()]

    def scope(self) -> str:
        """Tell whether its volumes are this machine's (local) or known on many (global)."""
        try:
            told = self._ask("VolumeDriver.Capabilities").get("Capabilities") or {}
        except EngineError:
            # It came into the protocol late.
            return "local"
        return str(told.get("Scope") or "local").lower()

    def _ask(self, method: str, **words: Any) -> Mapping[str, Any]:
        from http.client import HTTPException

        headers = {"Accept": _TYPE, "Content-Type": _TYPE}
        connection = _connection(self.address, self.tls)
        try:
            connection.request("POST", f"/{method}", json.dumps(words), headers)
            response = connection.getresponse()
            text = response.read()
        except (OSError, HTTPException) as error:
            raise EngineError(
                f"error while calling {method} of the volume plugin {self.name}: {error}",
                resolution=f"see whether the plugin runs and listens at {self.address}",
            ) from error
        finally:
            connection.close()
        try:
            told = json.loads(text) if text.strip() else {}
        except ValueError:
            told = {"Err": text.decode(errors="replace").strip()}
        problem = told.get("Err") if isinstance(told, dict) else "it gave no JSON object"
        if problem or response.status != 200:
            raise _Refused(f"VolumeDriver.{method.partition('.')[2]}: {problem or response.reason}")
        return dict(told)


class _Refused(EngineError):
    """The plugin answered with an error."""


def find(name: str) -> Plugin:
    """Find a volume driver by its name and shake hands with it. Raises NotFound."""
    for known, address, tls in _addresses():
        if known == name:
            plugin = Plugin(name, address, tls)
            if plugin.activate():
                return plugin
            raise NotFound(f'plugin "{name}" found but does not implement VolumeDriver')
    raise NotFound(f'plugin "{name}" not found')


def everyone() -> list[Plugin]:
    """Find all volume drivers that answer."""
    found = []
    for name, address, tls in _addresses():
        plugin = Plugin(name, address, tls)
        try:
            if plugin.activate():
                found.append(plugin)
        except EngineError:
            # A socket nobody listens on any more hides no other driver.
            continue
    return found


def _addresses() -> Iterator[tuple[str, str, Mapping[str, Any] | None]]:
    """Yield name, address and TLS of each plugin, the first of a name only."""
    seen = set()
    folders = os.environ.get(VARIABLE)
    for folder in folders.split(":") if folders else DIRECTORIES:
        for name, path in _files(folder):
            if name not in seen:
                seen.add(name)
                yield (name, *_address(path))


def _files(folder: str) -> Iterator[tuple[str, str]]:
    try:
        entries = sorted(os.listdir(folder))
    except OSError:
        return
    for entry in entries:
        stem, ending = os.path.splitext(entry)
        if ending in (".sock", ".spec", ".json"):
            yield stem, f"{folder}/{entry}"
        for inner in (".sock", ".spec", ".json"):
            if os.path.exists(f"{folder}/{entry}/{entry}{inner}"):
                yield entry, f"{folder}/{entry}/{entry}{inner}"


def _address(path: str) -> tuple[str, Mapping[str, Any] | None]:
    if path.endswith(".sock"):
        return f"unix://{path}", None
    try:
        with open(path, encoding="utf-8") as file:
            if path.endswith(".spec"):
                return file.read().strip(), None
            document = json.load(file)
        return str(document["Addr"]), document.get("TLSConfig")
    except (OSError, ValueError, KeyError):
        return f"unreadable:{path}", None


def _connection(address: str, tls: Mapping[str, Any] | None) -> HTTPConnection:
    from http.client import HTTPConnection, HTTPSConnection

    kind, _, place = address.partition("://")
    if kind == "unix":
        connection = HTTPConnection("localhost", timeout=_SECONDS)
        connection.connect = lambda: _connect(connection, place)  # type: ignore[method-assign]
        return connection
    if kind in ("tcp", "http", "https"):
        if tls is None and kind != "https":
            return HTTPConnection(place, timeout=_SECONDS)
        return HTTPSConnection(place, timeout=_SECONDS, context=_context(tls or {}))
    raise Unsupported(f"cannot reach a volume plugin at {address}", resolution="use unix:// or tcp://")


def _connect(connection: HTTPConnection, path: str) -> None:
    import socket

    connection.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    connection.sock.settimeout(_SECONDS)
    try:
        connection.sock.connect(path)
    except OSError:
        connection.sock.close()
        raise


def _context(tls: Mapping[str, Any]) -> Any:
    import ssl

    context = ssl.create_default_context(cafile=tls.get("CAFile") or None)
    if tls.get("InsecureSkipVerify"):
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    if tls.get("CertFile"):
        context.load_cert_chain(tls["CertFile"], tls.get("KeyFile") or None)
    return context


def _remote(found: Mapping[str, Any]) -> Remote:
    return Remote(
        str(found.get("Name", "")),
        str(found.get("Mountpoint") or ""),
        str(found.get("CreatedAt") or ""),
        found.get("Status") or {},
    )
