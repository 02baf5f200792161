"""The module runs on the platform that the policy names."""

from __future__ import annotations

from collections.abc import Iterator

from gates.catalog.matrix import platform_range as range_of
from gates.catalog.versions import compare, parse
from gates.check import check
from gates.errors import CouldNotCheckError
from gates.model import Finding, Level, Stage
from gates.module import Module
from gates.settings import Policy

_MATRIX = "compatibility_matrix"


@check(Stage.LINT_MANIFEST)
def platform_range(module: Module, policy: Policy) -> Iterator[Finding]:
    """The module's range of platform versions holds the version that the policy names.

    Both ends are included. Pre-releases count by the precedence of SemVer 2.0.0: 2.0.0-rc.1 is
    below 2.0.0. Where no policy file names a `platform_version`, the standard's own is only a
    guess, and the finding a warning. `gates catalog matrix` shows which released version runs on
    which platform.

    Why: a module that does not run on today's platform cannot be switched on by anybody.
    Bad: "min_axon_version": "2.0.0", "max_axon_version": "1.0.0"
    Good: "min_axon_version": "1.0.0", "max_axon_version": "1.9.0", and the platform is 1.4.0
    Fix: write the versions that the module was tried with, today's among them.
    """
    manifest = module.require_manifest()
    found = range_of(manifest.value)
    if found is None:
        raise CouldNotCheckError(
            "the compatibility_matrix in module.json is not usable",
            hint="fix what `manifest-schema` reports about it first",
        )
    if parse(policy.platform_version) is None:
        raise CouldNotCheckError(
            f"platform_version of the policy is {policy.platform_version!r}, which is no version",
            hint="correct platform_version in gates-policy.toml",
        )
    oldest, newest = found
    platform = policy.platform_version
    named = "platform_version" in policy.sources
    level = Level.ERROR if named else Level.WARNING
    guess = "" if named else " (no policy names platform_version)"
    if compare(oldest, newest) > 0:
        yield platform_range.finding(
            f"no platform version is {oldest} or newer and {newest} or older",
            manifest.at(_MATRIX, "max_axon_version"),
            fix="exchange the two",
        )
    elif compare(platform, oldest) < 0:
        yield platform_range.finding(
            f"the platform is {platform}, which is older than {oldest}{guess}",
            manifest.at(_MATRIX, "min_axon_version"),
            level=level,
            fix=f'"min_axon_version": "{platform}", if the module runs on it',
        )
    elif compare(platform, newest) > 0:
        yield platform_range.finding(
            f"the platform is {platform}, which is newer than {newest}{guess}",
            manifest.at(_MATRIX, "max_axon_version"),
            level=level,
            fix=f'"max_axon_version": "{platform}", if the module runs on it',
        )
