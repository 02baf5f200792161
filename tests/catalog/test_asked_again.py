"""What the catalog told the stages holds at the release, or the same checks find it again."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace

import psycopg
import pytest

from gates.catalog import Catalog
from gates.catalog.catalog import IDENTITY
from gates.check import Check, all_outlines
from gates.digests import digest_of
from gates.errors import RefusedError
from gates.model import CheckResult, Finding, Location, Stage, Verdict
from gates.needs import Needs
from gates.recorder import UNREPEATABLE
from gates.release import NEEDS_AGAIN, Release, release_version, run_again
from gates.run import run_check
from gates.settings import Policy, Settings, Waiver
from tests.passing import DAY, World, result_of

FIND = json.dumps(["find", "sample-module", "1.0.1"])
PREVIOUS = json.dumps(["previous", "sample-module", "1.0.1"])


@contextmanager
def empty(settings: Settings) -> Iterator[Catalog]:
    """Another catalog, in which nothing was ever written."""
    with Catalog.open(replace(settings, catalog=str(settings.state / "elsewhere"))) as catalog:
        yield catalog


def passed(world: World, told: Mapping[str, str]) -> None:
    """Evidence for all six stages, whose check of the test stage was told this by a catalog."""
    world.published()
    one = result_of(Stage.TEST)
    first = replace(one.checks[0], catalog=told)
    world.evidence.write(replace(one, checks=(first, *one.checks[1:])))


@pytest.fixture
def raised(world: World, catalog: Catalog) -> World:
    """A module whose 1.0.0 is in the catalog, and that is 1.0.1 now."""
    world.published()
    release_version(world.release(catalog))
    world.next_version("1.0.1")
    return World(world.root, world.settings)


def refused(work: Release) -> tuple[str, ...]:
    with pytest.raises(RefusedError) as error:
        release_version(work)
    assert [each.version for each in work.catalog.versions("sample-module")] == ["1.0.0"]
    return error.value.reasons


def test_stages_that_asked_an_empty_catalog_are_refused_by_the_real_one(
    raised: World, catalog: Catalog
) -> None:
    with empty(raised.settings) as other:
        passed(raised, {each: other.answer(each) for each in (PREVIOUS, IDENTITY)})
    assert refused(raised.release(catalog)) == (
        "the check test-works of test rests on what the catalog said about previous sample-module"
        " 1.0.1, and it says something else now [catalog-changed]",
    )


def test_stages_that_asked_the_real_one_are_accepted(raised: World, catalog: Catalog) -> None:
    passed(raised, {each: catalog.answer(each) for each in (PREVIOUS, IDENTITY)})
    done = release_version(raised.release(catalog)).outputs
    assert done["registered"] == "new"
    again = release_version(raised.release(catalog)).outputs
    assert again["registered"].startswith("already"), "a version's own row changes no answer"


def test_another_catalog_with_the_same_rows_is_another(raised: World, catalog: Catalog) -> None:
    passed(raised, {PREVIOUS: catalog.answer(PREVIOUS), IDENTITY: digest_of("0" * 36)})
    (reason,) = refused(raised.release(catalog))
    assert "said about identity," in reason


def test_that_there_was_no_catalog_yet_is_no_other_answer(world: World, catalog: Catalog) -> None:
    with empty(world.settings) as other:
        told = {
            each: other.answer(each)
            for each in (IDENTITY, json.dumps(["versions", "sample-module"]))
        }
    assert told[IDENTITY] == digest_of("")
    passed(world, told)
    assert release_version(world.release(catalog)).outputs["registered"] == "new"


def test_a_check_that_runs_nothing_is_run_again(raised: World, catalog: Catalog) -> None:
    now = {PREVIOUS: catalog.answer(PREVIOUS)}
    passed(raised, {PREVIOUS: "0" * 64})
    asked = []

    def again(check: str) -> CheckResult:
        asked.append(check)
        return CheckResult(check, Verdict.PASS, catalog=now)

    work = replace(raised.release(catalog), again=again)
    assert release_version(work).outputs["registered"] == "new"
    assert asked == ["test-works"]


def test_it_may_fail_with_what_the_catalog_holds_now(raised: World, catalog: Catalog) -> None:
    passed(raised, {PREVIOUS: "0" * 64})
    finding = Finding("test-works", "000_init.sql was changed", Location("migrations/000_init.sql"))
    failed = CheckResult("test-works", Verdict.FAIL, (finding,))
    assert refused(replace(raised.release(catalog), again=lambda _: failed)) == (
        "the check test-works of test fails with what the catalog holds now:"
        " migrations/000_init.sql: 000_init.sql was changed [catalog-changed]",
    )


def test_it_is_asked_once_more_under_the_lock(raised: World, catalog: Catalog) -> None:
    """An answer that another release makes untrue after the checks were run again."""
    passed(raised, {PREVIOUS: "0" * 64})
    stale = CheckResult("test-works", Verdict.PASS, catalog={PREVIOUS: "1" * 64})
    (reason,) = refused(replace(raised.release(catalog), again=lambda _: stale))
    assert reason.endswith("[catalog-changed]")


def test_what_cannot_be_asked_again_is_refused(raised: World, catalog: Catalog) -> None:
    """A check of another package may ask for more than has a lasting answer."""
    needs = Needs(raised.module, raised.policy, raised.settings, today=DAY)
    planned = Check("shows", Stage.LINT, "It asks.", ("catalog",), _show, None)
    told = run_check(planned, needs).catalog
    needs.close()
    assert told == {json.dumps(["show"]): UNREPEATABLE}
    passed(raised, told)
    assert refused(raised.release(catalog)) == (
        "the check test-works of test asked the catalog for show, which a release cannot ask again"
        " [catalog-changed]",
    )


def _show(catalog: Catalog) -> Iterator[Finding]:
    catalog.show("sample-module")
    yield from ()


def test_a_released_migration_that_was_changed(raised: World, catalog: Catalog) -> None:
    """The real check: passes on an empty catalog, and at the release fails on the real one."""
    raised.edit("migrations/000_init.sql", "CREATE TABLE", "-- another\nCREATE TABLE")
    planned = next(each for each in all_outlines() if each.id == "migrations-immutable")
    with empty(raised.settings) as other:
        elsewhere = Needs(raised.module, raised.policy, other.settings, today=DAY)
        then = run_check(planned, elsewhere)
        elsewhere.close()
    assert then.verdict is Verdict.PASS
    assert set(then.catalog) == {FIND, PREVIOUS, IDENTITY}
    needs = Needs(raised.module, raised.policy, raised.settings, today=DAY)
    now = run_again("migrations-immutable", needs)
    needs.close()
    assert now is not None
    assert now.verdict is Verdict.FAIL
    waived = Waiver(
        "migrations-immutable", "it was empty", "ann", "bob", DAY, "migrations/000_init.sql"
    )
    needs = Needs(raised.module, Policy(waivers=(waived,)), raised.settings, today=DAY)
    accepted = run_again("migrations-immutable", needs)
    needs.close()
    assert accepted is not None
    assert (accepted.verdict, accepted.catalog) == (Verdict.PASS, now.catalog)
    passed(raised, then.catalog)
    (reason,) = refused(replace(raised.release(catalog), again=lambda _: now))
    assert "migrations/000_init.sql" in reason


def test_what_runs_anything_is_not_run_again(raised: World) -> None:
    needs = Needs(raised.module, raised.policy, raised.settings, today=DAY)
    assert run_again("upgrade-and-back", needs) is None
    assert run_again("somebody-else-s", needs) is None
    needs.close()


def test_no_check_that_a_release_runs_again_runs_code() -> None:
    again = {each.id for each in all_outlines() if NEEDS_AGAIN.issuperset(each.load().needs)}
    assert {"migrations-immutable", "required-bump", "version-greater"} <= again
    assert not again & {"upgrade-and-back", "database-bump", "code-bump", "squawk"}


def test_nobody_changes_which_catalog_it_is(catalog: Catalog, database: str) -> None:
    identity = catalog.identity()
    assert len(identity) == 36
    with psycopg.connect(database, autocommit=True) as connection:
        for statement in ("UPDATE core_catalog SET id = gen_random_uuid()",
                          "DELETE FROM core_catalog", "TRUNCATE core_catalog"):  # fmt: skip
            with pytest.raises(psycopg.errors.RestrictViolation):
                connection.execute(statement)
        with pytest.raises(psycopg.errors.UniqueViolation):
            connection.execute("INSERT INTO core_catalog DEFAULT VALUES")
    assert catalog.identity() == identity
