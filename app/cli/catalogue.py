"""Which verbs there are, and in which module each lives: a plain table, so that only one is imported."""

from __future__ import annotations

from typing import NamedTuple


class Entry(NamedTuple):
    """Where a verb's Command is, and what the list of verbs says of it."""

    place: str
    """`module:NAME` below app.cli.verbs."""
    summary: str
    aliases: tuple[str, ...] = ()


class Noun(NamedTuple):
    """A group of verbs: `container`, `image` …"""

    summary: str
    verbs: dict[str, Entry]


ATTACH = Entry(
    "attach:ATTACH", "Attach local standard input, output, and error streams to a running container"
)
BUILD = Entry("build:BUILD", "Build an image from a Dockerfile")
COMMIT = Entry("commit:COMMIT", "Create a new image from a container's changes")
CREATE = Entry("create:CREATE", "Create a new container")
CP = Entry("cp:CP", "Copy files/folders between a container and the local filesystem")
DIFF = Entry("diff:DIFF", "Inspect changes to files or directories on a container's filesystem")
EVENTS = Entry("events:EVENTS", "Get real time events from the engine")
EXEC = Entry("exec:EXEC", "Execute a command in a running container")
EXPORT = Entry("export:EXPORT", "Export a container's filesystem as a tar archive")
HISTORY = Entry("history:HISTORY", "Show the history of an image")
IMPORT = Entry(
    "import_:IMPORT", "Import a root file system, from a tarball or from this machine, as an image"
)
INFO = Entry("info:INFO", "Display system-wide information")
KILL = Entry("lifecycle:KILL", "Kill one or more running containers")
LOAD = Entry("load:LOAD", "Load images from an archive, a directory or STDIN")
LOGIN = Entry("registries:LOGIN", "Authenticate to a registry")
LOGOUT = Entry("registries:LOGOUT", "Log out from a registry")
LOGS = Entry("logs:LOGS", "Fetch the logs of a container")
PAUSE = Entry("lifecycle:PAUSE", "Pause all processes within one or more containers")
PORT = Entry("port:PORT", "List port mappings or a specific mapping for the container")
PULL = Entry("pull:PULL", "Download an image from a registry")
PUSH = Entry("push:PUSH", "Upload an image to a registry")
RENAME = Entry("lifecycle:RENAME", "Rename a container")
RESTART = Entry("lifecycle:RESTART", "Restart one or more containers")
RUN = Entry("run:RUN", "Run a command in a new container")
SAVE = Entry("save:SAVE", "Save one or more images to an archive (streamed to STDOUT by default)")
START = Entry("start:START", "Start one or more stopped containers")
STATS = Entry("stats:STATS", "Display a live stream of container(s) resource usage statistics")
STOP = Entry("lifecycle:STOP", "Stop one or more running containers")
TAG = Entry("images:TAG", "Create a tag TARGET_IMAGE that refers to SOURCE_IMAGE")
TOP = Entry("top:TOP", "Display the running processes of a container")
UNPAUSE = Entry("lifecycle:UNPAUSE", "Unpause all processes within one or more containers")
UPDATE = Entry("update:UPDATE", "Update configuration of one or more containers")
WAIT = Entry("lifecycle:WAIT", "Block until one or more containers stop, then print their exit codes")
WATCH = Entry("watch:WATCH", "Build again whenever a file is saved, and replace the container that runs it")

BUILDER = {"build": BUILD, "prune": Entry("prune:CACHE", "Remove build cache")}

VERBS: dict[str, Entry] = {
    "attach": ATTACH,
    "build": BUILD,
    "commit": COMMIT,
    "completion": Entry("completion:COMPLETION", "Print the script that completes lines in a shell"),
    "cp": CP,
    "create": CREATE,
    "demo": Entry("demo:DEMO", "Make a sample container from this machine's own programs and show it"),
    "diff": DIFF,
    "events": EVENTS,
    "exec": EXEC,
    "export": EXPORT,
    "history": HISTORY,
    "images": Entry("images:LIST", "List images"),
    "import": IMPORT,
    "info": INFO,
    "inspect": Entry("inspect:ANY", "Return low-level information on Stackyard objects"),
    "kill": KILL,
    "load": LOAD,
    "login": LOGIN,
    "logout": LOGOUT,
    "logs": LOGS,
    "pause": PAUSE,
    "port": PORT,
    "ps": Entry("ps:LIST", "List containers"),
    "pull": PULL,
    "push": PUSH,
    "rename": RENAME,
    "restart": RESTART,
    "rm": Entry("lifecycle:REMOVE", "Remove one or more containers"),
    "rmi": Entry("images:REMOVE", "Remove one or more images"),
    "run": RUN,
    "save": SAVE,
    "search": Entry("registries:SEARCH", "Search Docker Hub for images"),
    "start": START,
    "stats": STATS,
    "stop": STOP,
    "tag": TAG,
    "top": TOP,
    "unpause": UNPAUSE,
    "update": UPDATE,
    "version": Entry("version:VERSION", "Show the Stackyard version information"),
    "wait": WAIT,
    "watch": WATCH,
}

