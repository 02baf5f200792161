"""Lets a migration begin with SET search_path TO public."""

from __future__ import annotations

from gates.check import REPAIRED
from gates.checks.lint.migration_search_path import LINE
from gates.checks.lint.migration_search_path import migration_search_path as check
from gates.fixer import Changes, fixer
from gates.module import Module


@fixer(proved_by=("migration-parses", "migration-forbidden", "migration-independent", "squawk"))
def migration_search_path(module: Module) -> Changes:
    """The scripts with that line above their first statement."""
    changes = {}
    for finding in check.run(module):
        if (finding.fix or "").endswith(REPAIRED):
            path = finding.location.path
            lines = module.text(path).split("\n")
            lines.insert((finding.location.line or 1) - 1, LINE)
            changes[path] = "\n".join(lines).encode()
    return changes
