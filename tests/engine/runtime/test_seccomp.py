"""Seccomp documents and their programs, judged by a small interpreter and by libseccomp."""

import ctypes
import errno
import json
import os
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import InvalidInput, Unsupported
from engine.kernel.syscalls import numbers
from engine.runtime.seccomp import cache, profile
from engine.runtime.seccomp.compiler import KILL_PROCESS, X32_BIT, compile, verdict

DOCKER = (
    "AUDIT_WRITE CHOWN DAC_OVERRIDE FOWNER FSETID KILL MKNOD NET_BIND_SERVICE NET_RAW SETFCAP SETGID SETPCAP "
    "SETUID SYS_CHROOT"
)
CAPABILITIES = [f"CAP_{name}" for name in DOCKER.split()]
AUDIT = {
    "x86_64": 0xC000003E,
    "i386": 0x40000003,
    "x32": 0xC000003E,
    "aarch64": 0xC00000B7,
    "arm": 0x40000028,
}
ALLOW, ERRNO = 0x7FFF0000, 0x50000
EPERM, ENOSYS = ERRNO | errno.EPERM, ERRNO | errno.ENOSYS

Arguments = tuple[int, ...]


def run(program: bytes, architecture: int, number: int, arguments: Arguments = ()) -> int:
    """Interpret classic BPF over a struct seccomp_data, as the kernel would."""
    data = struct.pack("<IIQ6Q", number, architecture, 0, *(*arguments, *[0] * (6 - len(arguments))))
    instructions = list(struct.iter_unpack("=HBBI", program))
    word, index = 0, 0
    while True:
        code, yes, no, operand = instructions[index]
        index += 1
        match code:
            case 0x20:
                word = int.from_bytes(data[operand : operand + 4], "little")
            case 0x54:
                word &= operand
            case 0x05:
                index += operand
            case 0x06:
                return int(operand)
            case 0x15:
                index += yes if word == operand else no
            case 0x25:
                index += yes if word > operand else no
            case 0x35:
                index += yes if word >= operand else no
            case _:
                raise AssertionError(f"unknown code {code:#x}")


def ask(program: bytes, name: str, *arguments: int, table: str = "x86_64") -> int:
    number = numbers(table)[name] | (X32_BIT if table == "x32" else 0)
    return run(program, AUDIT[table], number, arguments)


@pytest.fixture(scope="module")
def docker() -> bytes:
    return compile(profile.default(CAPABILITIES, "x86_64"), "x86_64")


# The default


@pytest.mark.parametrize(
    "name", ["read", "openat", "execve", "ptrace", "chroot", "arch_prctl", "fchmodat2", "mseal"]
)
def test_default_allows(docker: bytes, name: str) -> None:
    assert ask(docker, name) == ALLOW


REFUSED = """
    mount umount2 setns unshare keyctl add_key request_key bpf perf_event_open userfaultfd init_module
    kexec_load io_uring_setup open_by_handle_at swapon reboot acct iopl settimeofday move_pages mbind
    pivot_root fsopen lsm_set_self_attr
"""


@pytest.mark.parametrize(
    "name",
    REFUSED.split(),
)
def test_default_refuses(docker: bytes, name: str) -> None:
    assert ask(docker, name) == EPERM


@pytest.mark.parametrize("table", ["x86_64", "x32", "i386"])
@pytest.mark.parametrize("high", [0, 1 << 32])
def test_default_socket_families(docker: bytes, table: str, high: int) -> None:
    assert ask(docker, "socket", 38 | high, table=table) == EPERM
    assert ask(docker, "socket", 40 | high, table=table) == EPERM
    for family in (1, 2, 10, 16, 17, 39, 44):
        assert ask(docker, "socket", family | high, table=table) == (EPERM if high else ALLOW)


def test_default_clone(docker: bytes) -> None:
    assert ask(docker, "clone", 0x1200011) == ALLOW
    for flag in (0x20000, 0x2000000, 0x4000000, 0x8000000, 0x10000000, 0x20000000, 0x40000000):
        assert ask(docker, "clone", 0x11 | flag) == EPERM
    assert ask(docker, "clone3") == ENOSYS


