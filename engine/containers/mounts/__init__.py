"""What is mounted into containers: volumes, directories of the host, memory."""
