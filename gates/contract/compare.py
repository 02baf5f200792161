"""The parts of a contract, one after the other."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from gates.contract.declared.compare import compare_manifests
from gates.contract.model import Change
from gates.contract.settings import compare_settings
from gates.module import Module

if TYPE_CHECKING:
    from gates.contract.difference import Part


def compare_declared(old: Module, new: Module) -> Iterator[list[Change]]:
    """What module.json promises, then what the settings schema does: no program runs for it.

    Raises `CouldNotCheckError` where one of the four files cannot be read, or the settings cannot
    be compared; what comes before is there by then.
    """
    yield compare_manifests(old.require_manifest(), new.require_manifest())
    yield compare_settings(old.require_settings(), new.require_settings())


def declared_parts(old: Module, new: Module) -> list[tuple[str, Part]]:
    """The same two, each for itself and not before it is asked for: see `differ`."""
    return [
        ("manifest", lambda: compare_manifests(old.require_manifest(), new.require_manifest())),
        ("settings", lambda: compare_settings(old.require_settings(), new.require_settings())),
    ]
