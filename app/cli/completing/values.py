"""Where the values of positional words and of flags come from, in plain tables."""

from __future__ import annotations

from collections.abc import Mapping

RUNNING, ALIVE, STOPPED, PAUSED, ANY = "running", "alive", "stopped", "paused", "any container"
IMAGE, NAMED_IMAGE, VOLUME, FILE, INSIDE = "image", "named image", "volume", "file", "inside"
NETWORK = "one network"

WORDS: Mapping[str, tuple[str, ...]] = {
    "attach:ATTACH": (RUNNING,),
    "build:BUILD": (FILE,),
    "commit:COMMIT": (ANY, NAMED_IMAGE),
    "cp:CP": (INSIDE, INSIDE),
    "create:CREATE": (IMAGE,),
    "diff:DIFF": (ANY,),
    "exec:EXEC": (RUNNING,),
    "export:EXPORT": (ANY,),
    "history:HISTORY": (IMAGE,),
    "images:LIST": (NAMED_IMAGE,),
    "images:REMOVE": (IMAGE, "…"),
    "images:TAG": (IMAGE, NAMED_IMAGE),
    "import_:IMPORT": (FILE, NAMED_IMAGE),
    "inspect:ANY": (f"{ANY}|{IMAGE}|{VOLUME}", "…"),
    "inspect:CONTAINER": (ANY, "…"),
    "inspect:IMAGE": (IMAGE, "…"),
    "inspect:VOLUME": (VOLUME, "…"),
    "lifecycle:KILL": (ALIVE, "…"),
    "lifecycle:PAUSE": (RUNNING, "…"),
    "lifecycle:REMOVE": (ANY, "…"),
    "lifecycle:RENAME": (ANY,),
    "lifecycle:RESTART": (ANY, "…"),
    "lifecycle:STOP": (ALIVE, "…"),
    "lifecycle:UNPAUSE": (PAUSED, "…"),
    "lifecycle:WAIT": (ALIVE, "…"),
    "logs:LOGS": (ANY,),
    "port:PORT": (ANY,),
    "pull:PULL": (NAMED_IMAGE,),
    "run:RUN": (IMAGE,),
    "save:SAVE": (IMAGE, "…"),
    "start:START": (STOPPED, "…"),
    "stats:STATS": (ALIVE, "…"),
    "top:TOP": (ALIVE,),
    "update:UPDATE": (ANY, "…"),
    "watch:WATCH": (FILE,),
    "volumes:REMOVE": (VOLUME, "…"),
    "networks:CONNECT": (NETWORK, ANY),
    "networks:DISCONNECT": (NETWORK, ANY),
    "networks:REMOVE": (NETWORK, "…"),
    "inspect:NETWORK": (NETWORK, "…"),
    "completion:COMPLETION": ("bash|zsh|fish",),
}
"""By the verb's place in the catalogue: what each positional word names; … repeats the one before."""

SIGNALS = "HUP|INT|QUIT|KILL|USR1|USR2|TERM|STOP|CONT|WINCH"

FLAGS: Mapping[str, str] = {
    "attach": "stdin|stdout|stderr",
    "cgroupns": "private|host",
    "cidfile": FILE,
    "driver": "local",
    "env-file": FILE,
    "file": FILE,
    "iidfile": FILE,
    "input": FILE,
    "ipc": "private|host|none|shareable|container:",
    "label-file": FILE,
    "log-driver": "json-file|local|none",
    "network": f"{NETWORK}|container:",
    "output": FILE,
    "pid": "host|container:",
    "progress": "auto|plain|rich|json",
    "pull": "missing|never",
    "restart": "no|always|unless-stopped|on-failure|on-failure:",
    "signal": SIGNALS,
    "stop-signal": SIGNALS,
    "tag": NAMED_IMAGE,
    "type": "container|image|network|volume",
    "userns": "host",
    "uts": "host",
    "volume": f"{VOLUME}|{FILE}",
    "volumes-from": ANY,
    "workdir": "/",
}
"""By the flag's name, whatever verb has it."""

MEANINGS: Mapping[str, str] = {
    "no": "never start it again",
    "always": "start it again whenever it ends",
    "unless-stopped": "start it again unless somebody stopped it",
    "on-failure": "start it again if it fails",
    "on-failure:": "… at most so many times",
    "none": "none at all",
    "host": "this machine's own",
    "private": "one of its own",
    "container:": "that of another container",
    "json": "as JSON",
    "table": "as a table of the chosen columns",
}

_BEFORE = "before=|since="
_PRUNED = "until=|label=|label!="
FILTERS: Mapping[str, str] = {
    "ps:LIST": "ancestor=|exited=|expose=|health=starting|health=healthy|health=unhealthy|health=none|id="
    "|is-task=|label=|name=|network=|publish=|status=created|status=exited|status=paused|status=restarting"
    f"|status=running|volume=|{_BEFORE}",
    "images:LIST": f"dangling=true|dangling=false|label=|reference=|until=|{_BEFORE}",
    "networks:LIST": "dangling=true|dangling=false|driver=bridge|id=|label=|name=|type=custom|type=builtin",
    "volumes:LIST": "dangling=true|dangling=false|driver=local|label=|label!=|name=",
    "events:EVENTS": "container=|event=|image=|label=|type=container|type=image|type=volume|volume=",
    "prune:CACHE": "until=",
    "prune:CONTAINERS": _PRUNED,
    "prune:NETWORKS": _PRUNED,
    "prune:IMAGES": f"dangling=true|dangling=false|{_PRUNED}",
    "prune:SYSTEM": _PRUNED,
    "prune:VOLUMES": "all=true|label=|label!=",
}

FIELDS: Mapping[str, str] = {
    "ps:LIST": "app.cli.container_rows",
    "images:LIST": "app.cli.image_rows",
    "volumes:LIST": "app.cli.verbs.volumes",
    "networks:LIST": "app.cli.network_rows",
    "history:HISTORY": "app.cli.verbs.history",
    "stats:STATS": "app.cli.statistics_rows",
    "df:DISK_USAGE": "app.cli.verbs.df",
}
"""Where the HEADINGS of a listing are: what its --format may name."""
