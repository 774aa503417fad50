"""The flags that limit a container, and how their values are written."""

from __future__ import annotations

from app.cli.flags import Arguments, Flag, UsageError
from engine.containers.limits.limits import Limits
from engine.errors import InvalidInput

_NANO = 10**9
_ULIMITS = (
    "core", "cpu", "data", "fsize", "locks", "memlock", "msgqueue", "nice", "nofile", "nproc", "rss",
    "rtprio", "rttime", "sigpending", "stack",
)  # fmt: skip
_RATE = "The correct format is <device-path>:<number>{unit}. Number must be a positive integer"
_WINDOWS = "it is for containers of Windows"
_KERNEL_MEMORY = "the kernel has no separate limit for its own memory any more; --memory counts it in"
_STORAGE = "it limits the disk by project quotas, which the overlay file system here is not asked to keep"


def size(text: str) -> str:
    """Read an amount of bytes, `512m`."""
    from app.units import parse_bytes

    try:
        return str(parse_bytes(text))
    except InvalidInput as error:
        raise ValueError(error.brief) from None


def _swap(text: str) -> str:
    return text if text == "-1" else size(text)


def _cpus(text: str) -> str:
    """Read a number of processors as billionths."""
    from decimal import Decimal, InvalidOperation

    try:
        nano = Decimal(text) * _NANO
    except InvalidOperation:
        nano = Decimal("NaN")
    if not nano.is_finite():
        raise ValueError(f"failed to parse {text} as a rational number")
    if nano != int(nano):
        raise ValueError("value is too precise")
    return str(int(nano))


def _ulimit(text: str) -> str:
    """Read `name=soft[:hard]` as `name=soft:hard`."""
    name, equals, values = text.partition("=")
    if not equals:
        raise ValueError(f"invalid ulimit argument: {text}")
    if name not in _ULIMITS:
        raise ValueError(f"invalid ulimit type: {name}")
    words = values.split(":")
    if len(words) > 2:
        raise ValueError(f"too many limit value arguments - {values}, can only have up to two, `soft[:hard]`")
    numbers = [_number(word) for word in words]
    soft, hard = numbers[0], numbers[-1]
    if hard != -1 and (soft > hard or soft == -1):
        raise ValueError(f"ulimit soft limit must be less than or equal to hard limit: {soft} > {hard}")
    return f"{name}={soft}:{hard}"


def _number(text: str) -> int:
    digits = text[1:] if text[:1] in ("+", "-") else text
    if not (digits.isascii() and digits.isdecimal()):
        raise ValueError(f'strconv.ParseInt: parsing "{text}": invalid syntax')
    return int(text)


def _device(text: str) -> tuple[str, str]:
    path, colon, value = text.partition(":")
    if not colon:
        raise ValueError(f"bad format: {text}")
    if not path.startswith("/dev/"):
        raise ValueError(f"bad format for device path: {text}")
    return path, value


def _weight(text: str) -> str:
    path, value = _device(text)
    if not value.isdecimal() or (int(value) and not 10 <= int(value) <= 1000):
        raise ValueError(f"invalid weight for device: {text}")
    return f"{path}:{int(value)}"


def _bytes_rate(text: str) -> str:
    path, value = _device(text)
    try:
        return f"{path}:{size(value)}"
    except ValueError:
        rate = _RATE.format(unit="[<unit>]") + ". Unit is optional and can be kb, mb, or gb"
        raise ValueError(f"invalid rate for device: {text}. {rate}") from None


def _rate(text: str) -> str:
    path, value = _device(text)
    if not (value.isascii() and value.isdecimal()):
        raise ValueError(f"invalid rate for device: {text}. {_RATE.format(unit='')}")
    return f"{path}:{int(value)}"


UPDATED = (
    Flag(
        "blkio-weight",
        "uint16",
        "Block IO (relative weight), between 10 and 1000, or 0 to disable",
        shown="0",
    ),
    Flag("cpu-period", "int", "Limit CPU CFS (Completely Fair Scheduler) period"),
    Flag("cpu-quota", "int", "Limit CPU CFS (Completely Fair Scheduler) quota"),
    Flag("cpu-rt-period", "int", "Limit the CPU real-time period in microseconds"),
    Flag("cpu-rt-runtime", "int", "Limit the CPU real-time runtime in microseconds"),
    Flag("cpu-shares", "int", "CPU shares (relative weight)", short="c"),
    Flag("cpus", "decimal", "Number of CPUs", check=_cpus),
    Flag("cpuset-cpus", "string", "CPUs in which to allow execution (0-3, 0,1)"),
    Flag("cpuset-mems", "string", "MEMs in which to allow execution (0-3, 0,1)"),
    Flag("kernel-memory", "bytes", "", later=_KERNEL_MEMORY),
    Flag("memory", "bytes", "Memory limit", short="m", check=size),
    Flag("memory-reservation", "bytes", "Memory soft limit", check=size),
    Flag(
        "memory-swap",
        "bytes",
        "Swap limit equal to memory plus swap: '-1' to enable unlimited swap",
        check=_swap,
    ),
    Flag("pids-limit", "int", "Tune container pids limit (set -1 for unlimited)"),
)
"""What `update` changes too."""

