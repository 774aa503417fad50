"""The flags by which a container gets something of the host's or of another container's: namespaces,
devices, groups, kernel values, and how it finds other machines.
"""

from __future__ import annotations

from app.cli.flags import Arguments, Flag, UsageError
from engine.containers.limits.devices import Device, check_rule
from engine.containers.namespaces import Namespaces, check_sysctl, other
from engine.containers.options import Lookup
from engine.errors import InvalidInput

_GPUS = 'could not select device driver "" with capabilities: [[gpu]]; --device gives single devices'


def _is_address(text: str) -> bool:
    import _socket

    for family in (_socket.AF_INET, _socket.AF_INET6):
        try:
            _socket.inet_pton(family, text)
            return True
        except OSError:
            continue
    return False


def _host(text: str) -> str:
    name, colon, address = text.partition(":")
    if not colon or not name:
        raise ValueError(f'bad format for add-host: "{text}"')
    if address != "host-gateway" and not _is_address(address):
        raise ValueError(f'invalid IP address in add-host: "{address}"')
    return text


def _server(text: str) -> str:
    if not _is_address(text.strip()):
        raise ValueError(f"{text} is not an ip address")
    return text.strip()


def _domain(text: str) -> str:
    word = text.strip()
    if word != "." and not all(map(_is_label, word.removesuffix(".").split("."))):
        raise ValueError(f"{word} is not a valid domain")
    return word


def _is_label(part: str) -> bool:
    return part.isascii() and part.replace("-", "").isalnum() and part.strip("-") == part


def _sysctl(text: str) -> str:
    name, equals, _ = text.partition("=")
    if not equals or not check_sysctl(name):
        raise ValueError(f"sysctl '{text}' is not whitelisted")
    return text


def _rule(text: str) -> str:
    try:
        check_rule(text)
    except InvalidInput as error:
        raise ValueError(error.brief) from None
    return text


FLAGS = (
    Flag("add-host", "list", "Add a custom host-to-IP mapping (host:ip)", check=_host),
    Flag("cgroupns", "string", "Cgroup namespace to use (host|private)"),
    Flag("device", "list", "Add a host device to the container"),
    Flag("device-cgroup-rule", "list", "Add a rule to the cgroup allowed devices list", check=_rule),
    Flag("dns", "list", "Set custom DNS servers", check=_server),
    Flag("dns-opt", "list", "", hidden=True),
    Flag("dns-option", "list", "Set DNS options"),
    Flag("dns-search", "list", "Set custom DNS search domains", check=_domain),
    Flag("expose", "list", "Expose a port or a range of ports"),
    Flag("gpus", "gpu-request", "", later=_GPUS),
    Flag("group-add", "list", "Add additional groups to join"),
    Flag("ipc", "string", "IPC mode to use"),
    Flag("isolation", "string", "Container isolation technology"),
    Flag("pid", "string", "PID namespace to use"),
    Flag("platform", "string", "Require the image to be for this platform"),
    Flag("runtime", "string", "Runtime to use for this container"),
    Flag("sysctl", "map", "Sysctl options", shown="map[]", check=_sysctl),
    Flag("userns", "string", "User namespace to use"),
    Flag("uts", "string", "UTS namespace to use"),
)


def namespaces(arguments: Arguments) -> Namespaces:
    """Read the modes. Raises UsageError for one that is none."""
    modes = Namespaces(*map(arguments.text, ("pid", "ipc", "uts", "cgroupns", "userns")))
    for mode, name, kind, fine in (
        (modes.pid, "pid", "PID", ("", "host")),
        (modes.uts, "uts", "UTS", ("", "host")),
        (modes.cgroup, "cgroupns", "CGROUP", ("", "host", "private")),
        (modes.user, "userns", "USER", ("", "host")),
    ):
        if mode not in fine and not (name == "pid" and other(mode)):
            raise UsageError(f"--{name}: invalid {kind} mode")
    return modes


def devices(arguments: Arguments) -> tuple[Device, ...]:
    """Read `--device HOST[:CONTAINER][:ACCESS]`. Raises UsageError."""
    return tuple(map(_device, arguments.words("device")))


def _device(word: str) -> Device:
    outside, *more = word.split(":", 2)
    inside, access = outside, "rwm"
    if len(more) == 1 and _is_access(more[0]):
        access = more[0]
    elif more:
        inside = more[0] or outside
        access = more[1] if len(more) > 1 else access
    if not _is_access(access):
        raise UsageError(f"bad mode specified: {access}")
    for path in (outside, inside):
        if not path.startswith("/"):
            raise UsageError(f"{path} is not an absolute path")
    return Device(outside, inside, access)


def _is_access(word: str) -> bool:
    return bool(word) and len(set(word)) == len(word) and not set(word) - set("rwm")


def lookup(arguments: Arguments) -> Lookup:
    """Gather how names are looked up inside."""
    words = {name: tuple(arguments.words(name)) for name in ("add-host", "dns", "dns-option", "dns-search")}
    options = words["dns-option"] + tuple(arguments.words("dns-opt"))
    return Lookup(words["add-host"], words["dns"], options, words["dns-search"])


def sysctls(arguments: Arguments) -> dict[str, str]:
    """Read `--sysctl NAME=VALUE`."""
    return {name: value for name, _, value in (word.partition("=") for word in arguments.words("sysctl"))}


def exposed(arguments: Arguments) -> tuple[str, ...]:
    """Read `--expose PORT[-PORT][/PROTOCOL]`, each port by itself. Raises UsageError."""
    return tuple(port for word in arguments.words("expose") for port in _ports(word))


def _ports(word: str) -> list[str]:
    if ":" in word:
        raise UsageError(f"invalid port format for --expose: {word}")
    numbers, _, protocol = word.partition("/")
    first, _, last = numbers.partition("-")
    try:
        ports = range(_port(first), _port(last or first) + 1)
        if not ports:
            raise ValueError(f"Invalid range specified for port: {numbers}")
    except ValueError as problem:
        raise UsageError(f"invalid range format for --expose: {word}, error: {problem}") from None
    return [f"{port}/{protocol.lower() or 'tcp'}" for port in ports]


def _port(text: str) -> int:
    if not (text.isascii() and text.isdecimal()):
        raise ValueError(f'strconv.ParseUint: parsing "{text}": invalid syntax')
    if int(text) > 65535:
        raise ValueError(f'strconv.ParseUint: parsing "{text}": value out of range')
    return int(text)
