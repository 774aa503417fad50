"""The values of the OCI image, distribution and runtime specifications: pure, no input or output."""
