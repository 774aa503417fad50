"""A running container's network, held by its shim for as long as it runs, restarts included.

`uplink` is the whole of it. Where ports are published or names are to be told, a fork of the shim, the
`companion`, does that beside it (`relay`, `resolver`): the shim itself waits for nobody.
"""
