"""What containers print, as it is kept and read: files that follow each other, lines, places in them."""
