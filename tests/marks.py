"""What the fast run leaves out, and what tests need: marks by place, chosen by measured seconds.

A place is a path below tests/, alone or with `::` and a function. A new test is fast until it is
named here. The whole run (`python3 ci/start.py test`) has no filter and runs everything.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parent

DATABASE = (
    "adoption/test_bring.py", "adoption/test_database.py", "adoption/test_following.py",
    "benchmarks", "catalog", "contract/test_commands.py", "contract/test_database.py", "database",
    "e2e", "faults", "move/test_actions.py", "move/test_killed.py",
    "move/test_runs.py", "mutation", "truth",
)  # fmt: skip
"""Starts a PostgreSQL server."""

NODE = (
    "contract/test_code_typescript.py", "e2e",
    "toolchains/test_broken_tools.py::test_typescript_tools",
    "toolchains/test_code_rules.py::test_typescript", "toolchains/test_lock_attacks.py",
    "toolchains/test_registration.py::test_typescript", "toolchains/test_runners.py::test_a_run",
)  # fmt: skip
"""Runs Node.js or installs npm packages."""

SLOW = (
    "adoption/test_bring.py",
    "adoption/test_database.py",
    "adoption/test_following.py",
    "toolchains/test_runners.py::test_a_run",
    "catalog/test_release.py",
    "contract/test_code_typescript.py",
    "contract/test_commands.py",
    "contract/test_settings_limits.py",
    "contract/test_settings_properties.py",
    "database/test_cost.py",
    "database/test_crash.py",
    "database/test_filling.py",
    "database/test_growth.py",
    "database/test_row_history.py",
    "database/test_many_rows.py",
    "database/test_observe.py",
    "database/test_baseline.py",
    "database/test_rollback.py",
    "database/test_rows.py",
    "database/test_sample_values.py",
    "database/test_server.py",
    "database/test_server_faults.py::test_a_template_that_was_damaged_is_made_anew_and_nothing_stays_in_memory",
    "database/test_skipped.py",
    "database/test_run_time.py",
    "database/test_upgrade.py",
    "database/test_upgrade_from.py",
    "database/test_window.py",
    "database/test_workspace.py",
    "e2e",
    "evidence/test_evidence_refused.py::test_a_trusted_key_may_sign_nonsense",
    "evidence/test_evidence_refused.py::test_no_byte_can_become_any_other",
    "lint_manifest/test_fuzz.py",
    "move/test_killed.py",
    "move/test_runs.py::test_rehearsed_forwards_and_back_with_faults",
    "toolchains/test_bundle.py",
    "toolchains/test_cache.py::test_a_test_that_fails_fails_also_with_a_runner_that_was_edited",
    "toolchains/test_cache.py::test_a_cache_of_mypy_that_was_cut_short_is_thrown_away",
    "toolchains/test_code_rules.py",
    "toolchains/test_licenses.py::test_no_text_is_allowed_by_accident",
    "toolchains/test_lock_attacks.py",
    "toolchains/test_measured.py",
    "toolchains/test_module_tests.py",
    "toolchains/test_processes.py",
    "truth",
    "toolchains/test_registration.py",
    "toolchains/test_sbom.py",
    "toolchains/test_work_folder.py",
    "workflows/test_runs.py",
    "baseline/test_releases.py",
    "catalog/test_busy_catalog.py::test_several_processes_register_at_once",
    "catalog/test_identity_release.py",
    "catalog/test_memory.py",
    "catalog/test_transcript.py",
    "core/test_fix.py::test_all_faults_of_a_python_module_are_repaired_in_one_run",
    "core/test_fix.py::test_typescript_is_laid_out",
    "fleet/test_fleet.py::test_dask_and_a_worker_that_is_killed",
    "registry/test_debian.py",
    "reuse/test_typescript.py::test_types_of_a_file_elsewhere_are_a_finding_and_never_kept",
    "attacks/test_attacks.py::test_bounds",
    "catalog/test_acts_of_keys.py",
    "catalog/test_edited.py",
    "contract/test_database.py::test_what_a_module_wrote_never_outlives_its_limit",
    "core/test_new_module.py",
    "core/test_update_module.py",
    "database/test_file_acts.py::test_ordinary_files_are_clean",
    "database/test_limits.py",
    "database/test_policy_shapes.py",
    "faults",
    "registry/test_remote.py::test_a_fault_at_each_request",
    "reuse/test_traces.py::test_a_result_that_holds_is_the_one_that_a_run_gives",
    "toolchains/test_archives_hostile.py",
    "toolchains/test_installed_otherwise.py",
    "toolchains/test_line_ends.py",
    "toolchains/test_planted.py",
    "toolchains/test_planted_python.py",
    "toolchains/test_undecided.py::test_a_run",
)
"""The files, and in some files the functions, that take the most seconds (`--durations`)."""

SAMPLED = (
    "contract/test_database.py",
    "database/test_audit.py",
    "database/test_conditional.py",
    "database/test_defects.py",
    "database/test_dynamic.py",
    "database/test_approvals.py",
    "database/test_isolation_reach.py",
    "database/test_isolation_session.py",
    "database/test_proofs.py",
    "database/test_repeat.py",
    "database/test_runner.py",
    "database/test_snapshot.py",
    "move/test_actions.py",
    "mutation/test_mutation.py",
    "toolchains/test_broken_tools.py",
    "catalog/test_tenants_killed.py",
    "database/hostile/test_approvals.py",
    "database/hostile/test_hostile.py",
    "database/test_platform_rights.py",
    "database/test_scripts.py",
    "adoption/test_repairs.py",
    "database/test_places.py",
    "lint_manifest/test_broken_manifests.py",
    "lint_manifest/test_broken_settings.py",
)
"""Of a function with many cases, only the first is fast."""


def mark(items: Iterable[pytest.Item]) -> None:
    """Mark collected tests `database`, `node` and `slow`."""
    seen: set[str] = set()
    for item in items:
        file, _, name = item.nodeid.removeprefix("tests/").partition("::")
        place = f"{file}::{name.partition('[')[0]}"
        if named(place, DATABASE):
            item.add_marker("database")
        if named(place, NODE):
            item.add_marker("node")
        if named(place, SLOW) or (place in seen and named(place, SAMPLED)):
            item.add_marker("slow")
        seen.add(place)


def named(place: str, places: Iterable[str]) -> bool:
    """Whether a test function, its file or a folder around it is among the places."""
    return any(place == each or place.startswith((f"{each}/", f"{each}::")) for each in places)


def missing() -> list[str]:
    """Places that no longer exist: renaming a slow file must not make it a fast one."""
    return [
        each
        for each in {*DATABASE, *NODE, *SLOW, *SAMPLED}
        if not _exists(*each.partition("::")[::2])
    ]


def _exists(path: str, function: str) -> bool:
    file = TESTS / path
    return file.exists() and (not function or f"def {function}(" in file.read_text("utf-8"))
