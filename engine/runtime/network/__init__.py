"""A container's network, made: its namespace, and the veth pairs from there into bridges of the host.

The plan says what is wanted (`plan`). The namespace with its sockets is the `sandbox`; `bridge` makes a
network's bridge when its first member comes and removes it after the last, with its table of rules
(`firewall`); `ports` holds the host's side of published ports. Nothing here is mounted or pinned: a namespace
lives as long as somebody holds its descriptor, and its end takes the veth pairs with it.
"""
