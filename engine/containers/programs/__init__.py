"""What runs in containers: places at their programs, further programs, processes and their figures."""
