"""Migrations as text: what their statements say, without running any. Pure."""
