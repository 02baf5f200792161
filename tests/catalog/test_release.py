"""Publish and release: repeatable, refused with reasons, safe against others and kill -9."""

from __future__ import annotations

import hashlib
import multiprocessing
import os
import shutil
import signal
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gates import publish as publishing
from gates import release as releasing
from gates.catalog import Catalog, store
from gates.errors import CatalogUnavailableError, CouldNotCheckError, RefusedError
from gates.model import RanRecord, Stage, Verdict
from gates.publish import Publication, publish_bundle
from gates.registry import Content
from gates.release import release_version
from tests.faults.shelves import Folder
from tests.faults.trial import state as state_of
from tests.passing import RAN, World, result_of

SIX = Stage.RELEASE.before


def state(world):
    """What is in the catalog and in the folder that is the registry."""
    registry = Path(world.settings.registry)
    return state_of(world, Folder(registry, registry))


def publication(world: World) -> Publication:
    return Publication(world.module, world.evidence, world.registry, Content.of_bytes(world.bundle))


def released(world: World) -> dict[str, str]:
    with Catalog.open(world.settings) as catalog:
        return dict(release_version(world.release(catalog)).outputs)


def test_a_version_becomes_a_row(world: World, catalog: Catalog) -> None:
    outcome = world.published()
    assert [each.name for each in outcome.records] == [
        "verify-evidence", "match-bundle", "push", "attach-evidence", "read-back",
    ]  # fmt: skip
    assert outcome.outputs["published"] == "new"
    done = release_version(world.release(catalog))
    assert [each.name for each in done.records] == [
        "verify-evidence", "fetch-bundle", "attach-evidence", "register", "confirm",
    ]  # fmt: skip
    assert done.outputs["registered"] == "new"
    assert done.outputs["tables_created"] == "tenant_sample_module_notes"
    page = catalog.show("sample-module")
    assert page is not None
    assert (page.module.newest, page.module.versions) == ("1.0.0", 1)
    (row,) = page.versions
    assert row.digest == world.module.digest
    assert row.bundle == world.digest
    assert row.changelog == "### Added\n\n- Notes with a short title."
    assert row.manifest["slug"] == "sample-module"
    assert row.settings_schema["schema_version"] == "1.0.0"
    assert row.released_by == "postgres"
    (migration,) = row.migrations
    text = (world.root / "migrations" / "000_init.sql").read_bytes()
    assert migration.sha256 == hashlib.sha256(text).hexdigest()
    assert migration.rollback_path == "migrations/rollback/000_init.sql"
    assert [each.stage for each in page.evidence["1.0.0"]] == [str(stage) for stage in SIX]
    attached = world.registry.referrers(world.registry.fetch("sample-module", "1.0.0"))
    assert [stage for stage, _ in attached] == [str(stage) for stage in SIX]


def test_again_it_is_the_same_row(world: World, catalog: Catalog) -> None:
    world.published()
    first = release_version(world.release(catalog)).outputs
    assert publish_bundle(publication(world)).outputs["published"].startswith("already there")
    world.passed()
    again = release_version(world.release(catalog)).outputs
    assert again["registered"] == "already registered with the same content"
    assert {**again, "registered": ""} == {**first, "registered": ""}
    assert len(catalog.versions("sample-module")) == 1


def test_a_next_version(world: World, catalog: Catalog) -> None:
    world.published()
    release_version(world.release(catalog))
    world.next_version("1.1.0")
    world.bundle = b"the next bundle"
    world.published()
    release_version(world.release(catalog))
    assert [each.version for each in catalog.versions("sample-module")] == ["1.1.0", "1.0.0"]
    previous = catalog.previous("sample-module", "1.1.0")
    assert (previous.known, previous.version) == (True, "1.0.0")
    assert catalog.previous("sample-module", "2.0.0").version == "1.1.0"
    assert catalog.previous("sample-module", "nonsense").version == "1.1.0"
    assert not catalog.previous("sample-module", "1.0.0").known
    assert not catalog.previous("other-module", "1.0.0").known


@pytest.mark.parametrize("stage", SIX)
@pytest.mark.parametrize("fault", ["missing", "failed", "inconclusive"])
def test_refused_evidence_releases_nothing(
    world: World, catalog: Catalog, stage: Stage, fault: str
) -> None:
    world.published()
    if fault == "missing":
        world.evidence.store.remove(stage)
    else:
        verdict = Verdict.FAIL if fault == "failed" else Verdict.INCONCLUSIVE
        world.evidence.write(result_of(stage, verdict), bundle=world.digest)
    with pytest.raises(RefusedError, match=f"{stage} ") as error:
        release_version(world.release(catalog))
    assert error.value.exit_code == 4
    if stage is not Stage.PUBLISH:
        with pytest.raises(RefusedError, match=f"{stage} "):
            publish_bundle(publication(world))
    assert catalog.modules() == ()


