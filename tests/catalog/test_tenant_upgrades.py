"""Upgrades without asking: whom, when, to what; and back to the version before where one fails."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, time
from typing import Any

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as some

from gates.catalog import Catalog
from gates.errors import RefusedError
from gates.module import with_files
from gates.tenants import Upgraded, installation, store, upgrade_tenants
from tests.catalog.tenants import GUARDED, NOTES, ONE, OTHER, SAMPLE, THIRD, Platform


def upgrade(platform: Platform, **more: Any) -> tuple[Upgraded, ...]:
    return upgrade_tenants(platform.catalog, platform.registry, prove=lambda _: (), **more)


def wanted(platform: Platform, tenant: str, window: Any = None, days: Any = ()) -> None:
    platform.catalog.work(
        lambda session: store.set_upgrades(
            session, tenant, SAMPLE, automatic=True, window=window, days=days
        )
    )


def note(platform: Platform, title: str, tenant: str = ONE) -> None:
    platform.admin.execute(
        f"INSERT INTO {NOTES} (tenant_id, title) VALUES (%s, %s)".encode(), (tenant, title)
    )


def columns(platform: Platform) -> set[str]:
    rows = platform.rows(
        "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND NOT attisdropped", NOTES
    )
    return {each[0] for each in rows}


def only_offered(platform: Platform, version: str) -> None:
    """Later versions are retired: upgrades end here."""
    platform.admin.execute("ALTER TABLE core_module_versions DISABLE TRIGGER keep_version")
    platform.admin.execute(
        "UPDATE core_module_versions SET status = 'RETIRED'"
        ' WHERE slug = %s AND sort_key > core_semver_key(%s) COLLATE "C"',
        (SAMPLE, version),
    )


def ran(platform: Platform) -> list[str]:
    """The files that were run for the module, in order."""
    paths = platform.rows("SELECT path FROM core_module_migrations ORDER BY applied_at")
    return [each[0].rpartition("/")[2] for each in paths]


def test_a_version_that_is_provisioned_over_another_is_upgraded_to(platform: Platform) -> None:
    platform.provision(ONE)
    note(platform, "")
    assert platform.provision(OTHER, version="1.1.0").state == "ENABLED"
    assert ran(platform) == [
        "000_init.sql", "pre_upgrade.sql", "001_colour.sql", "post_upgrade.sql",
    ]  # fmt: skip
    assert platform.rows(f"SELECT title FROM {NOTES}") == [("untitled",)]


def test_a_fresh_install_runs_no_hook(platform: Platform) -> None:
    assert platform.provision(ONE, version="1.1.0").state == "ENABLED"
    assert ran(platform) == ["000_init.sql", "001_colour.sql"]


def test_the_first_version_takes_over_what_was_there_before(
    platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    hook = b"ALTER TABLE IF EXISTS public.older_notes RENAME TO kept_notes;"
    released = installation.Installation.module.func

    def with_hook(self: Any) -> Any:
        return with_files(released(self), {"migrations/hooks/pre_upgrade.sql": hook})

    monkeypatch.setattr(installation.Installation, "module", property(with_hook))
    platform.admin.execute("CREATE TABLE public.older_notes (n int)")
    found = platform.provision(ONE)
    assert (found.state, "must be owner of table" in found.failure) == ("ERROR", True)
    assert ran(platform) == []
    platform.admin.execute("ALTER TABLE public.older_notes OWNER TO gates_migrator")
    assert platform.provision(ONE).state == "ENABLED"
    assert ran(platform) == ["pre_upgrade.sql", "000_init.sql"]
    assert platform.one("SELECT to_regclass('public.kept_notes') IS NOT NULL") == (True,)


def test_with_hooks_and_rows_and_only_who_wants_it(platform: Platform) -> None:
    for tenant in (ONE, OTHER, THIRD):
        platform.provision(tenant)
    only_offered(platform, "1.1.0")
    for title in ("", "warning", "usual"):
        note(platform, title)
        note(platform, title, OTHER)
    for tenant in (ONE, OTHER):
        wanted(platform, tenant)
    done = upgrade(platform)
    assert {(e.tenant, e.before, e.after, e.state, e.failure) for e in done} == {
        (tenant, "1.0.0", "1.1.0", "ENABLED", "") for tenant in (ONE, OTHER)
    }
    assert platform.state(THIRD) == ("ENABLED", "1.0.0")
    seen = platform.rows(f"SELECT title, colour FROM {NOTES} WHERE tenant_id = %s ORDER BY id", ONE)
    assert seen == [("untitled", "white"), ("warning", "red"), ("usual", "white")]
    assert ran(platform) == [
        "000_init.sql", "pre_upgrade.sql", "001_colour.sql", "post_upgrade.sql",
    ]  # fmt: skip
    states = platform.rows(
        "SELECT new_data ->> 'state' FROM audit_logs WHERE table_name = 'tenant_modules'"
        " AND tenant_id = %s AND old_data ->> 'state' <> new_data ->> 'state' ORDER BY id", ONE,
    )  # fmt: skip
    assert [each[0] for each in states] == [
        "PROVISIONING", "ENABLED", "UPGRADING", "UP_TO_DATE", "ENABLED",
    ]  # fmt: skip
    assert upgrade(platform) == ()
    # a tenant who comes later has its files and hooks already
    wanted(platform, THIRD)
    assert [each.state for each in upgrade(platform)] == ["ENABLED"]
    assert platform.one("SELECT count(*) FROM core_module_migrations") == (4,)


def test_back_to_the_version_before_where_it_fails(platform: Platform) -> None:
    for tenant in (ONE, OTHER):
        platform.provision(tenant)
        wanted(platform, tenant)
    note(platform, "breaks")
    before = columns(platform)
    done = upgrade(platform)
    assert {(e.state, e.before, e.after) for e in done} == {("ENABLED", "1.0.0", "1.2.0")}
    assert all("division by zero" in each.failure for each in done)
    assert columns(platform) == before
    assert platform.state(ONE) == ("ENABLED", "1.0.0")
    assert platform.rows("SELECT path FROM core_module_migrations") == [
        ("migrations/000_init.sql",)
    ]
    assert upgrade(platform) == (), "what failed is not tried again"
    note(platform, "works")
    assert {each.state for each in upgrade(platform, retry=True)} == {"ENABLED"}
    assert platform.state(ONE) == platform.state(OTHER) == ("ENABLED", "1.2.0")
    assert platform.one("SELECT count(failed_version), count(last_error) FROM tenant_modules") == (
        0, 0,
    )  # fmt: skip


def test_what_others_use_is_not_rolled_back(platform: Platform) -> None:
    platform.provision(ONE)
    platform.provision(OTHER, version="1.1.0")
    wanted(platform, ONE)
    note(platform, "breaks")
    assert upgrade(platform)[0].state == "ENABLED"
    assert "colour" in columns(platform)
    assert platform.state(ONE) == ("ENABLED", "1.0.0")
    assert platform.one("SELECT count(*) FROM core_module_migrations WHERE kind = 'migration'") == (
        2,
    )


def test_what_an_older_version_consists_of_is_not_rolled_back(platform: Platform) -> None:
    platform.provision(OTHER, version="1.2.0")  # it brought 001, which 1.1.0 has too
    platform.rows("SELECT set_tenant_module_state(%s, %s, 'DISABLED')", OTHER, SAMPLE)
    platform.rows("SELECT set_tenant_module_state(%s, %s, 'ARCHIVED')", OTHER, SAMPLE)
    platform.provision(ONE, version="1.1.0")
    gone = platform.rows("SELECT forget_module_migrations(%s, '1.2.0')", SAMPLE)
    assert gone == [("migrations/002_size.sql",)]


def test_settings_that_do_not_fit_keep_the_version_before(platform: Platform) -> None:
    for tenant in (ONE, OTHER):
        platform.provision(tenant)
        wanted(platform, tenant)
    only_offered(platform, "1.1.0")
    platform.admin.execute(
        "INSERT INTO tenant_module_settings (tenant_id, module_slug, module_version, settings)"
        " VALUES (%s, %s, '1.0.0', '{\"order\": \"secret-word\"}')",
        (ONE, SAMPLE),
    )
    done = {each.tenant: each for each in upgrade(platform)}
    assert done[OTHER].failure == ""
    assert "do not fit 1.1.0: order must fit enum" in done[ONE].failure
    assert "secret-word" not in done[ONE].failure
    assert platform.state(ONE) == ("ENABLED", "1.0.0")
    assert platform.state(OTHER) == ("ENABLED", "1.1.0")


def test_two_runs_at_once_do_each_upgrade_once(platform: Platform) -> None:
    for tenant in (ONE, OTHER):
        platform.provision(tenant)
        wanted(platform, tenant)

    def run(_: int) -> tuple[Upgraded, ...]:
        with Catalog.open(platform.settings) as catalog:
            return upgrade_tenants(catalog, platform.registry, prove=lambda _: ())

    with ThreadPoolExecutor(4) as pool:
        ended = [each for done in pool.map(run, range(4)) for each in done]
    assert sorted((each.tenant, each.failure) for each in ended) == sorted(
        (tenant, "") for tenant in (ONE, OTHER)
    )
    assert platform.state(ONE) == platform.state(OTHER) == ("ENABLED", "1.2.0")


def test_trouble_with_one_version_is_told_and_nothing_begun(platform: Platform) -> None:
    platform.provision(ONE)
    wanted(platform, ONE)
    done = upgrade_tenants(platform.catalog, platform.registry, prove=lambda _: ["not signed"])
    assert [(each.state, each.failure) for each in done] == [("not begun", "not signed")]
    assert platform.state(ONE) == ("ENABLED", "1.0.0")


def test_a_version_that_is_withdrawn_during_an_upgrade_is_left_again(platform: Platform) -> None:
    platform.provision(ONE)
    platform.rows("SELECT begin_tenant_module_upgrade(%s, %s, '1.1.0')", ONE, SAMPLE)
    only_offered(platform, "1.0.0")
    (done,) = upgrade(platform)
    assert (done.state, done.before) == ("ENABLED", "1.0.0")
    assert "is not offered any more" in done.failure


def test_versions_under_a_verb_are_offered_to_nobody(platform: Platform) -> None:
    platform.admin.execute("ALTER TABLE core_module_acts DISABLE TRIGGER ALL")
    for version, verb in (("1.2.0", "yank"), ("2.0.0", "revoke")):
        platform.admin.execute(
            "INSERT INTO core_module_acts (module_version_id, verb, reason, replacement, made_at,"
            " key_id, payload_sha256, envelope) SELECT id, %s, 'bad', '', now(), %s, %s, '{}'"
            " FROM core_module_versions WHERE slug = %s AND version = %s",
            (verb, "0" * 64, "0" * 64, SAMPLE, version),
        )
    for version in ("1.2.0", "2.0.0"):
        with pytest.raises(RefusedError, match="is not offered"):
            platform.provision(ONE, version=version)
    assert platform.provision(ONE, version=None).version == "1.1.0"
    platform.provision(OTHER, version="1.0.0")
    wanted(platform, OTHER)
    (done,) = upgrade(platform)
    assert (done.after, done.failure) == ("1.1.0", "")


def test_an_upgrade_is_refused_to_what_is_no_later_version_of_the_line(platform: Platform) -> None:
    platform.provision(ONE, version="1.1.0")
    platform.approved(ONE)
    begin = "SELECT begin_tenant_module_upgrade(%s, %s, %s)"
    for slug, version in (
        (SAMPLE, "1.0.0"), (SAMPLE, "1.1.0"), (SAMPLE, "2.0.0"), (SAMPLE, "1.9.0"),
        (GUARDED, "1.0.0"), (SAMPLE, None),
    ):  # fmt: skip
        with pytest.raises((psycopg.errors.CheckViolation, psycopg.errors.ForeignKeyViolation)):
            platform.rows(begin, ONE, slug, version)
    with pytest.raises(psycopg.errors.NoDataFound):
        platform.rows(begin, OTHER, SAMPLE, "1.2.0")
    platform.rows(begin, ONE, SAMPLE, "1.2.0")
    with pytest.raises(psycopg.errors.CheckViolation, match=r"002_size\.sql was not run"):
        platform.rows("SELECT finish_tenant_module_upgrade(%s, %s)", ONE, SAMPLE)


WINDOWS = (
    (None, (), "2026-11-24T12:00", True),
    ((22, 4), (), "2026-11-24T22:00", True),
    ((22, 4), (), "2026-11-24T03:59", True),
    ((22, 4), (), "2026-11-24T04:00", False),
    ((1, 4), (), "2026-11-24T00:59", False),
    ((1, 4), (2,), "2026-11-24T01:00", True),
    ((1, 4), (1,), "2026-11-24T01:00", False),
    ((22, 4), (1,), "2026-11-24T03:00", True),
    ((22, 4), (2,), "2026-11-24T03:00", False),
    (None, (6, 7), "2026-11-24T03:00", False),
)
"""Hours, days on which it begins, a moment (a Tuesday), and whether upgrades may begin then."""


def test_the_window_is_honoured(platform: Platform) -> None:
    platform.provision(ONE)
    for window, days, moment, due in WINDOWS:
        wanted(platform, ONE, window and (time(window[0]), time(window[1])), days)
        at = datetime.fromisoformat(moment).replace(tzinfo=UTC)
        plan = platform.catalog.work(lambda own, at=at: store.due_upgrades(own, at, retry=False))
        assert bool(plan) is due, (window, days, moment)


HOURS = some.integers(0, 95).map(lambda n: time(n // 4, n % 4 * 15))


@given(HOURS, HOURS, some.sets(some.integers(1, 7), min_size=1), some.integers(0, 7 * 96 - 1))
def test_windows_are_what_a_list_of_quarters_says(
    session: Any, starts: time, ends: time, days: set[int], quarter: int
) -> None:
    first, last = (each.hour * 4 + each.minute // 15 for each in (starts, ends))
    length = (last - first) % 96 or 96
    open_at = {((day - 1) * 96 + first + n) % (7 * 96) for day in days for n in range(length)}
    ((found,),) = session.execute(
        "SELECT core_in_window(%s, %s, %s::smallint[],"
        " '2026-11-23 00:00+00'::timestamptz + %s * interval '15 minutes')",
        (starts, ends, sorted(days), quarter),
    ).fetchall()
    assert found is (quarter in open_at)


def test_somebody_elses_refusal_reaches_nobody_else(platform: Platform) -> None:
    with pytest.raises(RefusedError, match="never asked for"):
        wanted(platform, ONE)
