"""Networks: who reaches whom, by which name, over which port, and that nothing is left of it."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from engine.containers.options import Options, Publication
from engine.engine import Engine
from engine.errors import InUse, NotFound, StartFailed
from engine.kernel.links import Links
from engine.kernel.nftables import INET, Tables
from engine.network.endpoint import Joining
from engine.network.network import Facts, Network
from engine.network.networks import Wanted

pytestmark = pytest.mark.root

Stackyard = Callable[..., "subprocess.CompletedProcess[str]"]

SERVER = (
    "import http.server, sys\n"
    "class Handler(http.server.BaseHTTPRequestHandler):\n"
    "    def do_GET(self):\n"
    "        body = f'{sys.argv[1]} saw {self.client_address[0]}'.encode()\n"
    "        self.send_response(200); self.end_headers(); self.wfile.write(body)\n"
    "    def log_message(self, *_): pass\n"
    "http.server.ThreadingHTTPServer(('', 80), Handler).serve_forever()\n"
)
ECHO = (
    "import socket\n"
    "s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.bind(('', 53))\n"
    "while True: data, who = s.recvfrom(999); s.sendto(data.upper(), who)\n"
)
ASK = (
    "import sys, urllib.request as u\n"
    "try: print(u.urlopen(sys.argv[1], timeout=1).read().decode())\n"
    "except OSError as error: print('no:', getattr(error, 'reason', error))\n"
)


class Town:
    """The containers of one test, and what they find of each other."""

    def __init__(self, yard: Engine, image: str) -> None:
        self.yard = yard
        self.image = image

    def network(self, name: str, **facts: bool) -> Network:
        return self.yard.networks.create(Wanted(name, facts=Facts(**facts)))

    def server(self, name: str, *networks: str, **more: Any) -> str:
        return self.run(name, "python3", "-c", SERVER, name, networks=networks, **more)

    def run(self, name: str, *command: str, networks: tuple[str, ...] = (), **more: Any) -> str:
        joins = tuple(Joining(network) for network in networks)
        options = Options(
            command, name=name, network=networks[0] if networks else "default", joins=joins, **more
        )
        id = self.yard.containers.create(self.image, options)
        self.yard.containers.start(id)
        return id

    def ask(self, name: str, url: str) -> str:
        """Ask for a page from inside a container."""
        return self.inside(name, ASK, url)

    def inside(self, name: str, script: str, *words: str) -> str:
        """Run a Python script in a container's network and on its files; return what it printed."""
        pid = self.yard.containers.get(name).state.pid
        command = ["nsenter", "-t", str(pid), "-n", "-m", "-p", "python3", "-c", script, *words]
        done = subprocess.run(command, capture_output=True, text=True)
        assert not done.stderr
        return done.stdout.strip()

    def address(self, name: str, network: str = "bridge") -> str:
        found: str = self.yard.containers.inspect(name)["NetworkSettings"]["Networks"][network]["IPAddress"]
        return found


@pytest.fixture
def town(yard: Engine, python_image: str) -> Iterator[Town]:
    yield Town(yard, python_image)
    for container in yard.containers.list(all=True):
        yard.containers.remove(container.id, force=True)
    for network in yard.networks.all({"type": ["custom"]}):
        yard.networks.remove(network.id)
    assert until(lambda: not left(yard))


def left(yard: Engine) -> list[str]:
    """Tell what there is of this store's bridges, wires and tables."""
    links, tables = Links(), Tables()
    try:
        found = [link.name for link in links.all() if yard.paths.root in link.alias]
        names = [network.bridge(yard.paths.root).name for network in yard.networks.all()]
        return found + [name for name in names if tables.has_chain(name, "forward", INET)]
    finally:
        links.close()
        tables.close()


def until(true: Callable[[], bool], seconds: float = 10) -> bool:
    end = time.monotonic() + seconds
    while not true():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


def page(address: str, port: int) -> str:
    """Fetch a page from the host."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family) as line:
        line.settimeout(3)
        line.connect((address, port))
        line.sendall(b"GET / HTTP/1.0\r\n\r\n")
        data = b""
        while chunk := line.recv(4096):
            data += chunk
    return data.rpartition(b"\r\n\r\n")[2].decode()


def served(address: str, port: int) -> bool:
    try:
        return bool(page(address, port))
    except OSError:
        return False


def own_address() -> str:
    """Find an address of this machine that is not its loopback's."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
        line.connect(("192.0.2.1", 9))
        found: str = line.getsockname()[0]
    return found


