"""The move of a whole platform to the catalog, in one window: planned, rehearsed, run, undone.

Not a module's migrations: those are SQL files of one module (`gates.module.migrations`).
"""
