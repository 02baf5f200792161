"""Repairs of a database of an older module: a file each, found by its place."""
