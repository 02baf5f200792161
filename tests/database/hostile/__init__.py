"""Modules that want to reach other tenants' rows, or to change rows without a trace.

Each is one migration on the clean base module, with the check that must refuse it.
"""