def test_default_personality(docker: bytes) -> None:
    for value in (0, 8, 0x20000, 0x20008, 0xFFFFFFFF):
        assert ask(docker, "personality", value) == ALLOW
    assert ask(docker, "personality", 0x40000) == EPERM


def test_newer_calls_are_unknown_and_foreign_ones_kill(docker: bytes) -> None:
    assert run(docker, AUDIT["x86_64"], 467) == ENOSYS
    assert run(docker, AUDIT["x86_64"], 0xFFFF) == ENOSYS
    assert run(docker, AUDIT["i386"], 9999) == ENOSYS
    assert run(docker, AUDIT["x86_64"], X32_BIT | 9999) == ENOSYS
    assert run(docker, AUDIT["aarch64"], 0) == KILL_PROCESS
    assert run(compile({"defaultAction": "SCMP_ACT_ALLOW"}, "x86_64"), AUDIT["i386"], 3) == KILL_PROCESS


@pytest.mark.parametrize(
    ("capability", "name"),
    [
        ("SYS_ADMIN", "mount"),
        ("SYS_ADMIN", "clone3"),
        ("SYS_BOOT", "reboot"),
        ("SYS_PTRACE", "pidfd_getfd"),
        ("SYS_MODULE", "finit_module"),
        ("SYS_TIME", "settimeofday"),
        ("SYSLOG", "syslog"),
        ("BPF", "bpf"),
        ("PERFMON", "perf_event_open"),
        ("DAC_READ_SEARCH", "open_by_handle_at"),
        ("SYS_NICE", "mbind"),
    ],
)
def test_capabilities_open_calls(docker: bytes, capability: str, name: str) -> None:
    more = compile(profile.default([*CAPABILITIES, f"CAP_{capability}"], "x86_64"), "x86_64")
    assert ask(docker, name) != ALLOW
    assert ask(more, name) == ALLOW
    assert ask(compile(profile.default([], "x86_64"), "x86_64"), "chroot") == EPERM


def test_default_on_aarch64() -> None:
    program = compile(profile.default(CAPABILITIES, "aarch64"), "aarch64")
    assert ask(program, "openat", table="aarch64") == ALLOW
    assert ask(program, "mount", table="aarch64") == EPERM
    assert ask(program, "set_tls", table="arm") == ALLOW
    assert ask(program, "socket", 38, table="arm") == EPERM
    assert run(program, AUDIT["arm"], 600) == ENOSYS
    assert run(program, AUDIT["x86_64"], 0) == KILL_PROCESS


# Meaning

OPERATORS = {
    "EQ": lambda argument, value, _: argument == value,
    "NE": lambda argument, value, _: argument != value,
    "LT": lambda argument, value, _: argument < value,
    "LE": lambda argument, value, _: argument <= value,
    "GT": lambda argument, value, _: argument > value,
    "GE": lambda argument, value, _: argument >= value,
    "MASKED_EQ": lambda argument, mask, value: argument & mask == value,
}


def holds(condition: Mapping[str, Any], arguments: Arguments) -> bool:
    compare = OPERATORS[condition["op"].removeprefix("SCMP_CMP_")]
    return bool(compare(arguments[condition["index"]], condition["value"], condition.get("valueTwo", 0)))


def meaning(document: Mapping[str, Any], table: str, number: int, arguments: Arguments) -> int:
    """Say what the document means, read straight through."""
    default = verdict(document["defaultAction"], document.get("defaultErrnoRet"))
    names = {name for rule in document["syscalls"] for name in rule["names"]} & numbers(table).keys()
    name = next((name for name in names if numbers(table)[name] == number), None)
    if name is None:
        newest = max(
            (numbers(table)[name] for name in names if numbers(table)[name] < 0xF0000), default=1 << 32
        )
        return ENOSYS if number > newest and default not in (ALLOW, verdict("LOG")) else default
    rules = [rule for rule in document["syscalls"] if name in rule["names"]]
    said = [(rule.get("args") or [], verdict(rule["action"], rule.get("errnoRet"))) for rule in rules]
    said = [(conditions, action) for conditions, action in said if action != default]
    for conditions, action in said:
        if not conditions:
            return action
    for conditions, action in said:
        twice = len({condition["index"] for condition in conditions}) < len(conditions)
        if (any if twice else all)(holds(condition, arguments) for condition in conditions):
            return action
    return default


