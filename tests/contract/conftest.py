"""Runs the installed command, as the tests of the whole product do."""

from tests.e2e.conftest import environment, gates

__all__ = ["environment", "gates"]
