"""Brings a module that is older than the standard under it: repairs that are proved in a copy.

`repairs/` holds what changes a database of the older module, a file each; `drafts/` what the other
files lack, a file each. Both are found by their place. `database` runs the older migrations, the
repairs on them, and writes what comes of it; `proof` holds it against rows of the older schema.
"""
