"""nftables: tables of chains of rules that filter and redirect packets, changed in one transaction.

A rule is a list of expressions, each of which loads a register, compares one, or decides; the numbers are
those of <linux/netfilter/nf_tables.h>. nft(8) lists what is made here.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from engine.kernel.netlink import (
    ACKNOWLEDGE,
    APPEND,
    CREATE,
    DUMP,
    NETFILTER,
    Message,
    Netlink,
    attribute,
    attributes,
    nested,
    text,
)

INET, IPV4, IPV6 = 1, 2, 10
PREROUTING, FORWARD, OUTPUT, POSTROUTING = 0, 2, 3, 4
TCP, UDP = 6, 17
_SUBSYSTEM = 10
_BEGIN, _END = 0x10, 0x11
_NEW_TABLE, _DELETE_TABLE, _NEW_CHAIN, _GET_CHAIN = 0, 2, 3, 4
_NEW_RULE, _GET_RULE, _DELETE_RULE, _NEW_MAP, _NEW_ELEMENTS, _DELETE_ELEMENTS = 6, 7, 8, 9, 12, 14
_ELEMENT = 1
_FIRST, _SECOND, _THIRD = 8, 9, 10
"""Registers of four bytes; what is looked up as one key lies in one after the other."""
_IS_MAP = 8
_TYPE_ADDRESS, _TYPE_PROTOCOL, _TYPE_PORT = 7, 12, 13
"""As nft(8) counts them, so that it can print what lies in a map."""


class Chain(NamedTuple):
    """A chain that packets pass at a hook."""

    name: str
    type: str
    hook: int
    priority: int


class Rule(NamedTuple):
    """A rule that is there."""

    handle: int
    expressions: bytes


# What a rule is made of.


def from_interface(name: str, *, equal: bool = True) -> bytes:
    """Pass what came in by an interface, or by any other."""
    return _meta(6, _FIRST) + _compare(name.encode().ljust(16, b"\0"), equal=equal)


def to_interface(name: str, *, equal: bool = True) -> bytes:
    """Pass what goes out by an interface, or by any other."""
    return _meta(7, _FIRST) + _compare(name.encode().ljust(16, b"\0"), equal=equal)


def from_network(address: bytes, length: int) -> bytes:
    """Pass what a network sends; IPv4 or IPv6, told by the size of the address."""
    version, offset = (IPV4, 12) if len(address) == 4 else (IPV6, 8)
    mask = ((1 << length) - 1 << len(address) * 8 - length).to_bytes(len(address), "big")
    masked = nested(4, attribute(1, mask)), nested(5, attribute(1, bytes(len(mask))))
    return (
        _meta(15, _FIRST)
        + _compare(bytes([version]))
        + _payload(1, offset, len(address), _FIRST)
        + _expression("bitwise", _word(1, _FIRST), _word(2, _FIRST), _word(3, len(mask)), *masked)
        + _compare(address)
    )


def to_address(address: bytes) -> bytes:
    """Pass what is for one IPv4 address."""
    return _meta(15, _FIRST) + _compare(bytes([IPV4])) + _payload(1, 16, 4, _FIRST) + _compare(address)


def to_port(protocol: int, port: int) -> bytes:
    """Pass what is for a port."""
    return (
        _meta(16, _FIRST)
        + _compare(bytes([protocol]))
        + _payload(2, 2, 2, _FIRST)
        + _compare(port.to_bytes(2))
    )


def to_this_machine() -> bytes:
    """Pass IPv4 packets for one of the machine's own addresses."""
    local = _expression("fib", _word(1, _FIRST), _word(2, 3), _word(3, 2))
    return _meta(15, _FIRST) + _compare(bytes([IPV4])) + local + _compare(struct.pack("=I", 2))


def known() -> bytes:
    """Pass what belongs to a connection that was let through before."""
    return _tracked(0, 2 | 4)


