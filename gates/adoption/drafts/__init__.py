"""Files that an older module lacks: a file each, found by its place."""
