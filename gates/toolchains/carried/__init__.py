"""Packages whose code lies inside of another package: vendored, bundled, or in an archive.

No lock lists them. `identify` reads what says which package some code is (a manifest, metadata, a
list of vendored packages, a bill of materials), `archives` looks into archives within limits,
`vendored` finds folders of vendored code that nothing describes, and `scan` goes through a tree.
"""