FLAGS = (
    *UPDATED,
    Flag(
        "blkio-weight-device", "list", "Block IO weight (relative device weight)", shown="[]", check=_weight
    ),
    Flag("cgroup-parent", "string", "Optional parent cgroup for the container"),
    Flag("cpu-count", "int", "", later=_WINDOWS),
    Flag("cpu-percent", "int", "", later=_WINDOWS),
    Flag("device-read-bps", "list", "Limit read rate (bytes per second) from a device", shown="[]",
         check=_bytes_rate),
    Flag("device-read-iops", "list", "Limit read rate (IO per second) from a device", shown="[]",
         check=_rate),
    Flag("device-write-bps", "list", "Limit write rate (bytes per second) to a device", shown="[]",
         check=_bytes_rate),
    Flag("device-write-iops", "list", "Limit write rate (IO per second) to a device", shown="[]",
         check=_rate),
    Flag("io-maxbandwidth", "bytes", "", later=_WINDOWS),
    Flag("io-maxiops", "uint", "", later=_WINDOWS),
    Flag("memory-swappiness", "int", "Tune container memory swappiness (0 to 100)", shown="-1"),
    Flag("oom-kill-disable", "bool", "Disable OOM Killer"),
    Flag("oom-score-adj", "int", "Tune host's OOM preferences (-1000 to 1000)"),
    Flag("shm-size", "bytes", "Size of /dev/shm", check=size),
    Flag("storage-opt", "list", "", later=_STORAGE),
    Flag("ulimit", "ulimit", "Ulimit options", shown="[]", check=_ulimit),
)  # fmt: skip


def limits(arguments: Arguments) -> Limits:
    """Add the flags up. Raises UsageError for a swappiness that is none."""
    swappiness = arguments.number("memory-swappiness")
    if swappiness is not None and not -1 <= swappiness <= 100:
        raise UsageError(f"invalid value: {swappiness}. Valid memory swappiness range is 0-100")
    return Limits(
        memory=arguments.number("memory"),
        memory_swap=arguments.number("memory-swap"),
        memory_reservation=arguments.number("memory-reservation"),
        memory_swappiness=swappiness,
        oom_kill_disable=arguments.switch("oom-kill-disable") or None,
        oom_score=arguments.number("oom-score-adj"),
        cpus=arguments.number("cpus"),
        cpu_period=arguments.number("cpu-period"),
        cpu_quota=arguments.number("cpu-quota"),
        cpu_shares=arguments.number("cpu-shares"),
        cpu_rt_period=arguments.number("cpu-rt-period"),
        cpu_rt_runtime=arguments.number("cpu-rt-runtime"),
        cpuset_cpus=arguments.text("cpuset-cpus") or None,
        cpuset_mems=arguments.text("cpuset-mems") or None,
        pids=arguments.number("pids-limit"),
        blkio_weight=arguments.number("blkio-weight"),
        blkio_weight_devices=_pairs(arguments, "blkio-weight-device"),
        read_bps=_pairs(arguments, "device-read-bps"),
        write_bps=_pairs(arguments, "device-write-bps"),
        read_iops=_pairs(arguments, "device-read-iops"),
        write_iops=_pairs(arguments, "device-write-iops"),
        ulimits=tuple(map(_split_ulimit, arguments.words("ulimit"))),
        shm=arguments.number("shm-size"),
        cgroup_parent=arguments.text("cgroup-parent") or None,
    )


def _pairs(arguments: Arguments, name: str) -> tuple[tuple[str, int], ...]:
    found = (word.rpartition(":") for word in arguments.words(name))
    return tuple((path, int(number)) for path, _, number in found)


def _split_ulimit(word: str) -> tuple[str, int, int]:
    name, _, values = word.partition("=")
    soft, _, hard = values.partition(":")
    return name, int(soft), int(hard)
