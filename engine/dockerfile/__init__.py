"""The Dockerfile's language, pure: text becomes nodes, nodes become instructions, instructions become stages.

Nothing here reads a file or knows what a build is. Every value keeps the lines it came from, so that whoever
finds fault with it can show them.
"""
