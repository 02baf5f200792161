"""One server for all tests of this folder, used by URL as anybody's server would be."""

from __future__ import annotations

import os
import shutil
import textwrap
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from gates.check import find
from gates.database import Database
from gates.database.server.embedded import throwaway_server
from gates.model import CheckResult, Finding
from gates.module import Module, load
from gates.needs import Needs
from gates.settings import Policy, Settings
from tests.conftest import EXAMPLES

TABLE = "tenant_sample_module_notes"
HEAD = "SET search_path TO public;\nSET lock_timeout = '5s';\nSET statement_timeout = '60s';\n\n"
BASE = (EXAMPLES / "_base/python/migrations/000_init.sql").read_text("utf-8")
OWN_AUDIT = """
CREATE OR REPLACE FUNCTION sample_module_write_audit_log()
RETURNS trigger
LANGUAGE plpgsql
SET search_path = ''
AS $$
BEGIN
    INSERT INTO public.audit_logs (tenant_id, table_name, operation, row_id, new_data)
    VALUES (NEW.tenant_id, TG_TABLE_NAME, TG_OP, NEW.id::text, to_jsonb(NEW));
    RETURN NULL;
END;
$$;

REVOKE EXECUTE ON FUNCTION sample_module_write_audit_log() FROM PUBLIC;
"""
BASE_WITH_OWN_AUDIT = BASE.replace(
    "REVOKE EXECUTE", f"{OWN_AUDIT.strip()}\nREVOKE EXECUTE", 1
).replace("audit_row_change()", "sample_module_write_audit_log()")
"""The base with an audit function of its own, which has to be approved."""


@pytest.fixture(scope="session")
def server_url() -> Iterator[str]:
    if given := os.environ.get("TEST_DATABASE_URL"):
        yield given
        return
    with throwaway_server(Settings.from_environment()) as url:
        yield url


@pytest.fixture
def shared(settings: Settings, server_url: str) -> Settings:
    """Settings that point at the shared server."""
    return replace(settings, database_url=server_url)


@pytest.fixture
def sql_module(folder: Path) -> Callable[..., Module]:
    """The Python base with other migrations: file names to SQL, "" removes a file."""

    def make(files: dict[str, str] | None = None) -> Module:
        root = folder / "modules" / "sample-module"
        if root.exists():
            shutil.rmtree(root)
        shutil.copytree(EXAMPLES / "_base" / "python", root)
        for name, text in (files or {}).items():
            path = root / "migrations" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(textwrap.dedent(text), "utf-8")
            if not text:
                path.unlink()
        return load(root)

    return make


@pytest.fixture
def database(shared: Settings) -> Iterator[Callable[[Module], Database]]:
    """Opens databases and closes them."""
    opened: list[Database] = []

    def open_(module: Module, policy: Policy | None = None) -> Database:
        opened.append(Database.open(module, policy or Policy(), shared))
        return opened[-1]

    yield open_
    for each in opened:
        each.close()


def results(
    module: Module,
    settings: Settings,
    *ids: str,
    look: Callable[[Database, Module, str, Finding], str] | None = None,
) -> dict[str, CheckResult]:
    """The results of some checks on one module, by id, in one run. With `look`, it is called with
    each finding while the databases are there, and has nothing to say."""
    from gates.run import run_check

    needs = Needs(module, Policy(), settings, today=date(2026, 11, 24))
    try:
        found = {}
        for each in ids:
            check = find(each)
            assert check is not None, each
            found[each] = run_check(check, needs)
            for finding in found[each].findings if look is not None else ():
                said = look(needs.database(), module, each, finding) if look is not None else ""
                assert not said, said
        return found
    finally:
        needs.close()
