"""The flags of `build`: docker's and BuildKit's, each of which works, or is refused with its reason."""

from __future__ import annotations

from app.cli.flags import Flag, label_word

NO_PUSH = "build first, then `stackyard push`"


def _tag(text: str) -> str:
    from engine.errors import InvalidReference
    from engine.oci.reference import Reference

    try:
        Reference.parse(text)
    except InvalidReference as error:
        raise ValueError(error.brief) from None
    return text


def size(text: str) -> str:
    """Check a size in bytes; ValueError says what is wrong."""
    from app.units import parse_bytes
    from engine.errors import InvalidInput

    try:
        return str(parse_bytes(text))
    except InvalidInput as error:
        raise ValueError(error.brief) from None


def _host(text: str) -> str:
    from app.cli.build.limits import host

    return host(text)


def _ulimit(text: str) -> str:
    from app.cli.build.limits import ulimit

    return ulimit(text)


def _argument(text: str) -> str:
    if not text.partition("=")[0]:
        raise ValueError(f"invalid environment variable: {text}")
    return text


def _network(text: str) -> str:
    if text not in ("none", "host", "default"):
        raise ValueError("networks come with a later step of the engine; use none or host")
    return text


def _entitlement(text: str) -> str:
    if text != "network.host":
        raise ValueError("no step gets more rights than a container has")
    return text


def _no_attestation(text: str) -> str:
    if text.lower() not in ("false", "disabled=true", ""):
        raise ValueError("attestations are made for registries, which come with a later step of the engine")
    return text


def _call(text: str) -> str:
    if text not in ("build", "check", "lint"):
        raise ValueError("of BuildKit's methods there are build and check")
    return text


FLAGS = (
    Flag("add-host", "list", 'Add a custom host-to-IP mapping ("host:ip")', check=_host),
    Flag("allow", "list", "", check=_entitlement, hidden=True),
    Flag("build-arg", "list", "Set build-time variables", check=_argument),
    Flag("build-context", "list", 'Additional build contexts ("name=path")'),
    Flag("cache-from", "list", "Images or archives whose steps count as done"),
    Flag("call", "string", "", check=_call, hidden=True),
    Flag("check", "bool", "Only check the Dockerfile, build nothing"),
    Flag("compress", "bool", "", hidden=True),
    Flag("debug-shell", "bool", "When a step fails, open a shell on the state right before it"),
    Flag("disable-content-trust", "bool", "", hidden=True),
    Flag("file", "string", 'Name of the Dockerfile (Default is "PATH/Dockerfile")', short="f"),
    Flag("force-rm", "bool", "Always remove intermediate containers"),
    Flag("iidfile", "string", "Write the image ID to the file"),
    Flag("label", "list", "Set metadata for an image", check=label_word),
    Flag("load", "bool", "", hidden=True),
    Flag("memory", "bytes", "Memory limit", short="m", check=size),
    Flag(
        "network",
        "string",
        "Set the networking mode for the RUN instructions during build (none or host)",
        shown='"default"',
        check=_network,
    ),
    Flag("no-cache", "bool", "Do not use cache when building the image"),
    Flag("no-cache-filter", "list", "Do not cache specified stages"),
    Flag("output", "list", 'Output destination ("type=local,dest=path")', short="o"),
    Flag("platform", "string", "Set the platform of the image"),
    Flag(
        "progress",
        "string",
        'Set type of progress output ("auto"|"plain"|"rich"|"json")',
        shown='"auto"',
    ),
    Flag("provenance", "string", "", check=_no_attestation, hidden=True),
    Flag("pull", "bool", "Always attempt to pull a newer version of the image"),
    Flag("quiet", "bool", "Suppress the build output and print image ID on success", short="q"),
    Flag("rm", "bool", "Remove intermediate containers after a successful build", shown="true"),
    Flag("sbom", "string", "", check=_no_attestation, hidden=True),
    Flag("secret", "list", 'Secret to expose to the build ("id=mysecret,src=/local/secret")'),
    Flag("shm-size", "bytes", 'Size of "/dev/shm"', check=size),
    Flag("squash", "bool", "Squash newly built layers into a single new layer"),
    Flag("ssh", "list", 'SSH agent socket or keys to expose to the build ("default|<id>[=<socket>|<key>]")'),
    Flag("tag", "list", 'Name and optionally a tag in the "name:tag" format', short="t", check=_tag),
    Flag("target", "string", "Set the target build stage to build."),
    Flag("ulimit", "ulimit", "Ulimit options", shown="[]", check=_ulimit),
)

REFUSED = (
    ("annotation:list attest:list", "they belong to manifests, which are made for registries"),
    ("builder:string stream:bool", "the engine builds in this process; there is no other builder to choose"),
    ("cache-to:list", "every step is in the store's own cache; --cache-from reads images and archives"),
    ("metadata-file:string", "the image's id goes where --iidfile says, and --progress json tells all else"),
    (
        "cgroup-parent:string cpu-period:int cpu-quota:int c/cpu-shares:int cpuset-cpus:string "
        "cpuset-mems:string memory-swap:string",
        "of the limits --memory, --shm-size and --ulimit are there, the others come later",
    ),
    ("isolation:string", "it is a choice of other operating systems"),
    ("push:bool", NO_PUSH),
    ("security-opt:list", "every step runs under the engine's own profile"),
)
"""docker's other flags (`short/name:kind`), and why each is refused."""


def _refused() -> tuple[Flag, ...]:
    flags = []
    for words, reason in REFUSED:
        for word in words.split():
            name, _, kind = word.partition(":")
            short, _, name = name.rpartition("/")
            flags.append(Flag(name, kind, "", short=short, later=reason))
    return tuple(flags)


BUILD_FLAGS = (*FLAGS, *_refused())
