"""What a module version promises, and the difference between two versions."""

from gates.contract.model import Bump, Change

__all__ = ["Bump", "Change"]
