"""Names, ranges, approvals and dependencies against a catalog."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from gates.catalog.matrix import matrix, runs_on
from gates.catalog.names import belongs_to, same_repository
from gates.checks.lint_manifest.dependencies_resolve import dependencies_resolve
from gates.checks.lint_manifest.maturity_approved import maturity_approved
from gates.checks.lint_manifest.names_unclaimed import names_unclaimed
from gates.checks.lint_manifest.platform_range import platform_range
from gates.errors import ConfigurationError, CouldNotCheckError
from gates.module import load
from gates.report import catalog as pages
from gates.settings import Approval, Policy, load_policy
from tests.catalog.test_catalog_checks import FakeCatalog, Row, manifest

TODAY = date(2026, 11, 24)
PLATFORM = Policy(sources={"platform_version": "gates-policy.toml"})


@pytest.fixture
def root(make_module: Any) -> Path:
    return make_module("python")


def messages(found: Iterator[Any]) -> list[str]:
    return [f"{each.level}: {each.message}" for each in found]


def needs(*entries: object, oldest: str = "1.0.0", newest: str = "2.0.0") -> dict[str, Any]:
    """A manifest that needs other modules, and runs on some platforms."""
    platforms = {"min_axon_version": oldest, "max_axon_version": newest}
    return {"dependencies": list(entries), "compatibility_matrix": platforms}


# Dependencies


def test_the_newest_that_fits_is_shown(root: Path) -> None:
    rows = [Row("1.4.2"), Row("1.5.0-beta.1"), Row("1.2.0")]
    catalog = FakeCatalog(contacts=("GA", rows))
    for entry, version in (
        ({"slug": "contacts", "version": "^1.0.0"}, "1.4.2"),
        ({"slug": "contacts", "version": ">=1.5.0-beta"}, "1.5.0-beta.1"),
        ("contacts", "1.4.2"),
    ):
        module = manifest(root, dependencies=[entry])
        found = dependencies_resolve.run(module, catalog, PLATFORM, TODAY)
        assert messages(found) == [f"note: contacts {version} is the newest that fits"]


def test_a_version_for_another_platform_does_not_do(root: Path) -> None:
    rows = [Row("1.4.2", manifest=needs(oldest="1.5.0")), Row("1.2.0", manifest=needs())]
    catalog = FakeCatalog(contacts=("GA", rows))
    module = manifest(root, dependencies=[{"slug": "contacts", "version": "^1.0.0"}])
    found = dependencies_resolve.run(module, catalog, PLATFORM, TODAY)
    assert messages(found) == ["note: contacts 1.2.0 is the newest that fits"]
    module = manifest(root, dependencies=[{"slug": "contacts", "version": "^1.3.0"}])
    found = dependencies_resolve.run(module, catalog, PLATFORM, TODAY)
    assert messages(found) == [
        "error: no version of contacts that fits runs on platform 1.0.0; the newest that fits is"
        " 1.4.2"
    ]


def test_a_cycle_is_named(root: Path) -> None:
    catalog = FakeCatalog(
        contacts=("GA", [Row("1.1.0", manifest=needs("calendars")), Row("1.0.0")]),
        calendars=("GA", [Row("1.0.0", manifest=needs({"slug": "sample-module"}))]),
    )
    module = manifest(root, dependencies=["contacts"])
    assert messages(dependencies_resolve.run(module, catalog, PLATFORM, TODAY))[1:] == [
        "error: modules that need each other cannot be switched on:"
        " sample-module -> contacts -> calendars -> sample-module"
    ]
    # an older version without the need, or an optional one, is a way out
    module = manifest(root, dependencies=[{"slug": "contacts", "version": "1.0.0"}])
    assert len(list(dependencies_resolve.run(module, catalog, PLATFORM, TODAY))) == 1
    module = manifest(root, dependencies=[{"slug": "contacts", "optional": True}])
    assert len(list(dependencies_resolve.run(module, catalog, PLATFORM, TODAY))) == 1


def test_a_cycle_without_the_module_itself_ends(root: Path) -> None:
    catalog = FakeCatalog(
        one=("GA", [Row("1.0.0", manifest=needs("two"))]),
        two=("GA", [Row("1.0.0", manifest=needs("one"))]),
    )
    module = manifest(root, dependencies=["one"])
    assert len(list(dependencies_resolve.run(module, catalog, PLATFORM, TODAY))) == 1


# Names


def test_a_table_belongs_to_the_longest_prefix() -> None:
    slugs = ["alert", "alert-engine"]
    assert belongs_to("tenant_alert_engine_rules", slugs) == "alert-engine"
    assert belongs_to("tenant_alert_engines", slugs) == "alert"
    assert belongs_to("tenant_notes", slugs) is None


def test_tables_of_a_longer_name_are_not_ones_own(root: Path) -> None:
    catalog = FakeCatalog(sample_module_archive=("GA", [Row("1.0.0")]))
    tables = ["tenant_sample_module_notes", "tenant_sample_module_archive_days"]
    module = manifest(root, database_tables=tables)
    assert messages(names_unclaimed.run(module, catalog)) == [
        "error: tenant_sample_module_archive_days begins with tenant_sample_module_archive_, which"
        " is for tables of the module sample-module-archive"
    ]
    assert list(names_unclaimed.run(manifest(root, database_tables=tables[:1]), catalog)) == []
    assert list(names_unclaimed.run(module, FakeCatalog())) == []


def test_a_table_that_only_a_migration_makes(root: Path) -> None:
    catalog = FakeCatalog(sample_module_archive=("GA", [Row("1.0.0")]))
    file = root / "migrations" / "000_init.sql"
    file.write_text(file.read_text() + "CREATE TABLE tenant_sample_module_archive_x (id int);\n")
    (found,) = names_unclaimed.run(load(root), catalog)
    assert found.location.path == "migrations/000_init.sql"
    file.write_text(file.read_text() + "DO $$ BEGIN END $$;\n")
    with pytest.raises(CouldNotCheckError):
        list(names_unclaimed.run(load(root), catalog))


def test_a_name_that_another_module_has_tables_in(root: Path) -> None:
    rows = [Row("1.0.0", tables_created=("tenant_sample_module_notes", "tenant_sample_rest"))]
    catalog = FakeCatalog(sample=("GA", rows))
    assert messages(names_unclaimed.run(load(root), catalog)) == [
        "error: the module sample has the table tenant_sample_module_notes, which begins with"
        " tenant_sample_module_"
    ]


def test_a_slug_from_another_repository_is_a_warning(root: Path) -> None:
    url = "https://github.com/axon-platform/sample-module"
    rows = [Row("1.0.0", manifest={"repository_url": url})]
    catalog = FakeCatalog(sample_module=("GA", rows))
    module = manifest(root, repository_url="https://github.com/somebody/sample-module")
    (found,) = messages(names_unclaimed.run(module, catalog))
    assert found.startswith("warning: sample-module in the catalog comes from https://github.com")
    module = manifest(root, repository_url=f"{url}.git/")
    assert list(names_unclaimed.run(module, catalog)) == []


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("https://github.com/a/b", "https://GitHub.com/a/b.git", True),
        ("http://www.example.com/a/", "https://example.com/a", True),
        ("https://github.com/a/b", "https://github.com/a/c", False),
    ],
)
def test_repositories(one: str, other: str, same: bool) -> None:
    assert same_repository(one, other) is same


# Platform


@pytest.mark.parametrize(
    ("oldest", "newest", "platform", "message"),
    [
        ("1.0.0", "2.0.0", "1.0.0", None),
        ("1.0.0", "2.0.0", "2.0.0", None),
        ("1.0.0", "2.0.0", "2.0.0-rc.1", None),
        ("1.0.0", "1.0.0", "1.0.0+build.5", None),
        ("1.0.0", "2.0.0", "0.9.0", "the platform is 0.9.0, which is older than 1.0.0"),
        ("1.0.0", "2.0.0", "2.0.1", "the platform is 2.0.1, which is newer than 2.0.0"),
        ("2.0.0", "1.0.0", "1.5.0", "no platform version is 2.0.0 or newer and 1.0.0 or older"),
    ],
)
def test_platform_range(
    root: Path, oldest: str, newest: str, platform: str, message: str | None
) -> None:
    both = {"min_axon_version": oldest, "max_axon_version": newest, "supported_features": []}
    module = manifest(root, compatibility_matrix=both)
    found = list(platform_range.run(module, replace(PLATFORM, platform_version=platform)))
    assert [each.message for each in found] == ([message] if message else [])
    assert runs_on(module.manifest.value, platform) is (message is None)


@pytest.mark.parametrize("broken", [{}, {"min_axon_version": "1", "max_axon_version": "2"}, 7])
def test_a_range_that_cannot_be_read_is_not_passed(root: Path, broken: object) -> None:
    with pytest.raises(CouldNotCheckError):
        list(platform_range.run(manifest(root, compatibility_matrix=broken), Policy()))


def test_the_standards_own_platform_is_only_a_guess(root: Path) -> None:
    both = {"min_axon_version": "2.0.0", "max_axon_version": "3.0.0", "supported_features": []}
    module = manifest(root, compatibility_matrix=both)
    assert messages(platform_range.run(module, Policy())) == [
        "warning: the platform is 1.0.0, which is older than 2.0.0 (no policy names"
        " platform_version)"
    ]
    rows = [Row("1.0.0", manifest=needs(oldest="2.0.0", newest="3.0.0"))]
    module = manifest(root, dependencies=["contacts"])
    catalog = FakeCatalog(contacts=("GA", rows))
    found = dependencies_resolve.run(module, catalog, Policy(), TODAY)
    assert messages(found) == ["note: contacts 1.0.0 is the newest that fits"]


def test_a_platform_that_is_no_version_is_not_passed(root: Path) -> None:
    with pytest.raises(CouldNotCheckError, match="no version"):
        list(platform_range.run(load(root), Policy(platform_version="latest")))


def test_the_matrix_of_versions_against_platforms() -> None:
    versions = [
        ("1.0.0", "GA", needs(oldest="1.0.0", newest="1.4.0"), ""),
        ("2.0.0", "GA", needs(oldest="1.2.0", newest="2.0.0"), ""),
    ]
    found = matrix("notes", versions, ["1.3.0"])
    assert pages.matrix(found, "1.3.0") == (
        "notes  maturity  1.0.0  1.2.0  1.3.0*  1.4.0  2.0.0\n"
        "2.0.0  GA        -      yes    yes     yes    yes\n"
        "1.0.0  GA        yes    yes    yes     yes    -\n"
    )
    document = json.loads(pages.matrix_json(found, "1.3.0"))
    assert document["platform"] == "1.3.0"
    assert document["rows"][0]["runs"] == [False, True, True, True, True]


def test_what_was_withdrawn_is_said(root: Path) -> None:
    rows = [Row("1.2.0", standing=("revoke",)), Row("1.1.0", standing=("yank",))]
    catalog = FakeCatalog(contacts=("GA", rows))
    for wanted, expected in (
        ("^1.0.0", "error: every version of contacts that fits was withdrawn: 1.2.0 (revoked),"
         " 1.1.0 (yanked)"),
        ("1.1.0", "warning: contacts 1.1.0, the newest that fits, is yanked"),
        ("1.2.0", "error: every version of contacts that fits was withdrawn: 1.2.0 (revoked)"),
    ):  # fmt: skip
        module = manifest(root, dependencies=[{"slug": "contacts", "version": wanted}])
        found = messages(dependencies_resolve.run(module, catalog, PLATFORM, TODAY))
        assert found[0] == expected


# Approvals


@pytest.mark.parametrize(
    ("maturity", "approvals", "message"),
    [
        ("GA", (), None),
        ("IN_DEVELOPMENT", (), None),
        ("BETA", (Approval("sample-module", "BETA", "group"),), None),
        ("BETA", (Approval("sample-module", "BETA", "group", TODAY),), None),
        ("BETA", (), "BETA needs an approval, and the policy has none for sample-module"),
        (
            "ALPHA",
            (Approval("sample-module", "BETA", "group"), Approval("other", "ALPHA", "group")),
            "ALPHA needs an approval, and the policy has none for sample-module",
        ),
        (
            "BETA",
            (Approval("sample-module", "BETA", "group", date(2026, 1, 31)),),
            "BETA needs an approval, and the one of sample-module ended on 2026-01-31",
        ),
    ],
)
def test_approvals(
    root: Path, maturity: str, approvals: tuple[Approval, ...], message: str | None
) -> None:
    module = manifest(root, maturity_status=maturity)
    found = list(maturity_approved.run(module, Policy(approvals=approvals), TODAY))
    assert [each.message for each in found] == ([message] if message else [])


def test_approvals_are_the_organisations(root: Path) -> None:
    text = '[[approvals]]\nmodule = "sample-module"\nmaturity = "BETA"\napprover = "group"\n'
    policy = root.parent / "gates-policy.toml"
    policy.write_text(text)
    assert load_policy(root).approvals == (Approval("sample-module", "BETA", "group"),)
    for broken, message in (
        (text + 'until = "soon"\n', "until must be a date"),
        (text.replace('"group"', '""'), "must not be empty"),
        (text + "why = 1\n", "an approval got an unexpected keyword"),
    ):
        policy.write_text(broken)
        with pytest.raises(ConfigurationError, match=message):
            load_policy(root)
    policy.unlink()
    (root / "gates.toml").write_text(text)
    with pytest.raises(ConfigurationError, match="not loosen"):
        load_policy(root)