def redirected() -> bytes:
    """Pass what was for another address before."""
    return _tracked(2, 0x20)


def accept() -> bytes:
    """Let the packet go on."""
    return _verdict(1)


def drop() -> bytes:
    """Let the packet fall."""
    return _verdict(0)


def masquerade() -> bytes:
    """Send it under the machine's own address."""
    return _expression("masq")


def redirect_to(address: bytes, port: int) -> bytes:
    """Send it to another IPv4 address and port."""
    first, second = (
        _expression("immediate", _word(1, register), nested(2, attribute(1, value)))
        for register, value in ((_FIRST, address), (_SECOND, port.to_bytes(2)))
    )
    return first + second + _redirect()


def redirect_by(name: str, *, by_address: bool) -> bytes:
    """Send it where a map says for its protocol and port, and its address before them if `by_address`."""
    first = _payload(1, 16, 4, _FIRST) if by_address else b""
    protocol, port = (_SECOND, _THIRD) if by_address else (_FIRST, _SECOND)
    return (
        first
        + _meta(16, protocol)
        + _payload(2, 2, 2, port)
        + _expression("lookup", text(1, name), _word(2, _FIRST), _word(3, _FIRST))
        + _redirect()
    )


class Transaction:
    """Changes of one table that are made all together or not at all."""

    def __init__(self, table: str, family: int = INET) -> None:
        self._table = text(1, table)
        self._family = family
        self._messages: list[Message] = []

    def add_table(self) -> None:
        """Make the table unless it is there."""
        self._add(_NEW_TABLE, CREATE, self._table)

    def delete_table(self) -> None:
        """Delete the table and all that is in it."""
        self._add(_DELETE_TABLE, 0, self._table)

    def add_chain(self, chain: Chain) -> None:
        """Make a chain unless it is there."""
        hook = nested(4, _word(1, chain.hook), attribute(2, struct.pack(">i", chain.priority)))
        self._add(_NEW_CHAIN, CREATE, self._table + text(3, chain.name) + hook + text(7, chain.type))

    def add_rule(self, chain: str, *expressions: bytes, first: bool = False) -> None:
        """Put a rule at the end of a chain, or at its head."""
        flags = CREATE if first else CREATE | APPEND
        self._add(_NEW_RULE, flags, self._table + text(2, chain) + nested(4, *expressions))

    def delete_rule(self, chain: str, handle: int) -> None:
        """Delete one rule."""
        self._add(_DELETE_RULE, 0, self._table + text(2, chain) + attribute(3, struct.pack(">Q", handle)))

    def add_map(self, name: str, number: int, *, by_address: bool) -> None:
        """Make a map from protocol and port, and an address before them if so, to an address and a port.

        `number` tells it from the others of this transaction.
        """
        types = [_TYPE_PROTOCOL, _TYPE_PORT]
        if by_address:
            types.insert(0, _TYPE_ADDRESS)
        key = (_word(4, _types(types)), _word(5, 4 * len(types)))
        value = (_word(6, _types([_TYPE_ADDRESS, _TYPE_PORT])), _word(7, 8))
        body = self._table + text(2, name) + _word(3, _IS_MAP) + b"".join((*key, *value)) + _word(10, number)
        self._add(_NEW_MAP, CREATE, body)

    def add_element(self, name: str, key: bytes, value: bytes) -> None:
        """Put an entry into a map."""
        element = nested(_ELEMENT, nested(1, attribute(1, key)), nested(2, attribute(1, value)))
        self._add(_NEW_ELEMENTS, CREATE, self._table + text(2, name) + nested(3, element))

    def delete_element(self, name: str, key: bytes) -> None:
        """Take an entry out of a map."""
        element = nested(_ELEMENT, nested(1, attribute(1, key)))
        self._add(_DELETE_ELEMENTS, 0, self._table + text(2, name) + nested(3, element))

    def messages(self) -> list[Message]:
        """Return what is to be sent."""
        mark = struct.pack(">BBH", 0, 0, _SUBSYSTEM)
        *others, last = self._messages
        last = last._replace(flags=last.flags | ACKNOWLEDGE)
        return [Message(_BEGIN, 0, mark), *others, last, Message(_END, 0, mark)]

    def _add(self, type: int, flags: int, body: bytes) -> None:
        self._messages.append(Message(_SUBSYSTEM << 8 | type, flags, bytes([self._family, 0, 0, 0]) + body))


