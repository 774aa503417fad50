"""The launcher: an OCI runtime spec becomes a process in its own namespaces."""
