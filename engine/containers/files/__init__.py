"""What is in containers: what they changed, and files copied in and out."""
