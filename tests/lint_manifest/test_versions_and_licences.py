"""Versions by SemVer 2.0.0, licences by SPDX, changelogs as people write them."""

from __future__ import annotations

import re

import pytest
import semver
from hypothesis import example, given
from hypothesis import strategies as st

from gates.checks.lint_manifest.license_known import _why as why_no_licence
from gates.checks.lint_manifest.version_strict import _why as why_no_version
from gates.module.model import SEMVER
from gates.module.schemas import MANIFEST, SETTINGS, load_schema

# The two lists that semver.org links to beside its regular expression.
VALID = """0.0.4 1.2.3 10.20.30 1.1.2-prerelease+meta 1.1.2+meta 1.1.2+meta-valid 1.0.0-alpha
1.0.0-beta 1.0.0-alpha.beta 1.0.0-alpha.beta.1 1.0.0-alpha.1 1.0.0-alpha0.valid 1.0.0-alpha.0valid
1.0.0-alpha-a.b-c-somethinglong+build.1-aef.1-its-okay 1.0.0-rc.1+build.1 2.0.0-rc.1+build.123
1.2.3-beta 10.2.3-DEV-SNAPSHOT 1.2.3-SNAPSHOT-123 1.0.0 2.0.0 1.1.7 2.0.0+build.1848
2.0.1-alpha.1227 1.0.0-alpha+beta 1.2.3----RC-SNAPSHOT.12.9.1--.12+788
1.2.3----R-S.12.9.1--.12+meta 1.2.3----RC-SNAPSHOT.12.9.1--.12 1.0.0+0.build.1-rc.10000aaa-kk-0.1
99999999999999999999999.999999999999999999.99999999999999999 1.0.0-0A.is.legal"""
INVALID = """1 1.2 1.2.3-0123 1.2.3-0123.0123 1.1.2+.123 +invalid -invalid -invalid+invalid
-invalid.01 alpha alpha.beta alpha.beta.1 alpha.1 alpha+beta alpha_beta alpha. alpha.. beta
1.0.0-alpha_beta -alpha. 1.0.0-alpha.. 1.0.0-alpha..1 1.0.0-alpha...1 1.0.0-alpha....1 01.1.1
1.01.1 1.1.01 1.2.3.DEV 1.2-SNAPSHOT 1.2.31.2.3----RC-SNAPSHOT.12.09.1--..12+788 1.2-RC-SNAPSHOT
-1.0.3-gamma+b7718 +justmeta 9.8.7+meta+meta 9.8.7-whatever+meta+meta v1.2.3 V1.2.3 =1.2.3 1.x
1.2.3.4 ^1.2.3 ~1.2 >=1.0.0 * latest ١.٢.٣"""


@pytest.mark.parametrize("version", VALID.split())
def test_valid(version):
    assert SEMVER.fullmatch(version)


@pytest.mark.parametrize("version", [*INVALID.split(), "1.2.3\n", " ", ""])
def test_invalid_with_a_reason(version):
    assert not SEMVER.fullmatch(version)
    reason, proposal = why_no_version(version)
    assert reason
    assert proposal is None or SEMVER.fullmatch(proposal)


@given(st.from_regex(r"[0-9]{1,3}(\.[0-9]{1,2}){1,3}([-+.][0-9a-zA-Z-]{0,4}){0,4}", fullmatch=True))
@example("1.2.3-01")
def test_the_same_versions_as_the_semver_package(version):
    assert bool(SEMVER.fullmatch(version)) == semver.Version.is_valid(version)


@given(st.from_regex(r"[0-9.]{0,8}[-+.0-9a-zA-Z]{0,12}", fullmatch=True))
def test_the_schemas_agree_with_the_check(version):
    for name, pointer in (
        (MANIFEST, ("version",)),
        (SETTINGS, ("root", "properties", "schema_version")),
    ):
        schema = load_schema(name)["$defs"]
        for part in pointer:
            schema = schema[part]
        assert bool(re.search(schema["pattern"], version)) == bool(SEMVER.fullmatch(version))


