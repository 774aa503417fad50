"""Images: tags, history, import, load and save."""
