"""Save is deploy: a saved file becomes an image, and the image the container that runs it.

A watch goes in *rounds*. Somebody saves; the *sight* hears of it, leaves out what no build reads (ignored
files, what editors leave for a moment) and waits until it is quiet. Then the round builds, and replaces what
runs. It looks before it builds, so that what changes while it starts is a change like any other.

A save in the middle of a build ends the build: the latest wins. Nothing is replaced by an image that is known
to be older than the files, but where there is never quiet: there every few tries one goes to its end, and
says that it is behind. A build that fails, or whose image cannot be started, leaves what ran running.

The next container is made before the old one is asked to end, so that nothing runs for no longer than the
one takes to end and the other to start. Paths may have a gentler *rule*: to be copied into the container.

Whatever happens is an event, told to whoever watches and kept in a journal for everybody else.
"""
