"""The checks against the catalog, and the pure decisions that they share with a release."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gates.catalog import Catalog, ModuleRow, Previous
from gates.catalog.changelog import find_entry
from gates.catalog.decide import decide
from gates.catalog.lifecycle import FIRST, MATURITIES, maturity_refusal
from gates.catalog.versions import Precedence, satisfying, valid_range
from gates.checks.lint_manifest.dependencies_resolve import dependencies_resolve
from gates.checks.lint_manifest.maturity_step import maturity_step
from gates.checks.lint_manifest.migrations_immutable import migrations_immutable
from gates.checks.lint_manifest.version_greater import version_greater
from gates.checks.publish.version_immutable import version_immutable
from gates.checks.release.bundle_published import bundle_published
from gates.checks.release.version_unclaimed import version_unclaimed
from gates.errors import CouldNotCheckError
from gates.model import Level, Stage
from gates.module import load
from gates.release import release_version
from gates.settings import Policy
from tests.passing import DAY, World, result_of


@dataclass(frozen=True)
class Row:
    version: str
    digest: str = "a"
    manifest: Mapping[str, Any] = field(default_factory=dict)
    tables_created: tuple[str, ...] = ()
    standing: tuple[str, ...] = ()
    sunset: str = ""


class FakeCatalog:
    """A catalog of modules with a maturity and versions, in place of a database."""

    def __init__(self, **modules: tuple[str, list[Row]]) -> None:
        self._modules = {slug.replace("_", "-"): each for slug, each in modules.items()}

    def versions(self, slug: str) -> tuple[Row, ...]:
        rows = self._modules.get(slug, ("", []))[1]
        return tuple(sorted(rows, key=lambda row: Precedence(row.version), reverse=True))

    def module(self, slug: str) -> ModuleRow | None:
        if slug not in self._modules:
            return None
        maturity, rows = self._modules[slug]
        return ModuleRow(slug, slug, "", "custom", maturity, versions=len(rows))

    def slugs(self) -> tuple[str, ...]:
        return tuple(self._modules)

    def find(self, slug: str, version: str) -> Row | None:
        return next((row for row in self.versions(slug) if row.version == version), None)


@pytest.fixture
def root(make_module: Any) -> Path:
    return make_module("python")


def manifest(root: Path, **changes: object) -> Any:
    path = root / "module.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes, indent=2))
    return load(root)


def lines(found: Iterator[Any]) -> list[str]:
    return [f"{each.location}: {each.level}: {each.message}" for each in found]


def test_the_first_version_is_said_to_be_one(root: Path) -> None:
    assert lines(version_greater.run(load(root), FakeCatalog())) == [
        "module.json:5:14: note: first version of sample-module in this catalog"
    ]


@pytest.mark.parametrize(
    ("version", "message"),
    [
        ("1.2.1", None),
        ("2.0.0-alpha", None),
        ("1.2.0-rc.1", "1.2.0-rc.1 is not greater than 1.2.0, the newest in the catalog"),
        ("1.1.9", "1.1.9 is not greater than 1.2.0, the newest in the catalog"),
        ("1.2.0+fix", "1.2.0+fix is the same version as the registered 1.2.0: build metadata"),
        ("1.2.0", "1.2.0 is already registered with other content (digest a, this is "),
        ("1.0.0", "1.0.0 is already registered with other content (digest a, this is "),
    ],
)
@pytest.mark.parametrize("check", [version_greater, version_unclaimed])
def test_the_version_goes_up(root: Path, check: Any, version: str, message: str | None) -> None:
    module = manifest(root, version=version)
    catalog = FakeCatalog(sample_module=("GA", [Row("1.0.0"), Row("1.2.0"), Row("1.1.0")]))
    found = list(check.run(module, catalog))
    if message is None:
        assert found == []
    else:
        (finding,) = found
        assert finding.message.startswith(f"sample-module {message}")
        assert finding.location == module.manifest.at("version")
        assert finding.fix
        edited = check is version_greater and version == "1.2.0"
        assert finding.level is (Level.WARNING if edited else Level.ERROR)
        assert ("raise the version before you release" in finding.message) == edited


@pytest.mark.parametrize("check", [version_greater, version_unclaimed, maturity_step])
def test_the_same_content_again_passes(root: Path, check: Any) -> None:
    module = load(root)
    rows = [Row("1.0.0", module.digest), Row("1.2.0")]
    catalog = FakeCatalog(sample_module=("MAINTENANCE", rows))
    assert list(check.run(module, catalog)) == []


@pytest.mark.parametrize("check", [version_greater, version_unclaimed])
@pytest.mark.parametrize("change", [{"version": "1.0"}, {"slug": "Not A Slug"}, {"version": 7}])
def test_what_cannot_be_compared_is_not_passed(root: Path, check: Any, change: Any) -> None:
    with pytest.raises(CouldNotCheckError):
        list(check.run(manifest(root, **change), FakeCatalog()))


def test_maturity(root: Path) -> None:
    catalog = FakeCatalog(sample_module=("BETA", [Row("0.9.0")]))
    for maturity, message in (
        ("BETA", None),
        ("RC", None),
        ("ALPHA", "ALPHA does not follow BETA; a next version is BETA or RC"),
        ("GA", "GA does not follow BETA; a next version is BETA or RC"),
    ):
        found = list(maturity_step.run(manifest(root, maturity_status=maturity), catalog))
        assert [each.message for each in found] == ([message] if message else [])
    found = list(maturity_step.run(manifest(root, maturity_status="RETIRED"), FakeCatalog()))
    assert found[0].message.startswith("a first version cannot be RETIRED")
    assert found[0].location == load(root).manifest.at("maturity_status")
    planned = FakeCatalog(sample_module=("PLANNED", []))
    assert list(maturity_step.run(manifest(root, maturity_status="GA"), planned)) == []


def test_maturity_moves_along_the_flow() -> None:
    for number, before in enumerate(MATURITIES):
        allowed = {each for each in MATURITIES if maturity_refusal(before, each) is None}
        assert allowed == (set() if before == "RETIRED" else set(MATURITIES[number : number + 2]))
    assert {each for each in MATURITIES if maturity_refusal(None, each) is None} == set(FIRST)
    assert "is no maturity" in (maturity_refusal("GA", "beta") or "")


DEPENDENCIES: list[tuple[object, list[str]]] = [
    ("contacts", []),
    ({"slug": "contacts"}, []),
    ({"slug": "contacts", "version": "^1.4.0"}, []),
    ({"slug": "contacts", "version": "1.x || 3.x"}, []),
    ({"slug": "contacts", "version": ">=1.5.0-beta.1 <2"}, []),
    (
        {"slug": "contacts", "version": "^2.0.0"},
        ["version: error: no version of contacts fits '^2.0.0'; the newest is 1.5.0-beta.2"],
    ),
    (
        {"slug": "contacts", "version": ">=1.4.3"},
        ["version: error: no version of contacts fits '>=1.4.3'; the newest is 1.5.0-beta.2"],
    ),
    (
        {"slug": "contacts", "version": "^2", "optional": True},
        ["version: warning: no version of contacts fits '^2'; the newest is 1.5.0-beta.2"],
    ),
    (
        {"slug": "contacts", "version": "newest"},
        ["version: error: 'newest' is no range of versions in npm's syntax"],
    ),
    ("contatcs", [": error: there is no module 'contatcs' in the catalog"]),
    ({"slug": "contatcs", "optional": True}, []),
    ("planned", [": error: there is no module 'planned' in the catalog"]),
    ("sample-module", [": error: a module cannot depend on itself"]),
    ("old", [": warning: old is DEPRECATED and will be retired"]),
    ("gone", [": error: gone is RETIRED"]),
    ({"slug": "gone", "optional": True}, ["slug: warning: gone is RETIRED"]),
    ({"slug": 7}, []),
    (7, []),
]


@pytest.mark.parametrize(("entry", "expected"), DEPENDENCIES)
def test_dependencies(root: Path, entry: object, expected: list[str]) -> None:
    catalog = FakeCatalog(
        contacts=("GA", [Row("1.4.2"), Row("1.5.0-beta.2"), Row("0.9.0")]),
        planned=("PLANNED", []),
        old=("DEPRECATED", [Row("1.0.0")]),
        gone=("RETIRED", [Row("1.0.0")]),
    )
    module = manifest(root, dependencies=["old", entry])
    every = dependencies_resolve.run(module, catalog, Policy(), DAY)
    found = [each for each in every if each.level is not Level.NOTE][1:]
    wanted = []
    for each in expected:
        key, _, rest = each.partition(": ")
        pointer = ("dependencies", 1, key) if key else ("dependencies", 1)
        wanted.append(f"{module.manifest.at(*pointer)}: {rest}")
    assert lines(iter(found)) == wanted
    assert all(each.fix for each in found)


def test_no_dependencies_and_nonsense(root: Path) -> None:
    assert list(dependencies_resolve.run(load(root), None, Policy(), DAY)) == []
    for nonsense in ({"a": "^1"}, "a", None, 7):
        module = manifest(root, dependencies=nonsense)
        assert list(dependencies_resolve.run(module, None, Policy(), DAY)) == []


def test_ranges_are_those_of_npm() -> None:
    versions = ["1.0.0", "1.1.0", "1.2.0-rc.1", "2.0.0-alpha", "2.1.0", "0.3.1"]
    for text, expected in {
        "^1.0.0": ["1.1.0", "1.0.0"],
        "~1.0": ["1.0.0"],
        "1.x": ["1.1.0", "1.0.0"],
        "*": ["2.1.0", "1.1.0", "1.0.0", "0.3.1"],
        "": ["2.1.0", "1.1.0", "1.0.0", "0.3.1"],
        "^0.3.0": ["0.3.1"],
        ">=1.2.0-rc.0": ["2.1.0", "1.2.0-rc.1"],
        "1.0.0 - 1.1.0": ["1.1.0", "1.0.0"],
        "<1 || >2": ["0.3.1"],
        "<1 || >=2": ["2.1.0", "0.3.1"],
    }.items():
        assert valid_range(text), text
        assert satisfying(versions, text) == expected, text
    for text in ("latest", "^^1", "1.0.0.0", "1.x.3", "*.1", ">=", "01.0.0", "^" * 300, "a b"):
        assert not valid_range(text), text
        assert satisfying(versions, text) == []


@given(st.text(max_size=30))
def test_any_text_as_a_range(text: str) -> None:
    valid_range(text)
    satisfying(["1.0.0"], text)


def released_with(module: Any) -> Previous:
    from gates.catalog.candidate import migration_digest

    return Previous(
        module.slug,
        known=True,
        version="1.0.0",
        migrations=tuple(migration_digest(module, each) for each in module.migrations),
    )


def test_released_migrations_stay(root: Path) -> None:
    previous = released_with(load(root))
    assert list(migrations_immutable.run(load(root), previous)) == []
    assert list(migrations_immutable.run(load(root), Previous("sample-module"))) == []
    file = root / "migrations" / "000_init.sql"
    text = file.read_text()
    (root / "migrations" / "001_more.sql").write_text("SET search_path TO public;\n")
    assert list(migrations_immutable.run(load(root), previous)) == []
    file.write_text(text + "\n")
    (finding,) = migrations_immutable.run(load(root), previous)
    assert str(finding.location) == "migrations/000_init.sql:1:1"
    assert finding.message.startswith("this migration was released with 1.0.0 and has changed")
    file.write_text(text)
    file.rename(file.with_name("000_start.sql"))
    (finding,) = migrations_immutable.run(load(root), previous)
    assert finding.message == (
        "migrations/000_init.sql, released with 1.0.0, is called migrations/000_start.sql now"
    )
    file.with_name("000_start.sql").unlink()
    found = lines(migrations_immutable.run(load(root), previous))
    assert found == [
        f"{load(root).manifest.at('migrations')}: error:"
        " migrations/000_init.sql, released with 1.0.0, is missing"
    ]


def test_a_migration_before_the_released_ones(root: Path) -> None:
    file = root / "migrations" / "000_init.sql"
    later = file.with_name("001_init.sql")
    file.rename(later)
    previous = released_with(load(root))
    file.write_text("SET search_path TO public;\n")
    found = lines(migrations_immutable.run(load(root), previous))
    assert found == [
        "migrations/000_init.sql:1:1: error: this migration is new and comes before"
        " migrations/001_init.sql, which 1.0.0 was released with"
    ]


def test_a_changed_rollback_is_a_warning(root: Path) -> None:
    previous = released_with(load(root))
    file = root / "migrations" / "rollback" / "000_init.sql"
    file.write_text(file.read_text() + "\n")
    (finding,) = migrations_immutable.run(load(root), previous)
    assert finding.level is Level.WARNING


def test_bundle_published(make_module: Any, settings: Any) -> None:
    world = World(make_module("python"), settings)
    with pytest.raises(CouldNotCheckError, match="which bundle was built is not known"):
        list(bundle_published.run(world.module, world.evidence, world.registry))
    world.passed()
    (finding,) = bundle_published.run(world.module, world.evidence, world.registry)
    assert finding.message == "sample-module 1.0.0 is not published"
    world.published()
    assert list(bundle_published.run(world.module, world.evidence, world.registry)) == []
    world.bundle = b"another"
    world.passed()
    (finding,) = bundle_published.run(world.module, world.evidence, world.registry)
    assert "is not the one that was built" in finding.message


def test_version_immutable(make_module: Any, settings: Any) -> None:
    world = World(make_module("python"), settings)

    ours = world.passed()
    assert list(version_immutable.run(world.module, ours, world.registry)) == []
    world.published()
    assert list(version_immutable.run(world.module, ours, world.registry)) == []
    ours.write(result_of(Stage.BUILD), bundle="0" * 64)
    (finding,) = version_immutable.run(world.module, ours, world.registry)
    assert world.digest in finding.message
    assert "0" * 64 in finding.message
    assert str(finding.location) == "module.json:5:14"


def test_a_decision_names_everything() -> None:
    rows = [Row("1.0.0"), Row("2.0.0")]
    decision = decide("m", "1.5.0", "b", "ALPHA", released=rows, module_maturity="GA")
    assert len(decision.reasons) == 2
    assert not decision.accepted
    assert decide("m", "2.0.0", "a", "ALPHA", released=rows, module_maturity="GA").already
    first = decide("m", "2.0.0", "a", "GA", released=[], module_maturity=None)
    assert first.first
    assert first.accepted


VERSIONS = st.builds(
    lambda a, b, c, pre: f"{a}.{b}.{c}{pre}",
    st.integers(0, 3),
    st.integers(0, 3),
    st.integers(0, 3),
    st.sampled_from(["", "", "-alpha", "-alpha.1", "-rc.1", "-rc.10", "-rc.2"]),
)


@given(st.lists(VERSIONS, unique=True), VERSIONS)
def test_a_new_version_is_accepted_exactly_above_all(released: list[str], version: str) -> None:
    rows = [Row(each) for each in released]
    decision = decide("m", version, "new", "GA", released=rows, module_maturity="GA")
    above = all(Precedence(version) > Precedence(each) for each in released)
    assert decision.accepted == above


def test_changelog_entries() -> None:
    text = (
        "# Changelog\n\n## Unreleased\n\n- soon\n\n## [1.10.0] - 2026-01-01\n\n- ten\n\n"
        "### Fixed\n\n- #7\n\n## v1.1.0\n- eleven\n\n## 1.0.0-rc.1 (2025)\n\nrc\n\n## [1.0.0]\nlast"
    )
    assert find_entry(text, "1.10.0") == "- ten\n\n### Fixed\n\n- #7"
    assert find_entry(text, "1.1.0") == "- eleven"
    assert find_entry(text, "1.0.0-rc.1") == "rc"
    assert find_entry(text, "1.0.0") == "last"
    assert find_entry(text, "1.0") is None
    assert find_entry(text, "1.1") is None


def test_released_against_a_real_catalog(world: World, catalog: Catalog) -> None:
    world.published()
    release_version(world.release(catalog))
    module = world.module
    previous = catalog.previous("sample-module", "1.1.0")
    for check, needs in (
        (version_greater, (module, catalog)),
        (version_unclaimed, (module, catalog)),
        (maturity_step, (module, catalog)),
        (dependencies_resolve, (module, catalog, Policy(), DAY)),
        (migrations_immutable, (module, previous)),
    ):
        assert list(check.run(*needs)) == [], check.id
    world.edit("migrations/000_init.sql", "CREATE INDEX", "CREATE  INDEX")
    changed = world.module
    assert len(list(version_greater.run(changed, catalog))) == 1
    assert len(list(migrations_immutable.run(changed, previous))) == 1
    assert replace(previous, known=False).known is False
    assert Stage.LINT_MANIFEST in {each.stage for each in (version_greater, maturity_step)}
