"""Images: what the store lists under names, how they come in and how they go out.

An image is a config blob (its digest is the image's id) over a chain of unpacked layers. Its blobs are kept
exactly as they were received, so that `save` gives back what `load` took. Everything enters through
`intake`: the layers are hashed, stored and unpacked in one pass, and then listed by one commit. `Images` is
the way in; the rest are its rooms, one noun each.
"""
