"""The network of a running container: plugged in before it starts, taken back when it has ended."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from engine.errors import EngineError, StartFailed, from_os
from engine.kernel.links import Links
from engine.kernel.nftables import Tables
from engine.paths import Paths
from engine.runtime.network import firewall, members, ports
from engine.runtime.network.bridge import kernel, outer_end, plug_in, unplug
from engine.runtime.network.plan import Plan, Wire
from engine.runtime.network.ports import Held
from engine.runtime.network.sandbox import Sandbox
from engine.shim.loop import Loop
from engine.shim.network.companion import Companion, Sockets
from engine.store.locks import Lock

TYPE_CHECKING = False
if TYPE_CHECKING:
    import _socket


class Uplink:
    """One container's network."""

    def __init__(self, plan: Plan, paths: Paths, id: str, name: str, loop: Loop) -> None:
        self._plan = plan
        self._paths = paths
        self._id = id
        self._name = name
        self._wires: dict[str, Wire] = {}
        self._held: list[Held] = []
        self._names: tuple[_socket.socket, _socket.socket] | None = None
        self._companion = Companion(loop)
        self._sandbox: Sandbox | None = None

    @property
    def namespace(self) -> int:
        """The descriptor of the network namespace."""
        assert self._sandbox
        return self._sandbox.descriptor

    def open(self) -> None:
        """Make it. Raises StartFailed; nothing is left behind then."""
        try:
            self._sandbox = Sandbox()
            with self._kernel() as (links, tables):
                for wire in self._plan.wires:
                    plug_in(wire, self._host_end(wire), self._sandbox, links, tables)
                    self._wires[wire.bridge.network] = wire
            self._publish()
            self._announce()
            self._accompany(resolves=self._plan.resolves)
        except (OSError, EngineError) as error:
            self.withdraw()
            self.close()
            if isinstance(error, EngineError):
                raise
            raise _refused(error) from error

    def plug(self, wire: Wire, *, resolves: bool) -> None:
        """Lead one more wire into another network. Raises StartFailed."""
        assert self._sandbox
        try:
            with self._kernel() as (links, tables):
                plug_in(wire, self._host_end(wire), self._sandbox, links, tables)
        except OSError as error:
            raise _refused(error) from error
        self._wires[wire.bridge.network] = wire
        members.announce(self._folder(wire), self._id, wire)
        self._accompany(resolves=resolves)

    def unplug(self, network: str) -> None:
        """Take the wire to a network away; published ports that it led to go with it."""
        wire = self._wires.pop(network, None)
        if wire is None:
            return
        members.leave(self._folder(wire), self._id)
        gone = [one for one in self._held if one.port.target == wire.address]
        with self._kernel() as (links, tables):
            firewall.withdraw(wire.bridge.name, [one.port for one in gone], tables)
            unplug(self._host_end(wire), wire.bridge.name, links, tables)
        for one in gone:
            self._held.remove(one)
            one.socket.close()
        self._write_ports()
        self._accompany(resolves=False)

    def withdraw(self) -> None:
        """Give back at once what others may want: ports and names."""
        self._companion.end()
        with suppress(OSError), kernel() as (_, tables):
            for wire in self._wires.values():
                members.leave(self._folder(wire), self._id)
                led = [one.port for one in self._held if one.port.target == wire.address]
                firewall.withdraw(wire.bridge.name, led, tables)
        for one in self._held:
            one.socket.close()
        for socket in self._names or ():
            socket.close()
        self._held, self._names = [], None
        with suppress(OSError):
            os.unlink(self._paths.container(self._id).ports)

    def close(self) -> None:
        """Take the rest away; what the kernel is slow with is done when nobody waits any more."""
        if self._sandbox is None:
            return
        with suppress(OSError, EngineError), self._kernel() as (links, tables):
            for wire in self._wires.values():
                unplug(self._host_end(wire), wire.bridge.name, links, tables)
        self._sandbox.close()
        self._sandbox = None
        self._wires = {}

    def _publish(self) -> None:
        """Take the ports, and have the kernel redirect what it can."""
        wire = next((wire for wire in self._plan.wires if wire.address and not wire.bridge.internal), None)
        if wire is None:
            return
        try:
            for port in self._plan.ports:
                self._held += ports.hold(port, wire.address)
        except StartFailed as error:
            where = f"on endpoint {self._name} ({wire.endpoint})"
            brief = f"driver failed programming external connectivity {where}: {error.brief}"
            raise StartFailed(brief, error.code, resolution=error.resolution) from None
        if self._held:
            with kernel() as (_, tables):
                firewall.publish(wire.bridge.name, [one.port for one in self._held], tables)
            self._write_ports()

    def _write_ports(self) -> None:
        with open(self._paths.container(self._id).ports, "w", encoding="utf-8") as file:
            json.dump([one.port for one in self._held], file)

    def _announce(self) -> None:
        for wire in self._plan.wires:
            members.announce(self._folder(wire), self._id, wire)

    def _accompany(self, *, resolves: bool) -> None:
        """Let the companion serve what there is to serve now."""
        self._companion.end()
        if resolves and self._names is None:
            assert self._sandbox
            self._names = self._sandbox.listen_for_names()
        wires = tuple(self._wires.values())
        folders = tuple(self._folder(wire) for wire in wires if wire.names)
        internal = bool(wires) and all(wire.bridge.internal for wire in wires)
        links = {name: other for wire in wires for name, other in wire.links}
        if self._held or self._names:
            sockets = Sockets(tuple(self._held), self._names, folders, links, self._plan.servers, internal)
            self._companion.begin(sockets)

    def _folder(self, wire: Wire) -> str:
        return self._paths.network(wire.bridge.network)

    def _host_end(self, wire: Wire) -> str:
        return outer_end(self._id, wire.interface)

    @contextmanager
    def _kernel(self) -> Iterator[tuple[Links, Tables]]:
        """Open the host's links and tables while nobody else of this store changes them."""
        with Lock(self._paths.networks_lock), kernel() as found:
            yield found


def _refused(error: OSError) -> StartFailed:
    """Say what the kernel would not do, and what then."""
    refused = from_os(error, "failed to set up container networking")
    return StartFailed(
        refused.brief,
        125,
        details=refused.details,
        resolution=refused.resolution
        or "networks need root, bridges, veth and nftables; --network none needs none of them",
    )
