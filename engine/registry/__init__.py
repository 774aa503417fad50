"""The outside world of images: registries, as the distribution specification describes them.

A `Session` speaks with one registry about one repository. It finds out by which door the registry is
reached (`endpoints`), shows it credentials when it asks for them (`challenge`, `tokens`, `credentials`), and
tries again what may be tried again. On it stand the deeds: `manifests` are read whole, bounded and verified;
`blobs` are received into a `partial` file that others read while it grows and that outlives the process, so
that a cut costs nothing but the time; `uploads` send.

Nothing that a registry says is believed. Every byte is counted and hashed against the descriptor that led to
it, what is read into memory has a bound, and credentials go to the registry's own address and to the realm
that it names over a safe way, never to where it redirects. Only this package loads httpx, and only when
something is to be fetched.
"""