def test_another_bundle_is_not_published(world: World) -> None:
    world.passed()
    work = replace(publication(world), bundle=Content.of_bytes(b"another bundle"))
    with pytest.raises(RefusedError, match="not the one that was built and scanned"):
        publish_bundle(work)
    assert world.registry.find("sample-module", "1.0.0") is None


def test_a_bundle_that_was_never_published(world: World, catalog: Catalog) -> None:
    world.passed()
    with pytest.raises(RefusedError, match="is not published"):
        release_version(world.release(catalog))
    assert catalog.modules() == ()


def test_a_bundle_that_was_swapped_in_the_registry(world: World, catalog: Catalog) -> None:
    world.passed()
    world.registry.push(
        "sample-module", "1.0.0", Content.of_bytes(b"swapped"), "sample-module-1.0.0.tgz"
    )
    with pytest.raises(RefusedError, match="is not the one that was built"):
        release_version(world.release(catalog))
    assert catalog.modules() == ()


def test_other_content_under_the_same_version(world: World, catalog: Catalog) -> None:
    world.published()
    release_version(world.release(catalog))
    before = world.module.digest
    world.edit("README.md", "#", "##")
    world.passed()
    with pytest.raises(RefusedError) as error:
        release_version(world.release(catalog))
    assert error.value.reasons == (
        "sample-module 1.0.0 is already registered with other content"
        f" (digest {before}, this is {world.module.digest})",
    )


def test_an_older_version(world: World, catalog: Catalog) -> None:
    world.next_version("1.1.0")
    world.published()
    release_version(world.release(catalog))
    world.edit("module.json", '"version": "1.1.0"', '"version": "1.0.5"')
    world.edit("CHANGELOG.md", "[1.1.0]", "[1.0.5]")
    world.published()
    with pytest.raises(RefusedError, match=r"1\.0\.5 is not greater than 1\.1\.0"):
        release_version(world.release(catalog))


def test_tables_are_parsed_where_the_tests_did_not_list_them(
    world: World, catalog: Catalog
) -> None:
    world.published()
    world.evidence.write(result_of(Stage.TEST, checks=result_of(Stage.LINT).checks))
    with pytest.raises(RefusedError):
        release_version(world.release(catalog))  # those are the checks of another stage
    checks = tuple(replace(each, records=(RAN,)) for each in result_of(Stage.TEST).checks)
    world.evidence.write(result_of(Stage.TEST, checks=checks))
    outputs = release_version(world.release(catalog)).outputs
    assert outputs["tables_created"] == "tenant_sample_module_notes"


def test_tables_that_a_block_may_create_are_not_guessed(world: World, catalog: Catalog) -> None:
    world.edit("migrations/000_init.sql", "CREATE INDEX", "DO $$ BEGIN END $$;\nCREATE INDEX")
    world.published()
    checks = tuple(replace(each, records=(RAN,)) for each in result_of(Stage.TEST).checks)
    world.evidence.write(result_of(Stage.TEST, checks=checks))
    with pytest.raises(CouldNotCheckError, match="does not list the tables"):
        release_version(world.release(catalog))
    record = RanRecord("tables-created", detail="b_table, a_table")
    checks = tuple(replace(each, records=(record, RAN)) for each in checks)
    world.evidence.write(result_of(Stage.TEST, checks=checks))
    assert release_version(world.release(catalog)).outputs["tables_created"] == "a_table, b_table"


def test_a_catalog_out_of_reach(world: World) -> None:
    world.published()
    away = replace(world.settings, catalog="postgresql://nobody:secret@127.0.0.1:9/none")
    with Catalog.open(away) as catalog:
        with pytest.raises(CatalogUnavailableError) as error:
            release_version(world.release(catalog))
        assert "secret" not in str(error.value)
        for ask in (catalog.modules, lambda: catalog.previous("sample-module", "1.0.0")):
            with pytest.raises(CatalogUnavailableError):
                ask()


def in_child(work: Callable[[], object]) -> int:
    """Exit status of a child process that does some work; negative for a signal."""
    process = multiprocessing.get_context("fork").Process(target=work)
    process.start()
    process.join(60)
    assert process.exitcode is not None
    return process.exitcode


