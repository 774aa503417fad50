"""The flags of `create` and `run`, and the engine's Options that they add up to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.cli.flags import HELP, Arguments, Flag, UsageError, label_word
from app.cli.verbs import health_flags, limit_flags, logging_flags, network_flags, sharing_flags
from app.cli.verbs.program_flags import DETACH_KEYS, ENVIRONMENT, environment
from engine.containers.options import Options, Publication


def _stream(text: str) -> str:
    if text.lower() not in ("stdin", "stdout", "stderr"):
        raise ValueError("valid streams are STDIN, STDOUT and STDERR")
    return text.lower()


def _pull(text: str) -> str:
    if text not in ("always", "missing", "never"):
        raise ValueError('invalid pull option: must be one of "always", "missing" or "never"')
    return text


def restart_word(text: str) -> str:
    """Check one `NAME[:RETRIES]`."""
    _, colon, count = text.partition(":")
    if colon and not count.removeprefix("-").isdecimal():
        raise ValueError("invalid restart policy format: maximum retry count must be an integer")
    return text


def _mount(text: str) -> str:
    from app.cli.mounts import mount_word

    return mount_word(text)


FLAGS = (
    Flag("attach", "list", "Attach to STDIN, STDOUT or STDERR", short="a", check=_stream),
    Flag("cap-add", "list", "Add Linux capabilities"),
    Flag("cap-drop", "list", "Drop Linux capabilities"),
    Flag("cidfile", "string", "Write the container ID to the file"),
    DETACH_KEYS,
    Flag("domainname", "string", "Container NIS domain name"),
    Flag("entrypoint", "string", "Overwrite the default ENTRYPOINT of the image"),
    *ENVIRONMENT,
    HELP,
    Flag("hostname", "string", "Container host name", short="h"),
    Flag("init", "bool", "Run an init inside the container that forwards signals and reaps processes"),
    Flag("interactive", "bool", "Keep STDIN open even if not attached", short="i"),
    Flag("label", "list", "Set meta data on a container", short="l", check=label_word),
    Flag("label-file", "list", "Read in a line delimited file of labels"),
    Flag("mount", "mount", "Attach a filesystem mount to the container", check=_mount),
    Flag("name", "string", "Assign a name to the container"),
    Flag("privileged", "bool", "Give extended privileges to this container"),
    Flag(
        "pull",
        "string",
        'Pull image before running ("always"|"missing"|"never")',
        shown='"missing"',
        check=_pull,
    ),
    Flag("quiet", "bool", "Suppress the pull output", short="q"),
    Flag("read-only", "bool", "Mount the container's root filesystem as read only"),
    Flag(
        "restart",
        "string",
        "Restart policy to apply when a container exits",
        shown='"no"',
        check=restart_word,
    ),
    Flag("rm", "bool", "Automatically remove the container when it exits"),
    Flag("security-opt", "list", "Security Options"),
    Flag("stop-signal", "string", "Signal to stop a container", shown='"SIGTERM"'),
    Flag("stop-timeout", "int", "Timeout (in seconds) to stop a container"),
    Flag("tmpfs", "list", "Mount a tmpfs directory"),
    Flag("tty", "bool", "Allocate a pseudo-TTY", short="t"),
    Flag("user", "string", "Username or UID (format: <name|uid>[:<group|gid>])", short="u"),
    Flag("volume", "list", "Bind mount a volume", short="v"),
    Flag("volume-driver", "string", "Optional volume driver for the container"),
    Flag("volumes-from", "list", "Mount volumes from the specified container(s)"),
    Flag("workdir", "string", "Working directory inside the container", short="w"),
)

CREATE_FLAGS = (
    *FLAGS,
    *health_flags.FLAGS,
    *limit_flags.FLAGS,
    *logging_flags.FLAGS,
    *network_flags.FLAGS,
    *sharing_flags.FLAGS,
)


def options(arguments: Arguments) -> Options:
    """Add the flags up; raises UsageError where they contradict each other."""
    entrypoint = arguments.text("entrypoint")
    mode, joins = network_flags.joinings(arguments)
    binds, places, mounts = _mounted(arguments)
    return Options(
        command=tuple(arguments.positional[1:]),
        entrypoint=((entrypoint,) if entrypoint else ()) if arguments.given("entrypoint") else None,
        name=arguments.text("name") or None,
        hostname=arguments.text("hostname") or None,
        domainname=arguments.text("domainname"),
        user=arguments.text("user") or None,
        workdir=arguments.text("workdir") or None,
        environment=tuple(environment(arguments)),
        labels=_labels(arguments),
        read_only=arguments.switch("read-only"),
        tmpfs={path: mode for path, _, mode in (word.partition(":") for word in arguments.words("tmpfs"))},
        binds=binds,
        volumes=places,
        mounts=mounts,
        volumes_from=tuple(arguments.words("volumes-from")),
        volume_driver=arguments.text("volume-driver"),
        init=arguments.switch("init"),
        stop_signal=arguments.text("stop-signal") or None,
        stop_timeout=arguments.number("stop-timeout"),
        auto_remove=arguments.switch("rm"),
        network=mode,
        joins=joins,
        published=_published(arguments),
        publish_all=arguments.switch("publish-all"),
        cap_add=tuple(arguments.words("cap-add")),
        cap_drop=tuple(arguments.words("cap-drop")),
        privileged=arguments.switch("privileged"),
        tty=arguments.switch("tty"),
        open_stdin=arguments.switch("interactive"),
        attach=attached_streams(arguments),
        health=health_flags.healthcheck(arguments),
        logging=logging_flags.logging(arguments),
        restart=restart_policy(arguments.text("restart")),
        security_options=tuple(map(_security_option, arguments.words("security-opt"))),
        limits=limit_flags.limits(arguments),
        namespaces=sharing_flags.namespaces(arguments),
        devices=sharing_flags.devices(arguments),
        device_rules=tuple(arguments.words("device-cgroup-rule")),
        groups=tuple(arguments.words("group-add")),
        lookup=sharing_flags.lookup(arguments),
        sysctls=sharing_flags.sysctls(arguments),
        exposed=sharing_flags.exposed(arguments),
        runtime=arguments.text("runtime"),
        isolation=arguments.text("isolation"),
        platform=arguments.text("platform"),
    )


def dangers(chosen: Options) -> list[str]:
    """Say what is done as asked, and is likely to be regretted."""
    found = []
    if chosen.limits.oom_kill_disable and not chosen.limits.memory:
        found.append(
            "Disabling the OOM killer on containers without setting a '-m/--memory' limit may be dangerous."
        )
    found += [
        f"Localhost DNS setting (--dns={server}) may fail in containers."
        for server in chosen.lookup.servers
        if server.startswith("127.") or server == "::1"
    ]
    if chosen.network == "host" and (chosen.published or chosen.publish_all):
        found.append("Published ports are discarded when using host network mode")
    found += filter(None, [logging_flags.without_effect(chosen.logging)])
    return found


def attached_streams(arguments: Arguments) -> frozenset[str]:
    """Tell which of stdin, stdout and stderr whoever runs it stays with."""
    named = frozenset(arguments.words("attach"))
    if named or arguments.switch("detach"):
        return named
    return frozenset(("stdout", "stderr", *(["stdin"] if arguments.switch("interactive") else [])))


def restart_policy(text: str) -> tuple[str, int]:
    """Read `NAME[:RETRIES]`."""
    name, _, count = text.partition(":")
    return name or "no", int(count or 0)


def _mounted(
    arguments: Arguments,
) -> tuple[tuple[str, ...], tuple[str, ...], tuple[Mapping[str, Any], ...]]:
    """Read --volume and --mount."""
    words, mounts = arguments.words("volume"), arguments.words("mount")
    if not (words or mounts):
        return (), (), ()
    from app.cli.mounts import mount, volumes

    return (*volumes(words), tuple(map(mount, mounts)))


def _published(arguments: Arguments) -> tuple[Publication, ...]:
    words = arguments.words("publish")
    if not words:
        return ()
    from app.cli.publishing import publications

    return publications(words)


def _labels(arguments: Arguments) -> dict[str, str]:
    words: list[str] = []
    for path in arguments.words("label-file"):
        from app.cli.linefile import lines

        words += lines(path)
    return {
        key: value for key, _, value in (word.partition("=") for word in words + arguments.words("label"))
    }


def check_container_file(path: str) -> None:
    """Refuse a --cidfile that is there already, before anything is created."""
    import os

    if os.path.exists(path):
        raise UsageError(
            f"container ID file found, make sure the other container isn't running or delete {path}"
        )


def write_container_file(path: str, id: str) -> None:
    """Write the container's id, without a newline, as scripts expect it."""
    with open(path, "x", encoding="ascii") as file:
        file.write(id)


def _security_option(word: str) -> str:
    """Put a seccomp profile's text in the place of its file's name."""
    name, _, value = word.partition("=")
    if name != "seccomp" or value in ("unconfined", "builtin", ""):
        return word
    try:
        with open(value, encoding="utf-8") as file:
            return f"{name}={file.read()}"
    except OSError as error:
        why = (error.strerror or str(error)).lower()
        raise UsageError(f"opening seccomp profile ({value}) failed: open {value}: {why}") from None
