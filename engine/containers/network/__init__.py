"""A container's side of networks: what it is plugged into, from its making to what `inspect` tells of it."""