def die(*_: object, **__: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def killed_before(steps: Any, moment: int) -> Any:
    """The steps, of which the one at `moment` is reached and not taken."""
    return tuple(
        replace(step, run=die) if number == moment else step for number, step in enumerate(steps)
    )


@pytest.mark.parametrize("moment", range(len(publishing.STEPS) + 1))
def test_publish_killed_between_steps_converges(world: World, moment: int) -> None:
    world.passed()

    def work() -> None:
        publishing.STEPS = killed_before(publishing.STEPS, moment)
        publish_bundle(publication(world))

    status = in_child(work)
    assert status == (0 if moment == len(publishing.STEPS) else -signal.SIGKILL)
    publish_bundle(publication(world))
    _, after = state(world)
    publish_bundle(publication(world))
    assert state(world)[1] == after
    assert world.registry.fetch("sample-module", "1.0.0").bundle == world.digest


@pytest.mark.parametrize("moment", range(len(releasing.STEPS) + 1))
def test_release_killed_between_steps_converges(world: World, moment: int) -> None:
    world.published()

    def work() -> None:
        releasing.STEPS = killed_before(releasing.STEPS, moment)
        released(world)

    status = in_child(work)
    assert status == (0 if moment == len(releasing.STEPS) else -signal.SIGKILL)
    page, _ = state(world)
    assert (page is not None) == (moment > 3)
    outputs = released(world)
    assert outputs["registered"] == (
        "already registered with the same content" if moment > 3 else "new"
    )
    after = state(world)
    released(world)
    assert state(world) == after


@pytest.mark.parametrize("where", ["become", "lock_module", "register_version", "commit"])
def test_release_killed_within_the_transaction_leaves_nothing(world: World, where: str) -> None:
    world.published()

    def work() -> None:
        import psycopg

        if where == "commit":
            leave = psycopg.Transaction.__exit__
            psycopg.Transaction.__exit__ = (  # type: ignore[method-assign]
                lambda self, kind, *rest: die() if kind is None else leave(self, kind, *rest)
            )
        else:
            real = getattr(store, where)
            setattr(store, where, lambda *args: (real(*args), die()))
        released(world)

    with Catalog.open(world.settings) as catalog:
        assert catalog.modules() == ()
    assert in_child(work) == -signal.SIGKILL
    assert state(world)[0] is None
    assert released(world)["registered"] == "new"
    assert len(state(world)[0].versions) == 1


def at_once(works: list[Callable[[], str]]) -> list[str]:
    """What several processes that start at the same time say in the end."""
    context = multiprocessing.get_context("fork")
    barrier, queue = context.Barrier(len(works)), context.Queue()

    def run(work: Callable[[], str]) -> None:
        barrier.wait()
        try:
            queue.put(work())
        except RefusedError as error:
            queue.put(str(error))
        except BaseException as error:  # noqa: BLE001 - shown by the parent
            queue.put(f"{type(error).__name__}: {error}")

    processes = [context.Process(target=run, args=(work,)) for work in works]
    for each in processes:
        each.start()
    ended = [queue.get(timeout=60) for _ in processes]
    for each in processes:
        each.join()
    return sorted(ended)


def test_two_releases_at_once(world: World) -> None:
    world.published()
    ended = at_once([lambda: released(world)["registered"]] * 4)
    assert ended == ["already registered with the same content"] * 3 + ["new"]
    assert len(state(world)[0].versions) == 1


def test_two_releases_of_different_content_at_once(
    world: World, make_module: Any, folder: Any
) -> None:
    world.published()
    shutil.copytree(world.root, folder / "second" / "sample-module")
    other = World(folder / "second" / "sample-module", world.settings)
    other.edit("README.md", "#", "##")
    other.passed()
    ended = at_once([lambda: released(world)["registered"], lambda: released(other)["registered"]])
    assert ended[0] == "new"
    assert "already registered with other content" in ended[1]
    assert len(state(world)[0].versions) == 1


def test_a_catalog_of_its_own_shared_by_two_first_releases(world: World, settings: Any) -> None:
    world.settings = settings
    world.published()
    ended = at_once([lambda: released(world)["registered"]] * 2)
    assert ended == ["already registered with the same content", "new"]
    assert len(state(world)[0].versions) == 1


@pytest.mark.parametrize("moment", [3, 4])
def test_a_catalog_of_its_own_survives_kill_9(world: World, settings: Any, moment: int) -> None:
    world.settings = settings
    world.published()

    def work() -> None:
        releasing.STEPS = killed_before(releasing.STEPS, moment)
        released(world)

    assert in_child(work) == -signal.SIGKILL
    assert released(world)["registered"].startswith("already" if moment == 4 else "new")
    assert len(state(world)[0].versions) == 1
