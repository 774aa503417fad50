"""What a build comes to besides an image in the store: exports, squashed layers; and the commit of a
container."""
