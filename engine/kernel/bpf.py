"""BPF programs for control groups: which devices may be opened, on version 2; bpf(2).

The instructions are eBPF's (Documentation/bpf/standardization/instruction-set): 8 bytes each, 11 registers.
"""

from __future__ import annotations

import ctypes
import os
import struct
from collections.abc import Mapping

from engine.kernel.libc import ARCHITECTURE, syscall

_BPF = {"x86_64": 321}.get(ARCHITECTURE, 280)
_PROG_LOAD, _PROG_ATTACH = 5, 8
_PROG_TYPE_CGROUP_DEVICE, _ATTACH_CGROUP_DEVICE, _ALLOW_MULTI = 15, 6, 2

_TYPES = {"b": 1, "c": 2}
_ACCESS = {"m": 1, "r": 2, "w": 4}
_ALL = 7

# class | operation | source, as <linux/bpf.h> composes them
_LOAD_WORD, _MOVE, _MOVE_REGISTER, _AND, _SHIFT_RIGHT = 0x61, 0xB7, 0xBF, 0x57, 0x77
_JUMP_EQUAL, _JUMP_UNEQUAL, _JUMP_UNEQUAL_REGISTER, _EXIT = 0x15, 0x55, 0x5D, 0x95
_RESULT, _SCRATCH, _TYPE, _WANTED, _MAJOR, _MINOR = 0, 1, 2, 3, 4, 5


def _instruction(code: int, target: int = 0, source: int = 0, jump: int = 0, value: int = 0) -> bytes:
    return struct.pack("=BBhi", code, target | source << 4, jump, value)


def device_program(allow: bool, exceptions: Mapping[tuple[str, int, int], str]) -> bytes:
    """Assemble a device program: `allow` is the verdict unless one of the exceptions fits.

    An exception of an allowing program fits when it names any of the wanted accesses; of a denying one, when
    it names all of them. -1 stands for any major or minor number.
    """
    code = [
        # struct bpf_cgroup_dev_ctx: (access << 16 | type), major, minor
        _instruction(_LOAD_WORD, _TYPE, 1, 0),
        _instruction(_LOAD_WORD, _MAJOR, 1, 4),
        _instruction(_LOAD_WORD, _MINOR, 1, 8),
        _instruction(_MOVE_REGISTER, _WANTED, _TYPE),
        _instruction(_AND, _TYPE, value=0xFFFF),
        _instruction(_SHIFT_RIGHT, _WANTED, value=16),
    ]
    for (kind, major, minor), access in exceptions.items():
        code += _exception(not allow, (_TYPES[kind], major, minor), sum(_ACCESS[letter] for letter in access))
    return b"".join((*code, _instruction(_MOVE, _RESULT, value=int(allow)), _instruction(_EXIT)))


def _exception(verdict: bool, node: tuple[int, int, int], access: int) -> list[bytes]:
    """Assemble one exception; a test that fails jumps behind it."""
    tests: list[tuple[int, int, int, int]] = [(_JUMP_UNEQUAL, _TYPE, 0, node[0])]
    prepared = [
        _instruction(_MOVE_REGISTER, _SCRATCH, _WANTED),
        _instruction(_AND, _SCRATCH, value=access),
    ]
    if node[1] >= 0:
        tests.append((_JUMP_UNEQUAL, _MAJOR, 0, node[1]))
    if node[2] >= 0:
        tests.append((_JUMP_UNEQUAL, _MINOR, 0, node[2]))
    if access == _ALL:
        prepared = []
    elif verdict:
        tests.append((_JUMP_UNEQUAL_REGISTER, _SCRATCH, _WANTED, 0))
    else:
        tests.append((_JUMP_EQUAL, _SCRATCH, 0, 0))
    behind = len(tests) + 1
    jumps = [_instruction(op, target, source, behind - index, value)
             for index, (op, target, source, value) in enumerate(tests)]
    return [*prepared, *jumps, _instruction(_MOVE, _RESULT, value=int(verdict)), _instruction(_EXIT)]


def _bpf(command: int, attributes: bytes) -> int:
    buffer = ctypes.create_string_buffer(attributes, len(attributes))
    return syscall(_BPF, command, buffer, len(attributes))


def attach_devices(group: int, program: bytes) -> None:
    """Let `program` judge every device access in the version 2 group open as `group`.

    It stays until the group is removed. Raises OSError: EPERM without CAP_BPF and CAP_NET_ADMIN (or
    CAP_SYS_ADMIN), EINVAL when the verifier refuses the program.
    """
    code = ctypes.create_string_buffer(program, len(program))
    licence = ctypes.create_string_buffer(b"Apache-2.0")
    loaded = _bpf(_PROG_LOAD, struct.pack(
        "=IIQQIIQII16s", _PROG_TYPE_CGROUP_DEVICE, len(program) // 8, ctypes.addressof(code),
        ctypes.addressof(licence), 0, 0, 0, 0, 0, b"stackyard_dev"))
    try:
        _bpf(_PROG_ATTACH, struct.pack("=IIII", group, loaded, _ATTACH_CGROUP_DEVICE, _ALLOW_MULTI))
    finally:
        os.close(loaded)
