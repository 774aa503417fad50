"""A conversation with one registry about one repository."""

from __future__ import annotations

import random
import ssl
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import NamedTuple

import httpx

from engine.errors import Denied, EngineError, Unreachable
from engine.registry.answers import refusal
from engine.registry.authorization import Authorization
from engine.registry.cancellation import Cancellation
from engine.registry.endpoints import Endpoint, is_loopback
from engine.registry.trust import context
from engine.version import VERSION

ATTEMPTS = 5
_HOPS = 6
_CONNECT, _SILENCE = 15.0, 60.0
"""Seconds to wait for a connection, and for the next byte."""
_LONGEST_WAIT = 60.0
_AGAIN = frozenset((408, 429, 500, 502, 503, 504))

Body = Callable[[], Iterable[bytes]]
"""Makes the body anew for every attempt."""


class Manner(NamedTuple):
    """How patient a session is."""

    attempts: int = ATTEMPTS
    delay: float = 0.3
    """Seconds before the second attempt; each further wait is twice as long."""


USUAL = Manner()


class Session:
    """Requests to one registry; any number of threads may make them at the same time."""

    def __init__(
        self,
        doors: Iterable[Endpoint],
        authorization: Authorization,
        cancellation: Cancellation | None = None,
        manner: Manner | None = None,
    ) -> None:
        self._doors = list(doors)
        self._authorization = authorization
        self.cancellation = cancellation or Cancellation()
        self.manner = manner or USUAL
        self._clients: dict[Endpoint | None, httpx.Client] = {}
        self._reached = False
        self._lock = threading.Lock()

    @property
    def door(self) -> Endpoint:
        """The door in use."""
        return self._doors[0]

    @contextmanager
    def open(
        self,
        method: str,
        path: str,
        *,
        headers: Mapping[str, str] = {},
        body: Body | None = None,
        good: Iterable[int] = (200,),
        once: bool = False,
    ) -> Iterator[httpx.Response]:
        """Make a request until it is answered well, and yield the response with its body unread.

        `path` may be a whole URL that the registry gave. What must not be repeated is tried `once`. Raises
        Denied, NotFound, InvalidInput, Unreachable, Cancelled.
        """
        attempts = 1 if once else self.manner.attempts
        response = self._persist(method, path, headers, body, frozenset(good), attempts)
        try:
            with self.cancellation.watching(response):
                yield response
        except httpx.TransportError as error:
            self.cancellation.check()
            raise broken(self.door.host, error) from error
        finally:
            response.close()

    def patience(self, attempt: int, answer: httpx.Response | None = None) -> None:
        """Wait before the next attempt, as long as the registry asks for or a little longer each time."""
        asked = answer.headers.get("Retry-After", "") if answer is not None else ""
        if asked.isdigit():
            self.cancellation.sleep(min(float(asked), _LONGEST_WAIT))
        else:
            self.cancellation.sleep(self.manner.delay * 2**attempt * random.uniform(0.75, 1.25))

    def close(self) -> None:
        """Hang up."""
        for client in self._clients.values():
            client.close()

    def __enter__(self) -> Session:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _persist(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str],
        body: Body | None,
        good: frozenset[int],
        attempts: int,
    ) -> httpx.Response:
        for attempt in range(attempts):
            self.cancellation.check()
            last = attempt + 1 == attempts
            try:
                response = self._authorized(method, path, headers, body)
            except httpx.TransportError as error:
                self.cancellation.check()
                if last or not self._reached:
                    raise broken(self.door.host, error) from error
                self.patience(attempt)
                continue
            if response.status_code in good:
                return response
            try:
                if last or response.status_code not in _AGAIN:
                    raise self._refused(response)
            finally:
                response.close()
            self.patience(attempt, response)
        raise AssertionError("unreachable")

    def _refused(self, response: httpx.Response) -> EngineError:
        try:
            return refusal(response)
        except httpx.TransportError as error:
            return broken(self.door.host, error)

    def _authorized(
        self, method: str, path: str, headers: Mapping[str, str], body: Body | None
    ) -> httpx.Response:
        """Send with what authorization there is; if the registry wants another, get it and send again."""
        shown = self._authorization.header
        response = self._through_doors(method, path, headers, body, shown)
        if response.status_code != 401 or not self._is_own(response.request.url):
            return response
        challenges = response.headers.get_list("WWW-Authenticate")
        renewed = self._authorization.answer(challenges, self.door, shown, self._client_for)
        if renewed is None:
            return response
        response.close()
        return self._through_doors(method, path, headers, body, renewed)

    def _through_doors(
        self, method: str, path: str, headers: Mapping[str, str], body: Body | None, shown: str
    ) -> httpx.Response:
        """Send through the first door that opens, which is then the only one."""
        while True:
            door = self.door
            try:
                response = self._follow(method, path, headers, body, shown)
            except httpx.ConnectError:
                with self._lock:
                    # Several threads may find the same door shut.
                    if self.door is door:
                        if self._reached or len(self._doors) == 1:
                            raise
                        self._doors.pop(0)
                continue
            self._reached = True
            return response

    def _follow(
        self, method: str, path: str, headers: Mapping[str, str], body: Body | None, shown: str
    ) -> httpx.Response:
        url = httpx.URL(self.door.base).join(path)
        for _ in range(_HOPS):
            own = self._is_own(url)
            # Only the registry's own address sees what it may know (distribution-spec, "Pulling blobs").
            known = {"Authorization": shown} if own and shown else {}
            client = self._client_for(url)
            request = client.build_request(
                method, url, headers={**headers, **known}, content=body() if body else None
            )
            response = client.send(request, stream=True)
            if not response.has_redirect_location:
                return response
            response.close()
            url = self._redirected(url, response.headers["Location"])
        raise Unreachable(f"{self.door.host} redirects without an end")

    def _redirected(self, url: httpx.URL, location: str) -> httpx.URL:
        try:
            target = url.join(location)
        except httpx.InvalidURL:
            raise Unreachable(f"{self.door.host} redirects to an address that is none") from None
        if target.scheme != "https" and not (target.scheme == "http" and self.door.plain):
            raise Denied(f"{self.door.host} redirects to {target.host} without TLS")
        return target.copy_with(userinfo=b"")

    def _is_own(self, url: httpx.URL) -> bool:
        door = httpx.URL(self.door.base)
        return (url.scheme, url.host, url.port) == (door.scheme, door.host, door.port)

    def _client_for(self, url: httpx.URL) -> httpx.Client:
        return self._client(self.door if self._is_own(url) else None)

    def _client(self, door: Endpoint | None) -> httpx.Client:
        """Return the client for a door, or the one for everybody else, who shall be trusted as usual."""
        client = self._clients.get(door)
        if client is None:
            client = self._clients.setdefault(
                door,
                httpx.Client(
                    verify=context(door) if door is None or not door.plain else False,
                    timeout=httpx.Timeout(_SILENCE, connect=_CONNECT),
                    # As Go's, no proxy is asked for this machine itself.
                    trust_env=door is None or not is_loopback(door.host),
                    limits=httpx.Limits(max_connections=None),
                    headers={"User-Agent": f"stackyard/{VERSION}", "Accept-Encoding": "identity"},
                ),
            )
        return client


def broken(host: str, error: Exception) -> Unreachable:
    """Say why a registry could not be spoken with."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return Unreachable(
                f"cannot trust {host}: {cause.verify_message}",
                resolution=f"put its CA's certificate at /etc/docker/certs.d/{host}/ca.crt",
            )
        cause = cause.__cause__ or cause.__context__
    if isinstance(error, httpx.TimeoutException):
        return Unreachable(f"{host} does not answer", details="timed out")
    return Unreachable(f"cannot reach {host}", details=str(error) or type(error).__name__)