@pytest.mark.parametrize(
    ("version", "proposal"),
    [("v1.2.3", "1.2.3"), ("1.2", "1.2.0"), ("1", "1.0.0"), ("01.002.3", "1.2.3"),
     (" 1.2.3", "1.2.3"), ("1.2.3-01", "1.2.3-1"), ("1.x", "1.0.0"), ("latest", None),
     ("1.2.3.4", None)],
)  # fmt: skip
def test_proposals(version, proposal):
    assert why_no_version(version)[1] == proposal


@pytest.mark.parametrize(
    "licence",
    ["0BSD", "GPL-2.0", "GPL-2.0+", "GPL-3.0-or-later", "LicenseRef-acme", "(MIT)", "MIT AND ISC",
     "MIT OR (Apache-2.0 AND BSD-3-Clause)", "GPL-2.0-only WITH Classpath-exception-2.0"],
)  # fmt: skip
def test_licences(licence):
    assert why_no_licence(licence) is None


@pytest.mark.parametrize(
    ("licence", "message", "fix"),
    [
        ("Apache 2.0", "is no licence", "Apache-2.0"),
        ("GPLv3", "is no licence", "GPL-3.0-only"),
        ("proprietary", "is written Proprietary", "Proprietary"),
        ("mit", "is written MIT", "MIT"),
        ("UNLICENSED", "is no licence", "Proprietary"),
        ("MIT OR", "is no SPDX expression", "SPDX identifier"),
        ("MIT/Apache-2.0", "is no SPDX expression", "OR or AND"),
        ("(" * 50, "too long", "SPDX identifier"),
        ("MIT OR " * 200 + "ISC", "too long", "SPDX identifier"),
        ("NONE", "is no licence", "SPDX identifier"),
    ],
)
def test_no_licences(licence, message, fix):
    wrong = why_no_licence(licence)
    assert wrong is not None
    assert message in wrong[0]
    assert fix in wrong[1]


ENTRY = "\n\n- New.\n"


@pytest.mark.parametrize(
    "text",
    ["## [1.0.0] - 2026-01-15", "## 1.0.0 - 2026-01-15", "## v1.0.0 (2026-01-15)",
     "# [1.0.0] 2026-01-15", "### [1.0.0](https://example.com/compare) (2026-01-15)",
     "## [1.0.0] – 2026-01-15", "## [1.0.0]: 2026-01-15", "## [1.0.0] - 2026-01-15 [YANKED]",
     "## [Unreleased]\n\n## 1.0.0 2026-01-15"],
)  # fmt: skip
def test_changelogs(broken, text):
    assert broken(None, text + ENTRY, "changelog-has-version", file="CHANGELOG.md") == ([], [])


@pytest.mark.parametrize(
    ("text", "place", "message"),
    [
        ("", "1:1", "there is no entry for version 1.0.0"),
        ("# Changelog\n\n## [1.0.1] - 2026-01-15" + ENTRY, "3:1", "there is no entry"),
        ("```\n## [1.0.0] - 2026-01-15\n```" + ENTRY, "1:1", "there is no entry"),
        ("## [1.0.0-rc.1] - 2026-01-15" + ENTRY, "1:1", "there is no entry"),
        ("## [11.0.0] - 2026-01-15" + ENTRY, "1:1", "there is no entry"),
        ("## [1.0.0]" + ENTRY, "1:1", "has no date"),
        ("## [1.0.0] - 15.01.2026" + ENTRY, "1:1", "which is no date"),
        ("## [1.0.0] - 2026-02-30" + ENTRY, "1:1", "which is no date"),
        ("## [1.0.0] - 2026-01-15\n\nSoon.\n", "1:1", "is empty"),
        ("## [1.0.0] - 2026-01-15\n\n## [0.9.0] - 2025-01-01" + ENTRY, "1:1", "is empty"),
        ("## 1.0.0 2026-01-15\n- a\n## [1.0.0] - 2026-01-15" + ENTRY, "3:1", "has a second entry"),
    ],
)
def test_changelogs_that_lack_something(broken, text, place, message):
    findings, _ = broken(None, text, "changelog-has-version", file="CHANGELOG.md")
    assert [str(each.location) for each in findings] == [f"CHANGELOG.md:{place}"]
    assert message in findings[0].message
