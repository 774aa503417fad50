"""Writable directories on top of unpacked layers: the union that a container, or a step of a build, sees as its root."""