def test_two_networks_and_five_containers(town: Town) -> None:
    town.network("front")
    town.network("back")
    for name, *networks in (
        ("web", "front"), ("cache", "front"), ("app", "front", "back"), ("db", "back"), ("job", "back"),
    ):  # fmt: skip
        town.server(name, *networks)
    assert until(lambda: "saw" in town.ask("web", "http://app"))
    assert until(lambda: "saw" in town.ask("app", "http://db"))
    expected = {
        ("web", "cache"): True, ("web", "app"): True, ("app", "web"): True, ("app", "db"): True,
        ("job", "app"): True, ("web", "db"): False, ("db", "web"): False, ("job", "cache"): False,
    }  # fmt: skip
    found = {pair: f"{pair[1]} saw" in town.ask(pair[0], f"http://{pair[1]}") for pair in expected}
    assert found == expected
    assert "no:" in town.ask("web", f"http://{town.address('db', 'back')}")
    town.yard.containers.disconnect("app", "back")
    assert "no:" in town.ask("app", "http://db")
    town.yard.containers.connect("web", Joining("back", aliases=("www",)))
    assert "db saw" in town.ask("web", "http://db")
    assert "web saw" in town.ask("job", "http://www.back")
    town.yard.containers.rename("db", "store")
    assert "db saw" in town.ask("web", "http://store")


def test_a_restart_keeps_addresses(town: Town) -> None:
    town.network("front")
    town.server("first", "front")
    town.server("second", "front")
    before = town.address("first", "front")
    town.yard.containers.restart("first", timeout=0)
    town.yard.containers.stop("second", timeout=0)
    assert town.yard.containers.inspect("second")["NetworkSettings"]["Networks"]["front"]["IPAddress"] == ""
    town.yard.containers.start("second")
    assert town.address("first", "front") == before != town.address("second", "front")


def test_published_ports_are_reached_from_everywhere(town: Town) -> None:
    town.network("other")
    ports = (Publication(80), Publication(80, address="127.0.0.1"))
    town.server("web", published=ports)
    town.server("neighbour")
    town.server("stranger", "other")
    settings = town.yard.containers.inspect("web")["NetworkSettings"]
    anywhere, local = (int(settings["Ports"]["80/tcp"][at]["HostPort"]) for at in (0, 1))
    if settings["Ports"]["80/tcp"][0]["HostIp"] == "127.0.0.1":
        anywhere, local = local, anywhere
    assert until(lambda: served("127.0.0.1", anywhere))
    assert page("127.0.0.1", anywhere).startswith("web saw")
    assert page(own_address(), anywhere).startswith("web saw")
    url = f"http://{own_address()}:{anywhere}"
    assert "web saw" in town.ask("stranger", url)
    assert "web saw" in town.ask("neighbour", url)
    assert "no:" in town.ask("stranger", f"http://{town.address('web')}")
    town.yard.containers.stop("web", timeout=0)
    assert not served("127.0.0.1", anywhere)


def test_datagrams_are_published_too(town: Town) -> None:
    town.run("names", "python3", "-c", ECHO, published=(Publication(53, "udp", "127.0.0.1"),))
    place = town.yard.containers.inspect("names")["NetworkSettings"]["Ports"]["53/udp"][0]

    def asked() -> bytes:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
            line.settimeout(0.3)
            line.connect(("127.0.0.1", int(place["HostPort"])))
            try:
                line.send(b"hello")
                return line.recv(99)
            except OSError:
                return b""

    assert until(lambda: asked() == b"HELLO")


def test_a_large_page_comes_whole_through_a_port(town: Town) -> None:
    script = (
        "import socket; s = socket.create_server(('', 80))\n"
        "while True:\n c, _ = s.accept(); c.sendall(b'x' * 30_000_000); c.close()"
    )
    town.run("big", "python3", "-c", script, published=(Publication(80, address="127.0.0.1"),))
    port = int(town.yard.containers.inspect("big")["NetworkSettings"]["Ports"]["80/tcp"][0]["HostPort"])

    def fetched() -> int:
        with socket.create_connection(("127.0.0.1", port), 3) as line:
            return sum(map(len, iter(lambda: line.recv(1 << 20), b"")))

    assert until(lambda: fetched() == 30_000_000)