WORD = st.sampled_from(
    [0, 1, 2, 37, 38, 39, 40, 0xFFFFFFFF, 1 << 32, (1 << 32) + 38, (1 << 64) - 1]
) | st.integers(0, (1 << 64) - 1)
CONDITION = st.fixed_dictionaries(
    {
        "index": st.integers(0, 5),
        "op": st.sampled_from([f"SCMP_CMP_{name}" for name in OPERATORS]),
        "value": WORD,
        "valueTwo": WORD,
    }
)
NAME = st.sampled_from(
    ["read", "clone", "socket", "personality", "mmap2", "chown32", "rt_sigaction", "mseal", "nope"]
)
RULE = st.fixed_dictionaries(
    {
        "names": st.lists(NAME, min_size=1, max_size=3),
        "action": st.sampled_from(
            ["SCMP_ACT_ALLOW", "SCMP_ACT_ERRNO", "SCMP_ACT_KILL_PROCESS", "SCMP_ACT_LOG"]
        ),
    },
    optional={"args": st.lists(CONDITION, max_size=3), "errnoRet": st.sampled_from([1, 22, 38])},
)
DOCUMENT = st.fixed_dictionaries(
    {
        "defaultAction": st.sampled_from(["SCMP_ACT_ERRNO", "SCMP_ACT_ALLOW", "SCMP_ACT_KILL"]),
        "architectures": st.just(["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"]),
        "syscalls": st.lists(RULE, max_size=8),
    },
    optional={"defaultErrnoRet": st.sampled_from([1, 38])},
)


@settings(max_examples=150, deadline=None)
@given(DOCUMENT, st.data())
def test_a_program_means_its_document(document: dict[str, Any], data: st.DataObject) -> None:
    program = compile(document, "x86_64")
    edges = [condition["value"] for rule in document["syscalls"] for condition in rule.get("args", ())]
    word = WORD | st.sampled_from(edges) if edges else WORD
    for table in ("x86_64", "i386", "x32"):
        interesting = [
            0,
            1,
            56,
            120,
            217,
            600,
            *(
                numbers(table)[name]
                for name in ("read", "clone", "socket", "personality", "rt_sigaction", "mseal")
            ),
        ]
        for number in interesting:
            arguments = data.draw(st.tuples(*[word] * 6))
            asked = number | (X32_BIT if table == "x32" else 0)
            assert run(program, AUDIT[table], asked, arguments) == meaning(document, table, number, arguments)


INTERESTING = (
    0,
    8,
    11,
    12,
    38,
    39,
    40,
    45,
    46,
    0x11,
    0x20000,
    0x20008,
    0x10000000,
    0xFFFFFFFF,
    (1 << 32) + 38,
)


@pytest.mark.parametrize("more", [[], ["CAP_SYS_ADMIN"], ["CAP_SYS_PTRACE", "CAP_BPF"]])
@pytest.mark.parametrize(
    ("machine", "tables"), [("x86_64", ("x86_64", "i386", "x32")), ("aarch64", ("aarch64", "arm"))]
)
def test_every_number_of_the_default(machine: str, tables: tuple[str, ...], more: list[str]) -> None:
    document = profile.default([*CAPABILITIES, *more], machine)
    program = compile(document, machine)
    with_arguments = {name for rule in document["syscalls"] if "args" in rule for name in rule["names"]}
    for table in tables:
        special = {numbers(table)[name] for name in with_arguments if name in numbers(table)}
        for number in range(600):
            for value in INTERESTING if number in special else (0,):
                arguments = (value, 0, 0, 0, 0, 0)
                asked = number | (X32_BIT if table == "x32" else 0)
                assert run(program, AUDIT[table], asked, arguments) == meaning(
                    document, table, number, arguments
                )


# libseccomp


