"""A catalog of the size of a platform: how fast it takes versions, and how fast it answers."""

from __future__ import annotations

import base64
import contextlib
import copy
import gc
import hashlib
import json
import multiprocessing
import shutil
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg

from gates.catalog import Catalog, EvidenceRow, ModuleRow, ReleasedVersion, act_store, store
from gates.catalog.candidate import module_row
from gates.database.server.embedded import durable_server
from gates.governance.affected import find_affected
from gates.release import evidence_rows, version_row
from gates.settings import Settings
from gates.tenants import store as tenants
from tests.conftest import EXAMPLES
from tests.passing import World

Say = Callable[[str], None]
Rows = tuple[ModuleRow, ReleasedVersion, tuple[EvidenceRow, ...]]
WORKERS, MODULES, VERSIONS = 8, 200, 5
MANY_MODULES, MANY_VERSIONS, TENANTS, HELD = 2_000, 50, 10_000, 5


def sample(work: Path, settings: Settings) -> Rows:
    """What one real release would write."""
    shutil.copytree(EXAMPLES / "_base" / "python", work / "sample-module")
    world = World(work / "sample-module", settings)
    world.published()
    with Catalog.open(settings) as catalog:
        release = world.release(catalog)
        return module_row(world.module), version_row(release), evidence_rows(release.statements)


def varied(rows: Rows, slug: str, version: str) -> Rows:
    """The same release under another name and version; its signatures verify no more, which the
    database does not look at."""
    module, row, evidence = rows
    manifest = dict(row.manifest) | {"slug": slug, "version": version}
    changed = []
    for each in evidence:
        envelope: Any = copy.deepcopy(each.envelope)
        statement = json.loads(base64.b64decode(envelope["payload"]))
        for subject in statement["subject"]:
            bundle = subject["name"].endswith(".tgz")
            subject["name"] = f"{slug}-{version}.tgz" if bundle else f"{slug}@{version}"
        payload = json.dumps(statement).encode()
        envelope["payload"] = base64.b64encode(payload).decode()
        digest = hashlib.sha256(payload).hexdigest()
        changed.append(replace(each, envelope=envelope, payload_sha256=digest))
    own = replace(module, slug=slug), replace(row, slug=slug, version=version, manifest=manifest)
    return *own, tuple(changed)


def _worker(settings: Settings, rows: Rows, numbers: Sequence[int], results: Any) -> None:
    took = []
    with Catalog.open(settings) as catalog:
        catalog.modules()
        for version in range(VERSIONS):
            for number in numbers:
                given = varied(rows, f"module-{number}", f"1.{version}.0")
                started = time.perf_counter()
                catalog.register(*given)
                took.append(time.perf_counter() - started)
    results.put(took)


def register(settings: Settings, rows: Rows) -> tuple[float, list[float]]:
    """Register every version by several processes; seconds in all, and of each registration."""
    results = multiprocessing.get_context("fork").Queue()
    fork = multiprocessing.get_context("fork").Process
    started = time.perf_counter()
    workers = [
        fork(target=_worker, args=(settings, rows, range(first, MODULES, WORKERS), results))
        for first in range(WORKERS)
    ]
    for each in workers:
        each.start()
    took = [one for _ in workers for one in results.get(timeout=600)]
    seconds = time.perf_counter() - started
    for each in workers:
        each.join()
    return seconds, took


def fill(
    session: psycopg.Connection[Any],
    modules: int = MANY_MODULES,
    versions: int = MANY_VERSIONS,
    tenants: int = TENANTS,
) -> None:
    """Many versions and tenants, copied from the first version that is there. Each module depends
    on the next one."""
    run = session.execute
    run("SET session_replication_role = replica")
    for table in ("core_modules", "core_module_versions", "core_module_version_evidence",
                  "tenant_modules"):  # fmt: skip
        run(f"ALTER TABLE {table} DISABLE TRIGGER USER".encode())
    run(
        "INSERT INTO core_modules SELECT 'many-' || n, name, description, category,"
        " maturity_status FROM (SELECT * FROM core_modules ORDER BY slug LIMIT 1) AS one,"
        " generate_series(1, %s) AS n", (modules,),
    )  # fmt: skip
    run(
        "INSERT INTO core_module_versions (slug, version, content_digest, bundle_digest,"
        " registry_manifest, registry_reference, policy_digest, changelog, migrations,"
        " tables_created, manifest, settings_schema, status)"
        " SELECT 'many-' || n, '1.' || v || '.0', content_digest, bundle_digest,"
        " registry_manifest, registry_reference, policy_digest, changelog, migrations,"
        " tables_created, manifest || jsonb_build_object('slug', 'many-' || n, 'version',"
        " '1.' || v || '.0', 'dependencies', jsonb_build_array(jsonb_build_object('slug',"
        " 'many-' || n %% %s + 1, 'version', '^1.2.0'))), settings_schema, status"
        " FROM (SELECT * FROM core_module_versions ORDER BY id LIMIT 1) AS one,"
        " generate_series(1, %s) AS n, generate_series(0, %s - 1) AS v",
        (modules, modules, versions),
    )
    run(
        "INSERT INTO core_module_version_evidence SELECT v.id, e.stage, e.verdict, e.key_id,"
        " e.payload_sha256, CASE WHEN v.slug = 'many-1000' THEN e.envelope ELSE '{}' END"
        " FROM core_module_versions AS v, (SELECT * FROM core_module_version_evidence"
        " WHERE module_version_id = (SELECT min(id) FROM core_module_versions)) AS e"
        " WHERE v.slug LIKE 'many-%'"
    )
    run(
        "INSERT INTO tenant_modules (tenant_id, module_slug, module_version, state, auto_upgrade)"
        " SELECT md5('tenant' || t)::uuid, 'many-' || (t * 7 + h * 401) %% %s + 1,"
        " '1.' || (t %% %s) || '.0', 'ENABLED', t %% 100 = 0"
        " FROM generate_series(1, %s) AS t, generate_series(1, %s) AS h",
        (modules, versions, tenants, HELD),
    )
    run("VACUUM ANALYZE")


