"""Building images from Dockerfiles: text → plan → steps, each taken from the cache or carried out.

A step's *key* is a digest of the key it stands on, its canonical instruction, and what it reads. What the
cache knows is what earlier builds left: for every step an image of its own, which nobody named.

What a step writes is a layer's directory from the beginning: a RUN's writable layer becomes the layer by
being renamed, a COPY writes straight into one. Nothing is copied twice. Layers are hashed in a thread while
the next step runs; a step's image is known, and told, when its hash is.

Stages that do not need each other run in threads of their own, and stages that the target does not need do
not run. A program inside a RUN is a child of a *runner*, a fresh single-threaded interpreter that dies with
the build, so whatever ends the build ends the program.
"""
