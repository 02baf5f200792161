"""Runs this package's own checks of lint-manifest on a base with one file changed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from gates.check import find
from gates.errors import CouldNotCheckError
from gates.model import Finding
from gates.module import load

CHECKS = (
    "changelog-has-version", "entrypoint-defines-register", "license-known", "manifest-schema",
    "migrations-match-manifest", "migrations-numbered", "names-distinct", "names-prefixed",
    "paths-inside",
    "readable", "rollback-present", "settings-choices", "settings-documented",
    "settings-references", "settings-schema", "settings-secrets", "settings-values",
    "settings-version", "slug-matches-folder", "standard-files", "version-strict",
    "versions-agree",
)  # fmt: skip
"""The checks that need nothing but the module."""


def run(root: Path, *checks: str) -> tuple[list[Finding], list[str]]:
    """All findings in order, and the checks that could not look."""
    module = load(root)
    findings: list[Finding] = []
    blind: list[str] = []
    for name in checks or CHECKS:
        check = find(name)
        assert check is not None
        try:
            findings += check.run(module=module)
        except CouldNotCheckError:
            blind.append(name)
    return sorted(findings, key=lambda each: each.sort_key), blind


def replaced(text: str, old: str | None, new: str) -> str:
    """The text with one passage replaced, which must be there; all of it without `old`."""
    if old is None:
        return new
    assert text.count(old) >= 1, f"the base has no {old!r}"
    return text.replace(old, new, 1)


@pytest.fixture
def broken(make_module) -> Callable[..., tuple[list[Finding], list[str]]]:
    """Change one file of a base, and run the checks."""

    def change(
        old: str | None, new: str, *checks: str, file: str = "module.json", base: str = "python"
    ) -> tuple[list[Finding], list[str]]:
        root = make_module(base)
        path = root / file
        path.parent.mkdir(parents=True, exist_ok=True)
        before = path.read_text("utf-8") if path.exists() else ""
        path.write_text(replaced(before, old, new), "utf-8")
        return run(root, *checks)

    return change