class Tables:
    """The tables of the network namespace in which this was opened. Its calls raise OSError."""

    def __init__(self) -> None:
        self._netlink = Netlink(NETFILTER)

    def close(self) -> None:
        """Let go of the kernel."""
        self._netlink.close()

    def carry_out(self, transaction: Transaction) -> None:
        """Make all its changes, or raise OSError and make none."""
        self._netlink.ask_all(transaction.messages())

    def has_chain(self, table: str, chain: str, family: int) -> bool:
        """Tell whether a chain is there."""
        body = bytes([family, 0, 0, 0]) + text(1, table) + text(3, chain)
        try:
            return bool(self._netlink.ask(Message(_SUBSYSTEM << 8 | _GET_CHAIN, ACKNOWLEDGE, body)))
        except OSError:
            return False

    def drops_by_policy(self, table: str, chain: str, family: int) -> bool:
        """Tell whether a chain is there and drops what no rule of it decides."""
        body = bytes([family, 0, 0, 0]) + text(1, table) + text(3, chain)
        try:
            answers = self._netlink.ask(Message(_SUBSYSTEM << 8 | _GET_CHAIN, ACKNOWLEDGE, body))
        except OSError:
            return False
        return any(dict(attributes(answer.body[4:])).get(5) == bytes(4) for answer in answers)

    def rules(self, table: str, chain: str, family: int) -> Iterator[Rule]:
        """Yield the rules of a chain."""
        body = bytes([family, 0, 0, 0]) + text(1, table) + text(2, chain)
        for answer in self._netlink.ask(Message(_SUBSYSTEM << 8 | _GET_RULE, DUMP, body)):
            found = dict(attributes(answer.body[4:]))
            yield Rule(struct.unpack(">Q", found[3])[0], found.get(4, b""))


def _types(types: Iterable[int]) -> int:
    joined = 0
    for type in types:
        joined = joined << 6 | type
    return joined


def _word(type: int, value: int) -> bytes:
    return attribute(type, struct.pack(">I", value))


def _expression(name: str, *data: bytes) -> bytes:
    return nested(_ELEMENT, text(1, name), nested(2, *data))


def _meta(key: int, register: int) -> bytes:
    return _expression("meta", _word(2, key), _word(1, register))


def _payload(base: int, offset: int, length: int, register: int) -> bytes:
    return _expression("payload", _word(1, register), _word(2, base), _word(3, offset), _word(4, length))


def _compare(value: bytes, *, equal: bool = True) -> bytes:
    return _expression("cmp", _word(1, _FIRST), _word(2, 0 if equal else 1), nested(3, attribute(1, value)))


def _tracked(key: int, bits: int) -> bytes:
    """Pass packets of whose connection one of these bits is set."""
    mask, none = struct.pack("=I", bits), bytes(4)
    load = _expression("ct", _word(1, _FIRST), _word(2, key))
    masked = nested(4, attribute(1, mask)), nested(5, attribute(1, none))
    return (
        load
        + _expression("bitwise", _word(1, _FIRST), _word(2, _FIRST), _word(3, 4), *masked)
        + _compare(none, equal=False)
    )


def _verdict(code: int) -> bytes:
    return _expression("immediate", _word(1, 0), nested(2, nested(2, _word(1, code))))


def _redirect() -> bytes:
    return _expression("nat", _word(1, 1), _word(2, IPV4), _word(3, _FIRST), _word(5, _SECOND))
