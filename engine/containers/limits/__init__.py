"""How much of the machine a container may take, and which of its devices."""
