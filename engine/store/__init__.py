"""What is on disk and stays whole: blobs by digest, the SQLite records, ingests and their reclaim.

The invariant: after any kill or power cut every listed object is whole, nothing unlisted is referenced, and
the next open of the store reclaims the rest. "Listed" means: it has a row. Four kinds of things on disk have
rows: blobs, snapshots (unpacked layers), containers and volumes.

**Adding.** All work happens in a directory below `ingest/` that its owner keeps flocked. To commit: sync the
staged files; open a write transaction; write the names of the things about to move to `moves` and sync it;
rename them into place; sync the directories; COMMIT. Nobody can see the rows before the things are there.

**Removing.** In a write transaction delete the rows; write the victims to `moves` and sync it; COMMIT; then,
in a second transaction, rename each victim that still has no row into the ingest directory, and delete that
at leisure.

**Reclaiming.** Whoever opens the store looks at `ingest/`, which is usually empty. A directory whose lock is
free has lost its owner: what its `moves` names and no row lists is taken away, the rest stays, and the
directory goes. The check and the rename are made inside a write transaction, so that no commit can list a
thing between them. Nothing is ever scanned.

A number or a digest can therefore be used again at once: a thing is judged by whether a row lists it *now*,
and never by who wrote its name down.
"""
