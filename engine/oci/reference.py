"""Image references: `[domain/]path[:tag][@digest]`, by the grammar of distribution/reference and docker's
short forms.

`busy` is short for `docker.io/library/busy`, `me/app` for `docker.io/me/app`; the first component is a
domain when it holds a dot, a colon or a capital, or is `localhost`. `canonical` is the long form,
`familiar` the short one that people see.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from engine.errors import InvalidReference
from engine.oci.pattern import matches

DEFAULT_DOMAIN = "docker.io"
DEFAULT_TAG = "latest"
MAX_PATH = 255

_COMPONENT = r"[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?"
_HOST = rf"(?:{_COMPONENT}(?:\.{_COMPONENT})*|\[[a-fA-F0-9:]+\])"
_DOMAIN = rf"{_HOST}(?::[0-9]+)?"
_SEGMENT = r"[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*"
_PATH = rf"{_SEGMENT}(?:/{_SEGMENT})*"
_TAG = r"\w[\w.-]{0,127}"
_DIGEST = r"[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}"

DOMAIN = re.compile(_DOMAIN, re.ASCII)
TAG = re.compile(_TAG, re.ASCII)
NAME = re.compile(rf"(?:({_DOMAIN})/)?({_PATH})", re.ASCII)
REFERENCE = re.compile(rf"((?:{_DOMAIN}/)?{_PATH})(?::({_TAG}))?(?:@({_DIGEST}))?", re.ASCII)
IDENTIFIER = re.compile(r"[a-f0-9]{64}", re.ASCII)

_DIGEST_LENGTH = 64


class Reference(NamedTuple):
    """The name of an image in a repository; `domain` is empty only in what `split` returns."""

    domain: str
    path: str
    tag: str | None = None
    digest: str | None = None

    @classmethod
    def parse(cls, text: str) -> Reference:
        """Parse what a user typed, with docker's default domain and `library/`; the tag stays as typed.

        Raises InvalidReference with docker's sentence.
        """
        if IDENTIFIER.fullmatch(text):
            raise InvalidReference(
                f"invalid repository name ({text}), cannot specify 64-byte hexadecimal strings"
            )
        domain, remainder = _split_domain(text)
        path = remainder.partition(":")[0]
        if path.lower() != path:
            raise InvalidReference(
                f"invalid reference format: repository name ({path.partition('@')[0]}) must be lowercase"
            )
        reference = cls.split(f"{domain}/{remainder}")
        if not reference.domain:
            raise InvalidReference("invalid reference format")
        return reference

    @classmethod
    def split(cls, text: str) -> Reference:
        """Split a reference by its grammar alone, without any defaults."""
        match = REFERENCE.fullmatch(text)
        if match is None:
            raise InvalidReference(_why_not(text))
        name, tag, digest = match.groups()
        parts = NAME.fullmatch(name)
        domain, path = parts.groups() if parts else ("", name)
        if len(path) > MAX_PATH:
            raise InvalidReference(
                f"invalid reference format: repository name must not be more than {MAX_PATH} characters"
            )
        if digest is not None:
            _check_digest(digest)
        return cls(domain or "", path, tag, digest)

    @property
    def name(self) -> str:
        """The repository: domain and path."""
        return f"{self.domain}/{self.path}" if self.domain else self.path

    @property
    def canonical(self) -> str:
        """The whole reference in its long form."""
        return self.name + self._suffix

    @property
    def familiar_name(self) -> str:
        """The repository as people write it: without docker.io and library/."""
        return shortened(self.name)

    @property
    def familiar(self) -> str:
        """The whole reference as people write it."""
        return self.familiar_name + self._suffix

    @property
    def is_name_only(self) -> bool:
        """Whether neither a tag nor a digest was given."""
        return self.tag is None and self.digest is None

    @property
    def tagged(self) -> Reference:
        """This reference, with the tag `latest` where it names neither tag nor digest."""
        return self._replace(tag=DEFAULT_TAG) if self.is_name_only else self

    @property
    def resolved(self) -> Reference:
        """What a pull asks for: the digest alone where both are given, else the tag."""
        return self._replace(tag=None) if self.digest else self.tagged

    def matches(self, pattern: str) -> bool:
        """Tell whether the familiar reference or repository fits a shell pattern."""
        return matches(pattern, self.familiar) or matches(pattern, self.familiar_name)

    @property
    def _suffix(self) -> str:
        tag = "" if self.tag is None else f":{self.tag}"
        return tag if self.digest is None else f"{tag}@{self.digest}"


def parse_any(text: str) -> Reference | str:
    """Parse a reference, or return the digest that a full image id (with or without `sha256:`) stands for."""
    if IDENTIFIER.fullmatch(text):
        return f"sha256:{text}"
    if text.startswith("sha256:") and IDENTIFIER.fullmatch(text[7:]):
        return text
    return Reference.parse(text)


def is_identifier(text: str) -> bool:
    """Tell whether this is a full image id, which no registry can be asked for."""
    return IDENTIFIER.fullmatch(text.removeprefix("sha256:")) is not None


def shortened(name: str) -> str:
    """Leave out docker.io and library/ where the rest still means the same; `name` is a long form."""
    path = name.removeprefix("docker.io/")
    if path == name:
        return name
    first, slash, rest = path.partition("/")
    if first == "library" and "/" not in rest:
        return rest
    return name if slash and _is_domain(first) else path


def _is_domain(first: str) -> bool:
    return any(char in first for char in ".:") or first == "localhost" or first.lower() != first


def _split_domain(text: str) -> tuple[str, str]:
    first, slash, rest = text.partition("/")
    if slash and _is_domain(first):
        domain, remainder = first, rest
    else:
        domain, remainder = DEFAULT_DOMAIN, text
    if domain == "index.docker.io":
        domain = DEFAULT_DOMAIN
    if domain == DEFAULT_DOMAIN and "/" not in remainder:
        remainder = f"library/{remainder}"
    return domain, remainder


def _why_not(text: str) -> str:
    if not text:
        return "invalid reference format: repository name must have at least one component"
    if REFERENCE.fullmatch(text.lower()):
        return "invalid reference format: repository name must be lowercase"
    return "invalid reference format"


def _check_digest(digest: str) -> None:
    algorithm, _, encoded = digest.partition(":")
    if algorithm != "sha256":
        raise InvalidReference("invalid reference format: unsupported digest algorithm")
    if len(encoded) != _DIGEST_LENGTH:
        raise InvalidReference("invalid reference format: invalid checksum digest length")
    if encoded != encoded.lower():
        raise InvalidReference("invalid reference format: invalid checksum digest format")
