"""The instructions of a Dockerfile as values, with their variables not yet expanded.

Follows https://docs.docker.com/reference/dockerfile/.
"""

from typing import NamedTuple, TypeAlias

Pairs = tuple[tuple[str, str], ...]


class Span(NamedTuple):
    """The lines of a text, counted from 1, both included."""

    start: int
    end: int


class Heredoc(NamedTuple):
    """A document that stands below its instruction."""

    name: str
    content: str
    expand: bool
    """False where its word was quoted: then nothing in it is a variable."""
    strip_tabs: bool
    """`<<-`: the leading tabs of its lines are gone already."""
    descriptor: int = 0


class Command(NamedTuple):
    """A command line: words as they are, or one text for the shell."""

    words: tuple[str, ...]
    shell: bool
    """True: `words` is one text, which the SHELL of the moment gets."""
    heredocs: tuple[Heredoc, ...] = ()


class Origin(NamedTuple):
    """Where an instruction stands, and how it was written."""

    span: Span
    text: str
    """As written, continued lines joined and comments gone; heredocs are not in it."""


class From(NamedTuple):
    """FROM: a stage begins."""

    origin: Origin
    image: str
    name: str
    """Lower case; empty where nobody named the stage."""
    platform: str


class Arg(NamedTuple):
    """ARG: names with their defaults, None where there is none."""

    origin: Origin
    variables: tuple[tuple[str, str | None], ...]


class Env(NamedTuple):
    """ENV."""

    origin: Origin
    pairs: Pairs


class Label(NamedTuple):
    """LABEL."""

    origin: Origin
    pairs: Pairs


class Maintainer(NamedTuple):
    """MAINTAINER."""

    origin: Origin
    author: str


class Run(NamedTuple):
    """RUN."""

    origin: Origin
    command: Command
    mounts: tuple[str, ...]
    """Each as written behind `--mount=`."""
    network: str
    security: str
    devices: tuple[str, ...] = ()


class Copy(NamedTuple):
    """COPY, and ADD, which shares all but what its sources may be."""

    origin: Origin
    add: bool
    sources: tuple[str, ...]
    """Paths, patterns and, for ADD, addresses; a heredoc is not among them."""
    target: str
    heredocs: tuple[Heredoc, ...]
    source_from: str
    """`--from`: a stage, a stage's number, an image; empty for the context."""
    owner: str
    mode: str
    """`--chmod`, as written."""
    link: bool
    parents: bool
    exclude: tuple[str, ...]
    checksum: str = ""
    keep_git_dir: bool = False
    unpack: bool | None = None
    """`--unpack`: None leaves it to ADD's own rule."""


class Workdir(NamedTuple):
    """WORKDIR."""

    origin: Origin
    path: str


class User(NamedTuple):
    """USER."""

    origin: Origin
    user: str


class Expose(NamedTuple):
    """EXPOSE."""

    origin: Origin
    ports: tuple[str, ...]


class Volume(NamedTuple):
    """VOLUME."""

    origin: Origin
    paths: tuple[str, ...]


class StopSignal(NamedTuple):
    """STOPSIGNAL."""

    origin: Origin
    signal: str


class Cmd(NamedTuple):
    """CMD."""

    origin: Origin
    command: Command


class Entrypoint(NamedTuple):
    """ENTRYPOINT."""

    origin: Origin
    command: Command


class Shell(NamedTuple):
    """SHELL."""

    origin: Origin
    words: tuple[str, ...]


class Healthcheck(NamedTuple):
    """HEALTHCHECK: the test as an image's config has it (`NONE`, `CMD …`, `CMD-SHELL …`), times in ns."""

    origin: Origin
    test: tuple[str, ...]
    interval: int = 0
    timeout: int = 0
    start_period: int = 0
    start_interval: int = 0
    retries: int = 0


class Onbuild(NamedTuple):
    """ONBUILD: the text of an instruction for whoever builds on the image."""

    origin: Origin
    text: str


Instruction: TypeAlias = (
    Arg | Env | Label | Maintainer | Run | Copy | Workdir | User | Expose | Volume | StopSignal | Cmd
    | Entrypoint | Shell | Healthcheck | Onbuild
)  # fmt: skip
"""What may stand in a stage."""


class Stage(NamedTuple):
    """One stage: where it begins and what it does."""

    begin: From
    instructions: tuple[Instruction, ...]


class Program(NamedTuple):
    """A whole Dockerfile, understood."""

    arguments: tuple[Arg, ...]
    """The ARGs before the first FROM."""
    stages: tuple[Stage, ...]
    escape: str
    syntax: str
    """The `# syntax=` directive, empty if there is none; nothing obeys it."""
    check: str
    """The `# check=` directive."""
    warnings: tuple[str, ...]
