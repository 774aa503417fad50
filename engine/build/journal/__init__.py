"""What a build tells and others read: a folder for each build, which outlives its builder."""
