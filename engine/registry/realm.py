"""Getting a token at the address a registry names for that: its realm (distribution's token specification).

The address is the registry's word, and credentials go there: so it must be reached by a way that is as safe
as the registry's own, and must not be a place that only this machine can reach (CVE-2020-15157).
"""

from __future__ import annotations

import ipaddress
import json
import socket
from collections.abc import Sequence

import httpx

from engine.errors import Denied, Unreachable
from engine.registry.answers import bounded, refusal
from engine.registry.credential import Credential
from engine.registry.endpoints import Endpoint, bare, is_loopback
from engine.version import VERSION

_MOST = 1 << 20
"""Bytes of a token that are read."""
_CLIENT = f"stackyard/{VERSION}"


def token(
    client: httpx.Client,
    realm: str,
    service: str,
    scopes: Sequence[str],
    credential: Credential | None,
    door: Endpoint,
) -> str:
    """Ask the realm for a token with these scopes; raises Denied, NotFound, Unreachable."""
    url = allowed(realm, door)
    if credential is not None and credential.identity_token:
        form = {
            "grant_type": "refresh_token",
            "refresh_token": credential.identity_token,
            "client_id": _CLIENT,
            "service": service,
            "scope": " ".join(scopes),
        }
        request = client.build_request("POST", url, data=form)
    else:
        query = [("service", service)] * bool(service) + [("scope", scope) for scope in scopes]
        headers = {"Authorization": credential.basic} if credential is not None else {}
        params = url.params
        for key, value in query:
            params = params.add(key, value)
        request = client.build_request("GET", url.copy_with(params=params), headers=headers)
    response = client.send(request, stream=True)
    try:
        if response.status_code != 200:
            if response.has_redirect_location:
                raise Denied(f"{url.host} redirects where a token was asked for")
            raise refusal(response)
        return _read(bounded(response, _MOST), url.host)
    finally:
        response.close()


def allowed(realm: str, door: Endpoint) -> httpx.URL:
    """Return the realm's address; raises Denied for one that must not see credentials."""
    try:
        url = httpx.URL(realm)
    except httpx.InvalidURL:
        raise Denied(f"{door.host} names a realm that is no address") from None
    if url.scheme != "https" and not (url.scheme == "http" and door.plain):
        raise Denied(f"{door.host} names the realm {url.host}, which is reached without TLS")
    if url.userinfo or not url.host:
        raise Denied(f"{door.host} names a realm that is no plain address")
    own = bare(door.host) == url.host
    for address in _addresses(url.host):
        # IPv4 addresses hide in IPv6 ones.
        address = getattr(address, "ipv4_mapped", None) or address
        if address.is_link_local or address.is_unspecified or address.is_multicast:
            raise Denied(f"{door.host} names the realm {url.host}, which no registry may name")
        if address.is_loopback and not (own or is_loopback(door.host)):
            raise Denied(f"{door.host} names the realm {url.host}, which is this machine itself")
    return url


def _addresses(host: str) -> list[ipaddress.IPv4Address | ipaddress.IPv6Address]:
    try:
        return [ipaddress.ip_address(host)]
    except ValueError:
        pass
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except OSError:
        return []  # a proxy may know it
    return [ipaddress.ip_address(str(place[4][0]).partition("%")[0]) for place in found]


def _read(data: bytes, host: str) -> str:
    if len(data) > _MOST:
        raise Unreachable(f"{host} sent a token of more than {_MOST >> 20} MiB")
    try:
        document = json.loads(data)
        found = document.get("token") or document.get("access_token")
    except (ValueError, AttributeError, RecursionError):
        found = None
    if not isinstance(found, str) or not found.isascii() or not found.isprintable():
        raise Unreachable(f"{host} sent no token")
    return found
