"""The module's errors."""

from __future__ import annotations

from axon_core import AxonError


class NotesError(AxonError):
    """The root of the module's errors."""


class LostError(NotesError):
    """A note is gone."""
