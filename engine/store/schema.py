"""The tables, and how an older store becomes a newer one.

`PRAGMA user_version` is the version. Version 1 is `_FIRST`; the n-th entry of `MIGRATIONS`
turns version n into n + 1.
"""

from __future__ import annotations

from engine.errors import NewerStore

TYPE_CHECKING = False
if TYPE_CHECKING:
    import sqlite3

_FIRST = (
    """CREATE TABLE layers (
        chain_id TEXT PRIMARY KEY,
        diff_id TEXT NOT NULL,
        parent TEXT REFERENCES layers (chain_id),
        snapshot INTEGER NOT NULL UNIQUE,
        size INTEGER NOT NULL,
        created REAL NOT NULL)""",
    "CREATE TABLE blobs (digest TEXT PRIMARY KEY, size INTEGER NOT NULL)",
    """CREATE TABLE images (
        id TEXT PRIMARY KEY,
        manifest TEXT,
        created REAL NOT NULL,
        size INTEGER NOT NULL,
        top TEXT REFERENCES layers (chain_id),
        config TEXT NOT NULL)""",
    """CREATE TABLE image_blobs (
        image TEXT NOT NULL REFERENCES images (id) ON DELETE CASCADE,
        position INTEGER NOT NULL,
        digest TEXT NOT NULL,
        media_type TEXT NOT NULL,
        size INTEGER NOT NULL,
        kind TEXT NOT NULL CHECK (kind IN ('config', 'layer', 'manifest')))""",
    """CREATE TABLE tags (
        reference TEXT PRIMARY KEY,
        image TEXT NOT NULL REFERENCES images (id),
        updated REAL NOT NULL)""",
    """CREATE TABLE digests (
        reference TEXT PRIMARY KEY,
        image TEXT NOT NULL REFERENCES images (id))""",
    """CREATE TABLE containers (
        id TEXT PRIMARY KEY,
        name TEXT NOT NULL UNIQUE,
        image TEXT,
        image_name TEXT,
        created REAL NOT NULL,
        config TEXT NOT NULL)""",
    """CREATE TABLE volumes (
        name TEXT PRIMARY KEY,
        driver TEXT NOT NULL,
        created REAL NOT NULL,
        labels TEXT NOT NULL,
        options TEXT NOT NULL,
        anonymous INTEGER NOT NULL)""",
    """CREATE TABLE container_volumes (
        container TEXT NOT NULL REFERENCES containers (id) ON DELETE CASCADE,
        volume TEXT NOT NULL REFERENCES volumes (name),
        destination TEXT NOT NULL)""",
    # A foreign key without an index makes every delete of a parent read the whole child table.
    "CREATE INDEX layers_parent ON layers (parent)",
    "CREATE INDEX images_top ON images (top)",
    "CREATE INDEX image_blobs_image ON image_blobs (image)",
    "CREATE INDEX image_blobs_digest ON image_blobs (digest)",
    "CREATE INDEX tags_image ON tags (image)",
    "CREATE INDEX digests_image ON digests (image)",
    "CREATE INDEX containers_image ON containers (image)",
    "CREATE INDEX container_volumes_container ON container_volumes (container)",
    "CREATE INDEX container_volumes_volume ON container_volumes (volume)",
)

_BUILDS = (
    "ALTER TABLE images ADD COLUMN parent TEXT",
    # 1: a step of a build, which nobody ever named; docker calls it intermediate.
    "ALTER TABLE images ADD COLUMN step INTEGER NOT NULL DEFAULT 0",
    """CREATE TABLE steps (
        key TEXT PRIMARY KEY,
        image TEXT NOT NULL REFERENCES images (id) ON DELETE CASCADE,
        kin TEXT NOT NULL,
        facts TEXT NOT NULL,
        created REAL NOT NULL,
        used REAL NOT NULL)""",
    "CREATE INDEX steps_image ON steps (image)",
    "CREATE INDEX steps_kin ON steps (kin)",
    "CREATE INDEX images_parent ON images (parent)",
    # Results are few among steps, and are to be found without reading the configs of all.
    "CREATE INDEX images_results ON images (id) WHERE step = 0",
)
"""What a build leaves: an image for each step, and the key by which a later build finds it again.

Steps of one kin stand at the same place of the same Dockerfile; their facts tell what changed between them.
"""

_ORIGINS = (
    """CREATE TABLE origins (
        diff_id TEXT NOT NULL,
        digest TEXT NOT NULL,
        size INTEGER NOT NULL,
        media_type TEXT NOT NULL,
        repository TEXT NOT NULL,
        UNIQUE (diff_id, digest, repository))""",
)
"""Which repositories have a layer, and under which digest."""

_NETWORKS = (
    """CREATE TABLE networks (
        id TEXT PRIMARY KEY,
        name TEXT NOT NULL UNIQUE,
        driver TEXT NOT NULL,
        created REAL NOT NULL,
        pools TEXT NOT NULL,
        labels TEXT NOT NULL,
        options TEXT NOT NULL,
        facts TEXT NOT NULL)""",
    # A network may go while a container that does not run is to be plugged into it: no foreign key.
    """CREATE TABLE endpoints (
        id TEXT PRIMARY KEY,
        container TEXT NOT NULL REFERENCES containers (id) ON DELETE CASCADE,
        network TEXT NOT NULL,
        name TEXT NOT NULL,
        place INTEGER NOT NULL,
        address TEXT NOT NULL,
        address6 TEXT NOT NULL,
        mac TEXT NOT NULL,
        asked TEXT NOT NULL)""",
    # The address of each pool that was given last, so that one given back is not given again at once.
    "CREATE TABLE given (pool TEXT PRIMARY KEY, address TEXT NOT NULL)",
    "CREATE INDEX endpoints_container ON endpoints (container)",
    "CREATE UNIQUE INDEX endpoints_address ON endpoints (network, address) WHERE address <> ''",
    "CREATE UNIQUE INDEX endpoints_address6 ON endpoints (network, address6) WHERE address6 <> ''",
)
"""Networks, and which container has which address on them."""

MIGRATIONS: tuple[tuple[str, ...], ...] = (_BUILDS, _ORIGINS, _NETWORKS)
"""Statements from version 1 on, one tuple a version."""

VERSION = 1 + len(MIGRATIONS)


def version_of(connection: sqlite3.Connection) -> int:
    """Read the version of an open store; 0 means that it has no tables yet.

    Raises NewerStore if this program is older than the store.
    """
    version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    if version > VERSION:
        raise NewerStore(
            f"the store was written by a newer Stackyard (version {version}, this program knows {VERSION})",
            resolution="update Stackyard, or choose another store with --root",
        )
    return version


def upgrade(connection: sqlite3.Connection) -> None:
    """Bring the tables to `VERSION` in one transaction; harmless if they are there."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        version = version_of(connection)
        statements = [] if version else list(_FIRST)
        for migration in MIGRATIONS[max(version, 1) - 1 :]:
            statements += migration
        for statement in statements:
            connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {VERSION}")
        connection.execute("COMMIT")
    except BaseException:
        connection.execute("ROLLBACK")
        raise