class _Comparison(ctypes.Structure):
    _fields_ = (
        ("index", ctypes.c_uint),
        ("operator", ctypes.c_int),
        ("value", ctypes.c_uint64),
        ("second", ctypes.c_uint64),
    )


_LIB_OPERATORS = {"NE": 1, "LT": 2, "LE": 3, "EQ": 4, "GE": 5, "GT": 6, "MASKED_EQ": 7}


def libseccomp(document: Mapping[str, Any], path: Path) -> bytes:
    """Build the same filter with libseccomp, the way runc calls it."""
    try:
        library = ctypes.CDLL("libseccomp.so.2")
    except OSError:
        pytest.skip("libseccomp is not installed")
    library.seccomp_init.restype = ctypes.c_void_p
    library.seccomp_syscall_resolve_name.argtypes = [ctypes.c_char_p]
    default = verdict(document["defaultAction"], document.get("defaultErrnoRet"))
    context = ctypes.c_void_p(library.seccomp_init(default))
    for token in (0x40000003, 0x4000003E):
        assert library.seccomp_arch_add(context, ctypes.c_uint32(token)) == 0
    for rule in document["syscalls"]:
        action = verdict(rule["action"], rule.get("errnoRet"))
        if action == default:
            continue
        comparisons = [
            _Comparison(c["index"], _LIB_OPERATORS[c["op"][9:]], c["value"], c.get("valueTwo", 0))
            for c in rule.get("args") or ()
        ]
        array = (_Comparison * len(comparisons))(*comparisons)
        for name in rule["names"]:
            number = library.seccomp_syscall_resolve_name(name.encode())
            if number != -1:
                added = library.seccomp_rule_add_array(
                    context, ctypes.c_uint32(action), number, len(comparisons), array
                )
                assert added == 0, name
    with path.open("wb") as file:
        assert library.seccomp_export_bpf(context, file.fileno()) == 0
    library.seccomp_release(context)
    return path.read_bytes()


@pytest.mark.skipif(os.uname().machine != "x86_64", reason="compares x86_64 filters")
@pytest.mark.parametrize("more", [[], ["CAP_SYS_ADMIN"], ["CAP_SYS_TIME"]])
def test_libseccomp_agrees(tmp_path: Path, more: list[str]) -> None:
    document = profile.default([*CAPABILITIES, *more], "x86_64")
    ours, theirs = compile(document, "x86_64"), libseccomp(document, tmp_path / "theirs")
    library = ctypes.CDLL("libseccomp.so.2")
    tokens = {"x86_64": 0xC000003E, "i386": 0x40000003, "x32": 0x4000003E}
    compared = 0
    for table, token in tokens.items():
        for name, number in numbers(table).items():
            if library.seccomp_syscall_resolve_name_arch(ctypes.c_uint32(token), name.encode()) < 0:
                continue
            asked = number | (X32_BIT if table == "x32" else 0)
            for value in INTERESTING:
                arguments = (
                    (value, 0, 0, 0, 0, 0) if table == "x86_64" else (value & 0xFFFFFFFF, 0, 0, 0, 0, 0)
                )
                mine, other = (run(program, AUDIT[table], asked, arguments) for program in (ours, theirs))
                assert mine == other, (table, name, hex(value))
                compared += 1
    assert compared > 10000


# Docker's format


def docker_profile(**changes: Any) -> str:
    profile = {
        "defaultAction": "SCMP_ACT_ERRNO",
        "archMap": [
            {"architecture": "SCMP_ARCH_X86_64", "subArchitectures": ["SCMP_ARCH_X86"]},
            {"architecture": "SCMP_ARCH_AARCH64", "subArchitectures": None},
        ],
        "syscalls": [
            {"names": ["read"], "action": "SCMP_ACT_ALLOW", "comment": "", "includes": {}, "excludes": {}},
            {"name": "write", "action": "SCMP_ACT_ALLOW", "args": None},
            {"names": ["mount"], "action": "SCMP_ACT_ALLOW", "includes": {"caps": ["CAP_SYS_ADMIN"]}},
            {
                "names": ["clone3"],
                "action": "SCMP_ACT_ERRNO",
                "errnoRet": 38,
                "excludes": {"caps": ["CAP_SYS_ADMIN"]},
            },
            {"names": ["ptrace"], "action": "SCMP_ACT_ALLOW", "includes": {"minKernel": "4.8"}},
            {"names": ["bpf"], "action": "SCMP_ACT_ALLOW", "includes": {"minKernel": "99.1"}},
            {"names": ["stime"], "action": "SCMP_ACT_ALLOW", "includes": {"arches": ["s390"]}},
            {
                "names": ["socket"],
                "action": "SCMP_ACT_ALLOW",
                "args": [{"index": 0, "value": 38, "valueTwo": 0, "op": "SCMP_CMP_NE"}],
            },
        ],
        **changes,
    }
    return json.dumps(profile)