NOUNS: dict[str, Noun] = {
    "builder": Noun("Manage builds", BUILDER),
    "buildx": Noun("Manage builds, by the name BuildKit's users know", BUILDER),
    "config": Noun(
        "Manage what this user has chosen: theme, keys, columns, commands",
        {
            "check": Entry("config:CHECK", "Check the configuration and the user's themes"),
            "edit": Entry("config:EDIT", "Edit the configuration, and check it"),
            "locate": Entry("config:LOCATE", "Say where the configuration and the user's themes are"),
            "show": Entry("config:SHOW", "Show the configuration that is in force"),
        },
    ),
    "container": Noun(
        "Manage containers",
        {
            "attach": ATTACH,
            "commit": COMMIT,
            "cp": CP,
            "create": CREATE,
            "diff": DIFF,
            "exec": EXEC,
            "export": EXPORT,
            "inspect": Entry("inspect:CONTAINER", "Display detailed information on one or more containers"),
            "kill": KILL,
            "logs": LOGS,
            "ls": Entry("ps:LIST", "List containers", ("ps", "list")),
            "pause": PAUSE,
            "port": PORT,
            "prune": Entry("prune:CONTAINERS", "Remove all stopped containers"),
            "rename": RENAME,
            "restart": RESTART,
            "rm": Entry("lifecycle:REMOVE", "Remove one or more containers", ("remove",)),
            "run": RUN,
            "start": START,
            "stats": STATS,
            "stop": STOP,
            "top": TOP,
            "unpause": UNPAUSE,
            "update": UPDATE,
            "wait": WAIT,
        },
    ),
    "image": Noun(
        "Manage images",
        {
            "build": BUILD,
            "history": HISTORY,
            "import": IMPORT,
            "inspect": Entry("inspect:IMAGE", "Display detailed information on one or more images"),
            "load": LOAD,
            "ls": Entry("images:LIST", "List images", ("list",)),
            "prune": Entry("prune:IMAGES", "Remove unused images"),
            "pull": PULL,
            "push": PUSH,
            "rm": Entry("images:REMOVE", "Remove one or more images", ("rmi", "remove")),
            "save": SAVE,
            "tag": TAG,
            "waste": Entry("waste:WASTE", "Show what an image's layers hold that no container can see"),
        },
    ),
    "manifest": Noun(
        "Look at image manifests and manifest lists",
        {"inspect": Entry("registries:MANIFEST", "Display an image manifest, or manifest list")},
    ),
    "network": Noun(
        "Manage networks",
        {
            "connect": Entry("networks:CONNECT", "Connect a container to a network"),
            "create": Entry("networks:CREATE", "Create a network"),
            "disconnect": Entry("networks:DISCONNECT", "Disconnect a container from a network"),
            "inspect": Entry("inspect:NETWORK", "Display detailed information on one or more networks"),
            "ls": Entry("networks:LIST", "List networks", ("list",)),
            "prune": Entry("prune:NETWORKS", "Remove all unused networks"),
            "rm": Entry("networks:REMOVE", "Remove one or more networks", ("remove",)),
        },
    ),
    "system": Noun(
        "Manage Stackyard",
        {
            "df": Entry("df:DISK_USAGE", "Show the disk space in use"),
            "events": EVENTS,
            "info": INFO,
            "prune": Entry("prune:SYSTEM", "Remove unused data"),
        },
    ),
    "volume": Noun(
        "Manage volumes",
        {
            "create": Entry("volumes:CREATE", "Create a volume"),
            "inspect": Entry("inspect:VOLUME", "Display detailed information on one or more volumes"),
            "ls": Entry("volumes:LIST", "List volumes", ("list",)),
            "prune": Entry("prune:VOLUMES", "Remove all unused local volumes"),
            "rm": Entry("volumes:REMOVE", "Remove one or more volumes", ("remove",)),
        },
    ),
}


def find(verbs: dict[str, Entry], word: str) -> tuple[str, Entry] | None:
    """Find a verb by its name or by an alias; give its proper name too."""
    if word in verbs:
        return word, verbs[word]
    for name, entry in verbs.items():
        if word in entry.aliases:
            return name, entry
    return None