def scale(work: Path, times: int, say: Say) -> str:
    """1,000 registrations by 8 processes; answers of 100,000 versions and 10,000 tenants."""
    settings = replace(
        Settings.from_environment(), state=work / "state", key=work / "state" / "key.pem",
        catalog=str(work / "first"), registry=str(work / "registry"),
    )  # fmt: skip
    rows = sample(work, settings)
    lines = []
    with durable_server(work / "catalog", settings) as url:
        settings = replace(settings, catalog=url)
        with Catalog.open(settings) as catalog:
            catalog.modules()
        seconds, took = register(settings, rows)
        tail = statistics.quantiles(took, n=20)[-1] * 1000
        middle = statistics.median(took) * 1000
        what = f"registration, {WORKERS} processes, {len(took):,} versions of {MODULES} modules"
        lines.append((what, f"{len(took) / seconds:.0f} a second", f"{middle:.1f}", f"{tail:.1f}"))
        say("  ".join(lines[-1]))
        with contextlib.closing(psycopg.connect(url, autocommit=True)) as session:
            fill(session)
            counts = session.execute(
                "SELECT (SELECT count(*) FROM core_module_versions),"
                " (SELECT count(DISTINCT tenant_id) FROM tenant_modules)"
            ).fetchall()[0]
            say(f"{counts[0]:,} versions, {counts[1]:,} tenants")
            with Catalog.open(settings) as catalog:
                catalog.modules()
                for name, ask, *statements in questions(catalog, session):
                    lines.append(answered(name, ask, max(times, 5) * 4))
                    say("  ".join(lines[-1]))
                    for line in (one for each in statements for one in plan(session, each)):
                        say(f"    {line}")
    head = ["| what | rate | median, ms | 95 of 100 within, ms |", "|---|--:|--:|--:|"]
    return "\n".join([*head, *(f"| {' | '.join(each)} |" for each in lines)]) + "\n"


def plan(session: psycopg.Connection[Any], statement: str) -> list[str]:
    """How the server answers a statement, line by line."""
    explain = f"EXPLAIN (ANALYZE, COSTS off, TIMING off, BUFFERS off) {statement}"
    return [str(line) for (line,) in session.execute(explain.encode()).fetchall()]


def statements_of_affected(
    session: psycopg.Connection[Any], slug: str, version: str
) -> tuple[str, ...]:
    """What `affected` asks: the versions, who depends on the module, and what is inside of
    `module_holders`, whose plan a call of it would hide."""
    ((body,),) = session.execute(
        "SELECT prosrc FROM pg_proc WHERE proname = 'module_holders'"
    ).fetchall()
    held = str(body).replace("of_module", f"'{slug}'").replace("wanted", f"'{version}'")
    return (
        f"{store.VERSIONS} WHERE slug = '{slug}' ORDER BY sort_key DESC",
        act_store.DEPENDANTS % {"slug": f"'{slug}'"},
        held,
    )


def most_held(session: psycopg.Connection[Any]) -> tuple[str, str]:
    """The module and the version that most tenants have."""
    ((slug, version),) = session.execute(
        "SELECT module_slug, module_version FROM tenant_modules GROUP BY 1, 2"
        " ORDER BY count(*) DESC, 1, 2 LIMIT 1"
    ).fetchall()
    return slug, version


def questions(
    catalog: Catalog, session: psycopg.Connection[Any]
) -> list[tuple[str, Callable[[], object], *tuple[str, ...]]]:
    """What is asked, how, and the statements whose plans are shown."""
    ((tenant, slug),) = session.execute(
        "SELECT tenant_id::text, module_slug FROM tenant_modules ORDER BY id DESC LIMIT 1"
    ).fetchall()
    held, at = most_held(session)
    today = datetime.now(UTC).date()
    health = f"check_tenant_module_health('{tenant}', '{slug}')"
    one = "'many-1000'"
    return [
        ("`list`", catalog.modules, store.MODULES),
        ("`show`, 50 versions", lambda: catalog.show("many-1000"),
         f"{store.VERSIONS} WHERE slug = {one} ORDER BY sort_key DESC"),
        ("`find`", lambda: catalog.find("many-1000", "1.7.0"),
         f"{store.VERSIONS} WHERE slug = {one} AND version = '1.7.0'"),
        ("`affected`", lambda: find_affected(catalog, held, at, today),
         *statements_of_affected(session, held, at)),
        ("`upgrade-tenants`, the plan",
         lambda: catalog.work(lambda own: tenants.due_upgrades(own, None, retry=False)),
         "SELECT * FROM auto_upgrade_tenant_modules()"),
        ("`health`", lambda: catalog.work(lambda own: tenants.health(own, tenant, slug)),
         f"SELECT * FROM {health}"),
        ("`stats`, of every module", lambda: catalog.work(tenants.stats),
         "SELECT * FROM get_module_system_stats()"),
    ]  # fmt: skip


def answered(name: str, ask: Callable[[], object], times: int) -> tuple[str, str, str, str]:
    """How long an answer takes, from the call to the last row as an object."""
    took = []
    ask()  # what is asked for the first time is read from the disk
    for _ in range(times):
        gc.collect()  # a command asks once: it does not meet the garbage of earlier answers
        started = time.perf_counter()
        ask()
        took.append((time.perf_counter() - started) * 1000)
    tail = statistics.quantiles(took, n=20)[-1]
    return name, "", f"{statistics.median(took):.1f}", f"{tail:.1f}"
