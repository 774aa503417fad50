"""What `logs --details` says before each line: the labels, the variables and the tag that --log-opt names."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from urllib.parse import quote_plus

from app.go.template import GoMap, Template
from engine.containers.record import Container
from engine.errors import InvalidInput

_SHORT = 12
_FAILED = "failed to initialize logging driver: "
_PARSING = "template parsing error: "


def details(container: Container) -> str:
    """Write them as docker does, sorted: `env=VALUE,label=VALUE`; empty if nothing is named."""
    options: Mapping[str, str] = (container.host_config.get("LogConfig") or {}).get("Config") or {}
    words = container.config["Config"].get("Env") or ()
    found = dict(_named(container.labels, options.get("labels", ""), options.get("labels-regex", "")))
    variables = dict(word.split("=", 1) for word in words if "=" in word)
    found |= _named(variables, options.get("env", ""), options.get("env-regex", ""))
    if options.get("tag"):
        found["tag"] = Template.parse(options["tag"]).render(_facts(container, found))
    return ",".join(f"{quote_plus(key)}={quote_plus(found[key])}" for key in sorted(found))


def check_tag(text: str) -> None:
    """Refuse a tag that no container could have. Raises InvalidInput."""
    try:
        Template.parse(text)
    except InvalidInput as error:
        problem = error.brief.removeprefix(_PARSING)
        raise InvalidInput(f"{_FAILED}{problem.replace('template: :', 'template: log-tag:')}") from None


def _named(values: Mapping[str, str], names: str, pattern: str) -> Iterator[tuple[str, str]]:
    wanted = set(filter(None, names.split(",")))
    for key, value in values.items():
        if key in wanted or (pattern and re.search(pattern, key)):
            yield key, value


def _facts(container: Container, attributes: Mapping[str, str]) -> Mapping[str, object]:
    """List what a tag may say."""
    return {
        "ID": container.id[:_SHORT],
        "FullID": container.id,
        "Name": container.name,
        "ImageID": container.image_id[:_SHORT],
        "ImageFullID": container.image_id,
        "ImageName": container.image,
        "Command": " ".join(container.command),
        "DaemonName": "docker",
        "Hostname": os.uname().nodename,
        "ContainerLabels": GoMap(container.labels),
        "ExtraAttributes": lambda _keys: GoMap(attributes),
    }
