"""What a build reads: the context, and whatever else files are taken from, as trees of inputs.

A *tree* answers what stands at a path and what it holds; what is remembered of it from the build before is
not read again. A *selection* is what one COPY takes from a tree, and where it goes.
"""