def test_a_port_that_is_taken_is_told_and_leaves_nothing(town: Town) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(StartFailed, match=f"Bind for 127.0.0.1:{port} failed: port is already allocated"):
            town.server("web", published=(Publication(80, address="127.0.0.1", host=str(port)),))
    assert town.yard.containers.get("web").state.status == "created"
    assert until(lambda: not left(town.yard))
    town.yard.containers.start("web")
    assert until(lambda: served("127.0.0.1", port))


def test_an_internal_network_leads_nowhere_else(town: Town) -> None:
    town.network("inner", internal=True)
    town.server("first", "inner")
    town.server("second", "inner")
    assert until(lambda: "second saw" in town.ask("first", "http://second"))
    routes = town.inside("first", "print(open('/proc/net/route').read())").splitlines()[1:]
    assert [line.split()[1] == "00000000" for line in routes] == [False]
    assert "no:" in town.ask("first", f"http://{own_address()}")


def test_ipv6_networks_have_addresses_names_and_a_way_to_each_other(town: Town) -> None:
    town.network("six", ipv6=True)
    town.server("first", "six")
    town.server("second", "six")
    found = town.yard.containers.inspect("second")["NetworkSettings"]["Networks"]["six"]
    assert found["GlobalIPv6Address"].startswith("fd")
    lookup = "import socket; print(socket.getaddrinfo('second', 80, socket.AF_INET6)[0][4][0])"
    assert town.inside("first", lookup) == found["GlobalIPv6Address"]


def test_a_network_in_use_stays(town: Town) -> None:
    town.network("front")
    town.server("web", "front")
    with pytest.raises(InUse, match="has active endpoints"):
        town.yard.networks.remove("front")
    town.yard.containers.stop("web", timeout=0)
    town.yard.networks.remove("front")
    with pytest.raises(NotFound, match="network front not found"):
        town.yard.containers.start("web")


def test_what_a_killed_monitor_leaves_is_reclaimed(town: Town) -> None:
    town.network("front")
    town.server("web", "front", published=(Publication(80),))
    town.server("other", "front")
    paths = town.yard.paths.container(town.yard.containers.get("web").id)
    shim = json.loads(Path(paths.state).read_text())["shim"]
    port = int(town.yard.containers.inspect("web")["NetworkSettings"]["Ports"]["80/tcp"][0]["HostPort"])
    os.kill(shim, signal.SIGKILL)
    assert until(lambda: town.yard.containers.get("web").state.status == "exited")
    assert "no:" in town.ask("other", "http://web")
    assert not served("127.0.0.1", port)
    town.yard.containers.start("web")
    assert until(lambda: "web saw" in town.ask("other", "http://web"))


def test_many_come_and_go_at_once_and_leave_nothing(town: Town) -> None:
    from concurrent.futures import ThreadPoolExecutor

    def live(number: int) -> None:
        town.run(f"many{number}", "true")
        assert town.yard.containers.wait(f"many{number}") == 0
        town.yard.containers.remove(f"many{number}", force=True)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(live, range(24)))
    assert until(lambda: not left(town.yard))


def test_the_command_line_says_what_docker_says(town: Town, stackyard: Stackyard) -> None:
    assert stackyard("network", "create", "front").returncode == 0
    words = (
        "run",
        "-d",
        "--name",
        "web",
        "--network",
        "front",
        "-p",
        "127.0.0.1:0:80",
        town.image,
        "sleep",
        "60",
    )
    assert stackyard(*words).returncode == 0
    port = stackyard("port", "web").stdout
    assert port.startswith("80/tcp -> 127.0.0.1:")
    assert port.split()[-1] + "->80/tcp" in stackyard("ps", "--format", "{{.Ports}}").stdout
    assert stackyard("exec", "web", "cat", "/etc/resolv.conf").stdout.startswith("nameserver 127.0.0.11\n")
    in_use = stackyard("network", "rm", "front")
    assert (in_use.returncode, "has active endpoints" in in_use.stderr) == (1, True)
    assert (
        "network nope not found" in stackyard("run", "--rm", "--network", "nope", town.image, "true").stderr
    )
    assert stackyard("network", "disconnect", "front", "web").returncode == 0
    assert stackyard("network", "rm", "front").stdout == "front\n"