def test_docker_profile_is_resolved() -> None:
    plain = profile.profile_from_docker_json(docker_profile(), CAPABILITIES)
    assert [rule["names"] for rule in plain["syscalls"]] == [
        ["read"],
        ["write"],
        ["clone3"],
        ["ptrace"],
        ["socket"],
    ]
    assert plain["syscalls"][-1]["args"] == [{"index": 0, "value": 38, "valueTwo": 0, "op": "SCMP_CMP_NE"}]
    admin = profile.profile_from_docker_json(docker_profile(), ["CAP_SYS_ADMIN"])
    assert [rule["names"][0] for rule in admin["syscalls"]] == ["read", "write", "mount", "ptrace", "socket"]
    if os.uname().machine == "x86_64":
        assert plain["architectures"] == ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86"]
        assert ask(compile(plain), "socket", 38) == EPERM


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{}]}',
        docker_profile(architectures=["x"]),
        '{"defaultAction": "SCMP_ACT_ALLOW", '
        '"syscalls": [{"name": "a", "names": ["b"], "action": "SCMP_ACT_LOG"}]}',
    ],
)
def test_docker_profile_refused(text: str) -> None:
    with pytest.raises(InvalidInput):
        profile.profile_from_docker_json(text, ())


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"defaultAction": "SCMP_ACT_MAYBE"},
        {"defaultAction": "SCMP_ACT_ERRNO", "defaultErrnoRet": 70000},
        {
            "defaultAction": "SCMP_ACT_ALLOW",
            "syscalls": [
                {
                    "names": ["read"],
                    "action": "SCMP_ACT_ERRNO",
                    "args": [{"index": 6, "value": 0, "op": "SCMP_CMP_EQ"}],
                }
            ],
        },
        {
            "defaultAction": "SCMP_ACT_ALLOW",
            "syscalls": [
                {
                    "names": ["read"],
                    "action": "SCMP_ACT_ERRNO",
                    "args": [{"index": 0, "value": 0, "op": "SCMP_CMP_XX"}],
                }
            ],
        },
    ],
)
def test_document_refused(document: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput):
        compile(document, "x86_64")


def test_unknown_machine_and_listener() -> None:
    with pytest.raises(Unsupported, match="sparc"):
        compile({"defaultAction": "SCMP_ACT_ALLOW"}, "sparc")
    with pytest.raises(Unsupported, match="NOTIFY"):
        compile({"defaultAction": "SCMP_ACT_NOTIFY"}, "x86_64")


# The cache


def test_cache_keeps_and_distinguishes(tmp_path: Path) -> None:
    directory = str(tmp_path / "filters")
    first, second = profile.default(CAPABILITIES), profile.default([])
    assert cache.cached(first, directory) == compile(first)
    assert cache.cached(second, directory) == compile(second)
    assert cache.cached(json.loads(json.dumps(first)), directory) == compile(first)
    assert len(os.listdir(directory)) == 2
    for path in (tmp_path / "filters").iterdir():
        path.write_bytes(path.read_bytes()[:-3])
    assert cache.cached(first, directory) == compile(first)
    for path in (tmp_path / "filters").iterdir():
        path.write_bytes(b"something else")
    assert cache.cached(first, directory) == compile(first)


def test_cache_is_optional(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    document = profile.default(CAPABILITIES)
    assert cache.cached(document, str(tmp_path / "file")) == compile(document)
