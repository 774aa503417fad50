"""Files in and out of a container, as `docker cp` takes them.

Both ways are one: what is to be copied becomes an archive, piece by piece, and the archive is unpacked where
it is to go. Whatever lies in the container is reached by descriptor, inside of its root; nothing of it runs.
"""
