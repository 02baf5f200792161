"""What the checks that compare with a release say in the three moments after the first one: as it
was released, edited under the same version, and edited with the version raised.

`code-bump` and `coverage-kept` would build the module and run its tests: they get the release that
the others get, and judge by the same functions."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from gates.catalog import Catalog
from gates.catalog.followed import previous_of
from gates.check import all_outlines
from gates.model import Level, Verdict
from gates.module import Module
from gates.needs import Needs
from gates.release import release_version
from gates.releases import Releases
from gates.run import run_check
from tests.passing import DAY, World

INIT = "migrations/000_init.sql"
NEXT = "migrations/001_next.sql"
TABLE = "tenant_sample_module_notes"
LISTED = f'"{INIT}"'
CHECKS = frozenset({
    "baseline-kept", "code-bump", "coverage-kept", "database-bump", "migration-destructive",
    "migration-locks", "migrations-immutable", "required-bump", "squawk", "upgrade-and-back",
})  # fmt: skip
"""Every check that asks for a release before."""


@pytest.fixture
def released(world: World, catalog: Catalog) -> World:
    """A module whose only release is its own version."""
    world.published()
    release_version(world.release(catalog))
    return world


def migrate(world: World, sql: str) -> None:
    """Add a migration that was not released."""
    (world.root / NEXT).write_text(f"{sql}\n")
    back = world.root / "migrations/rollback/001_next.sql"
    back.write_text(f"DROP INDEX IF EXISTS {TABLE}_title;\n")
    world.edit("module.json", LISTED, f'{LISTED}, "{NEXT}"')


def told(world: World, *checks: str) -> list[list[str]]:
    """What each check says, in one run: level and message of each finding but notes."""
    needs = Needs(world.module, world.policy, world.settings, today=DAY)
    planned = {each.id: each for each in all_outlines()}
    try:
        results = [run_check(planned[each], needs) for each in checks]
    finally:
        needs.close()
    assert not [each.reason for each in results if each.verdict is Verdict.INCONCLUSIVE]
    return [
        [f"{each.level}: {each.message}" for each in found.findings if each.level is not Level.NOTE]
        for found in results
    ]


def three_moments(world: World, check: str, edit: Callable[[World], None]) -> list[list[str]]:
    """What a check says of what was released, edited, and raised."""
    moments = told(world, check)
    edit(world)
    moments += told(world, check)
    world.next_version("1.0.1")
    return moments + told(world, check)


def test_every_check_that_compares_is_in_this_file() -> None:
    asking = {"previous", "releases"}
    assert {each.id for each in all_outlines() if asking & set(each.needs)} == CHECKS


def test_what_a_module_follows(released: World, catalog: Catalog) -> None:
    def followed() -> tuple[str, list[str], str | None]:
        module: Module = released.module
        releases = Releases(module, catalog, released.registry)
        latest = releases.latest
        before = [each.version for each in releases.before]
        return previous_of(module, catalog).version, before, latest.version if latest else None

    assert followed() == ("", [], "1.0.0")
    released.edit("README.md", "# ", "#  ")
    assert followed() == ("1.0.0", ["1.0.0"], "1.0.0")
    released.next_version("1.0.1")
    assert followed() == ("1.0.0", ["1.0.0"], "1.0.0")


def test_locks_by_squawk(released: World) -> None:
    def edit(world: World) -> None:
        migrate(world, f"CREATE INDEX IF NOT EXISTS {TABLE}_title ON {TABLE} (title);")

    first, edited, raised = three_moments(released, "squawk", edit)
    assert first == []
    assert edited == raised
    assert edited[0].startswith("error: During normal index creation")


def test_what_a_migration_takes_away(released: World) -> None:
    def edit(world: World) -> None:
        migrate(world, f"ALTER TABLE {TABLE} DROP COLUMN title;")

    first, edited, raised = three_moments(released, "migration-destructive", edit)
    assert first == []
    assert edited == raised
    assert len(edited) == 1
    assert "which needs a major version" in edited[0]


def test_a_released_migration_that_is_edited(released: World) -> None:
    def edit(world: World) -> None:
        world.edit(INIT, "CREATE TABLE", "-- more\nCREATE TABLE")

    first, edited, raised = three_moments(released, "migrations-immutable", edit)
    assert first == []
    assert edited == raised
    assert edited == ["error: this migration was released with 1.0.0 and has changed since"]


def test_the_bump_that_an_edit_asks_for_is_a_warning_until_the_version_is_raised(
    released: World,
) -> None:
    def edit(world: World) -> None:
        world.edit("module.json", '"tags"', '"permissions": ["sample-module.read"],\n  "tags"')

    first, edited, raised = three_moments(released, "required-bump", edit)
    assert first == []
    assert [each.partition(":")[0] for each in (*edited, *raised)] == ["warning", "error"]
    assert edited[0].endswith("after 1.0.0 that asks for 1.1.0, and the version is 1.0.0")
    assert raised[0].endswith("after 1.0.0 that asks for 1.1.0, and the version is 1.0.1")


def test_the_database_of_an_edit(released: World) -> None:
    """Locks, the upgrade with rows, and the bump; what the raised version is told is the same."""
    checks = ("migration-locks", "upgrade-and-back", "database-bump")
    sql = f"CREATE INDEX IF NOT EXISTS {TABLE}_title ON {TABLE} (title);\n" + (
        f"ALTER TABLE {TABLE} ADD COLUMN IF NOT EXISTS colour text;"
    )
    assert told(released, *checks) == [[], [], []]
    migrate(released, sql)
    *edited, bump = told(released, *checks)
    assert edited[0]
    assert edited[1]
    assert {each.partition(":")[0] for each in bump} == {"warning"}
    released.next_version("1.0.1")
    *raised, bump = told(released, *checks)
    assert raised == edited
    assert {each.partition(":")[0] for each in bump} == {"error"}
