"""Policies from files, in three layers."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from gates.approvers import (
    read_approval_rule,
    read_approver,
    read_effective,
    read_soak,
)
from gates.errors import ConfigurationError
from gates.filesystem import is_file
from gates.identities import (
    read_identity,
    read_trust_file,
    read_trust_root,
)
from gates.model import Level
from gates.records import replace
from gates.settings.policy import IMAGE, MODULE_FILE, POLICY_FILE, Policy
from gates.settings.policy_values import (
    list_of,
    read_approval,
    read_days,
    read_flag,
    read_image,
    read_levels,
    read_maturity,
    read_number,
    read_path,
    read_paths,
    read_percent,
    read_rows,
    read_session_way,
    read_text,
    read_version,
    read_waiver,
    read_wall,
    waits_longer,
)

LARGEST_FILE = 1 << 20
"""Bytes that a policy file may have."""


def load_policy(module_root: Path, organisation: Path | None = None) -> Policy:
    """The policy for a module: the standard, the organisation's file, the module's `gates.toml`.

    Without `organisation`, the nearest `gates-policy.toml` in a folder above the module counts,
    never one inside it: a module does not choose its own policy.
    Raises `ConfigurationError` for an unknown key, a wrong type, or a loosening.
    """
    policy = Policy()
    if organisation is None:
        above = (parent / POLICY_FILE for parent in module_root.absolute().parents)
        organisation = next((path for path in above if path.is_file()), None)
    elif not is_file(organisation):
        raise ConfigurationError(f"there is no policy file {organisation}")
    if organisation is not None:
        policy = _apply(policy, _read(organisation), organisation, tighten_only=False)
    own = module_root / MODULE_FILE
    if own.is_file() and not own.is_symlink():
        policy = _apply(policy, _read(own), own, tighten_only=True)
    return policy


def _read(path: Path) -> dict[str, Any]:
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST_FILE + 1)
        if len(data) > LARGEST_FILE:
            raise ConfigurationError(f"{path} is larger than {LARGEST_FILE >> 20} MiB")
        return tomllib.loads(data.decode("utf-8"))
    except (OSError, ValueError) as error:
        raise ConfigurationError(f"{path}: {error}") from error
    except RecursionError as error:
        raise ConfigurationError(f"{path} is nested too deeply") from error


Reader = Callable[[object, Path], Any]
Tighter = Callable[[Any, Any], bool]
_KEYS: dict[str, tuple[str, Reader, Tighter | None]] = {
    # key in the file: (field, reader, is the new value at least as tight as the old one?)
    "coverage": ("coverage", read_percent, lambda new, old: new >= old),
    "tests.branch_coverage": ("coverage_branches", read_percent, lambda new, old: new >= old),
    "tests.file_coverage": ("coverage_file", read_percent, lambda new, old: new >= old),
    "tests.changed_coverage": (
        "coverage_changed",
        read_percent,
        lambda new, old: old is not None and new >= old,
    ),
    "tests.coverage_drop": ("coverage_drop", read_percent, lambda new, old: new <= old),
    "tests.base_branch": ("base_branch", read_text, None),
    "test_timeout": ("test_timeout", read_number, lambda new, old: new <= old),
    "tool_timeout": ("tool_timeout", read_number, lambda new, old: new <= old),
    "statement_timeout": ("statement_timeout", read_number, lambda new, old: new <= old),
    "migration_timeout": ("migration_timeout", read_number, lambda new, old: new <= old),
    "register_timeout": ("register_timeout", read_number, lambda new, old: new <= old),
    "platform_version": ("platform_version", read_text, None),
    "advisories.snapshot": ("advisories", read_path, None),
    "advisories.max_age_days": ("advisories_max_age_days", read_days, lambda new, old: new <= old),
    "typescript.workspace": ("npm_workspace", read_path, None),
    "python.packages": ("python_packages", read_paths, None),
    "database.baseline": ("baseline", read_paths, None),
    "database.baseline_replaces": ("baseline_replaces", read_flag, None),
    "database.extensions": (
        "extensions",
        list_of(read_text),
        lambda new, old: set(new) <= set(old),
    ),
    "database.session": ("session", read_session_way, None),
    "database.policy_shapes": (
        "policy_shapes",
        list_of(read_text),
        lambda new, old: set(new) <= set(old),
    ),
    "database.rows": ("rows", read_rows, lambda new, old: new >= old),
    "database.max_lock_seconds": ("max_lock_seconds", read_number, lambda new, old: new <= old),
    "build.image": ("image", read_image, lambda new, old: IMAGE.index(new) >= IMAGE.index(old)),
    "build.image_network": ("image_network", read_flag, lambda new, old: new <= old),
    "licenses.allowed": (
        "allowed_licenses",
        list_of(read_text),
        lambda new, old: {each.casefold() for each in new} <= {each.casefold() for each in old},
    ),
    "sandbox.required": ("sandbox", list_of(read_wall), lambda new, old: set(new) >= set(old)),
    "checks.required": (
        "required_checks",
        list_of(read_text),
        lambda new, old: set(new) >= set(old),
    ),
    "trust.keys": ("trusted_keys", list_of(read_text), None),
    "trust.identities": ("trusted_identities", list_of(read_identity), None),
    "trust.file": ("trust_file", read_trust_file, None),
    "trust.root": ("trust_root", read_trust_root, None),
    "trust.root_max_age_days": ("trust_root_max_age_days", read_days, lambda new, old: new <= old),
    "trust.services": ("trust_services", read_path, None),
    "reuse.max_age_hours": ("reuse_max_age_hours", read_number, lambda new, old: new <= old),
    "reuse.in_release": ("reuse_in_release", read_flag, lambda new, old: new <= old),
    "release.clean_tree": ("clean_tree", read_flag, lambda new, old: new >= old),
    "baseline.maturities": (
        "baseline_maturities",
        list_of(read_maturity),
        lambda new, old: set(new) <= set(old),
    ),
    "evidence.max_age_hours": ("evidence_max_age_hours", read_number, lambda new, old: new <= old),
    "evidence.separate_keys": ("separate_keys", read_flag, lambda new, old: new >= old),
    "evidence.least_gates": ("least_gates", read_version, None),
    "levels": ("levels", read_levels, None),
    "waivers": ("waivers", list_of(read_waiver), None),
    "approvals": ("approvals", list_of(read_approval), None),
    "approvers": ("approvers", list_of(read_approver), None),
    "approval_rules": ("approval_rules", list_of(read_approval_rule), None),
    "soak_hours": ("soak_hours", read_soak, waits_longer),
    "effective_on": ("effective_on", read_effective, None),
}
_ORDER = tuple(Level)


def _apply(policy: Policy, document: dict[str, Any], path: Path, *, tighten_only: bool) -> Policy:
    flat: dict[str, object] = {}
    for key, value in document.items():
        if isinstance(value, dict) and key not in _KEYS:
            flat |= {f"{key}.{inner}": each for inner, each in value.items()}
        else:
            flat[key] = value
    changed: dict[str, Any] = {}
    sources = dict(policy.sources)
    for key, value in flat.items():
        if key not in _KEYS:
            raise ConfigurationError(
                f"{path}: unknown key {key!r}", hint=f"known keys are {', '.join(sorted(_KEYS))}"
            )
        name, reader, tighter = _KEYS[key]
        try:
            new = reader(value, path.parent)
        except ValueError as error:
            raise ConfigurationError(f"{path}: {key}: {error}") from error
        old = getattr(policy, name)
        if key == "levels":
            if tighten_only and any(
                _ORDER.index(each) > _ORDER.index(old.get(check, Level.ERROR))
                for check, each in new.items()
            ):
                raise ConfigurationError(f"{path}: levels: a module may not lower a level")
            new = {**old, **new}
        elif tighten_only and (tighter is None or not tighter(new, old)):
            raise ConfigurationError(
                f"{path}: {key}: a module may tighten the policy, not loosen or redirect it",
                hint=f"ask for a waiver in {POLICY_FILE}, or remove the key",
            )
        changed[name] = new
        sources[name] = str(path)
    return replace(policy, **changed, sources=sources)
