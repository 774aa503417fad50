"""Values of the OCI image specification, pure and without files: references, digests, descriptors,
manifests, configs.

Everything that arrives from outside (an archive, a registry) is parsed here exactly once from its stored
bytes: at most `manifest.MAX_BYTES` of it, without duplicate keys, with every digest checked against its
grammar before it becomes a path. An image's identity is the digest of its config's bytes; a layer's is its
`diff_id`, and a stack's the `chain_id` of its top.
"""
