"""Networks: which there are, who is on them, and with which address.

`networks` is what the engine offers, `network` and `endpoint` are its values and their rows, `pools` finds
subnets and addresses that nobody has. What a container is to be plugged into is worked out at each start
(`planning`) and made by its shim; nothing here touches a link. Addresses belong to a container from its
making to its removal, so a restart keeps them. Follows docker's API, section Network.
"""
