"""kill -9 at every step of provisioning, upgrading and purging: a second run ends the work.

A step's moments are before and after each call of a function of the catalog, each file of a module,
each part of an export, and before each commit. The run of all tests takes some of them;
GATES_EVERY_MOMENT=1 takes every one.
"""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Callable, Iterator
from functools import partial
from multiprocessing import get_context
from typing import Any

import psycopg
import pytest

from gates.catalog import Catalog
from gates.settings import Settings
from gates.tenants import exports, migrator, provision, purge, store, upgrade_tenants
from tests.catalog.tenants import GUARDED, NOTES, ONE, OTHER, SAMPLE, Platform
from tests.catalog.test_purge import everything, rows_in

EVERY = bool(os.environ.get("GATES_EVERY_MOMENT"))
PLACES = (
    (store, "call"), (migrator.Migrator, "run"), (exports.Export, "write"),
    (exports.Export, "finish"), (exports.Export, "read_back"), (psycopg.Transaction, "__exit__"),
)  # fmt: skip


def _watch(strike_at: int) -> list[int]:
    """Count the moments in this process, and kill it at one of them."""
    seen = [0]

    def moment() -> None:
        if seen[0] == strike_at:
            os.kill(os.getpid(), signal.SIGKILL)
        seen[0] += 1

    def around(function: Callable[..., Any]) -> Callable[..., Any]:
        def watched(*arguments: Any, **more: Any) -> Any:
            moment()
            answer = function(*arguments, **more)
            moment()
            return answer

        return watched

    for place, name in PLACES:
        setattr(place, name, around(getattr(place, name)))
    return seen


def run(work: Callable[[Catalog], object], settings: Settings, strike_at: int) -> int:
    """How many moments the work has, run in a process of its own; -9 where that was killed."""

    def child() -> None:
        seen = _watch(strike_at)
        with Catalog.open(settings) as catalog:
            work(catalog)
        os._exit(seen[0])

    process = get_context("fork").Process(target=child)
    process.start()
    process.join(60)
    assert process.exitcode is not None
    return process.exitcode


def provisioned(platform: Platform) -> Any:
    return lambda catalog: provision(
        catalog, platform.registry, ONE, SAMPLE, "1.1.0", prove=lambda _: ()
    )  # fmt: skip


def upgraded(platform: Platform, *, breaks: bool) -> Any:
    for tenant in (ONE, OTHER):
        platform.provision(tenant)
        platform.rows("SELECT set_tenant_module_upgrades(%s, %s, true)", tenant, SAMPLE)
    platform.admin.execute(
        f"INSERT INTO {NOTES} (tenant_id, title) VALUES (%s, 'warning'), (%s, %s)".encode(),
        (ONE, ONE, "breaks" if breaks else "works"),
    )
    return lambda catalog: upgrade_tenants(catalog, platform.registry, prove=lambda _: ())


def purged(platform: Platform) -> Any:
    rows_in(platform)
    return lambda catalog: purge(catalog, platform.folder / "out")


def state(platform: Platform) -> Any:
    """What a run leaves behind, but for times and names."""
    kept = platform.rows(
        "SELECT tenant_id, module_slug, module_version, state, target_version, failed_version"
        " FROM tenant_modules ORDER BY 1, 2"
    )
    ran = platform.rows("SELECT version, path, kind FROM core_module_migrations ORDER BY 1, 2")
    notes = platform.one("SELECT to_regclass(%s) IS NULL", NOTES) == (True,) or platform.rows(
        f"SELECT to_jsonb(n) - ARRAY['updated_at', 'version', 'created_at'] FROM {NOTES} AS n"
        " ORDER BY id"
    )
    purges = platform.rows("SELECT table_name, row_count FROM core_module_purges ORDER BY 1, 2")
    rows = everything(platform, platform.folder / "out") if purges or GUARDED in str(kept) else {}
    names = platform.rows("SELECT file_name FROM core_module_purges")
    out = platform.folder / "out"
    files = {each.name for each in out.iterdir()} if out.exists() else set()
    assert files <= {name + end for (name,) in names for end in ("", ".json")} or not names
    return kept, ran, notes, purges, rows


# With the moment, from the end, that is tried beside one in the middle.
WORKS = {
    "provision": (provisioned, 4), "upgrade": (partial(upgraded, breaks=False), 3),
    "upgrade and back": (partial(upgraded, breaks=True), 3), "purge": (purged, 4),
}  # fmt: skip


@pytest.fixture
def copies(server: str, released_modules: Settings) -> Iterator[Callable[[], Platform]]:
    """Makes fresh copies of the platform."""
    from tests.catalog.conftest import platform_copy

    with contextlib.ExitStack() as stack:
        yield lambda: stack.enter_context(platform_copy(server, released_modules))


@pytest.mark.parametrize("name", WORKS)
def test_a_second_run_ends_what_was_killed(name: str, copies: Callable[[], Platform]) -> None:
    prepare, late = WORKS[name]
    whole = copies()
    count = run(prepare(whole), whole.settings, -1)
    assert count > 5
    wanted = state(whole)
    some = range(count) if EVERY else sorted({count // 2, count - late})
    for moment in some:
        platform = copies()
        work = prepare(platform)
        before = everything(platform, platform.folder / "out") if name == "purge" else {}
        assert run(work, platform.settings, moment) == -signal.SIGKILL, moment
        if name == "purge":
            assert everything(platform, platform.folder / "out") == before, moment
        with Catalog.open(platform.settings) as catalog:
            work(catalog)
        assert state(platform) == wanted if name != "purge" else state(platform)[:4] == wanted[:4]
        if name == "purge":
            assert everything(platform, platform.folder / "out") == before, moment
