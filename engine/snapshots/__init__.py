"""Writable directories on top of unpacked layers: the union that a container sees as its root."""
