"""The fixtures of tests/workflows."""

from tests.workflows.conftest import cheap

__all__ = ["cheap"]
