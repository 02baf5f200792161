"""What older modules lack beside their database: each draft alone, in memory."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date

import hypothesis
import hypothesis.strategies as st
import pytest

from gates.adoption.database import NewDatabase
from gates.adoption.draft import Older, drafts, older_slug
from gates.adoption.drafts.changelog import changelog
from gates.adoption.drafts.environment_example import environment_example
from gates.adoption.drafts.manifest import manifest
from gates.adoption.drafts.readme import readme
from gates.adoption.drafts.settings_schema import settings_schema
from gates.adoption.drafts.sources import sources
from gates.adoption.older_files import older_files
from gates.adoption.repair import repairs
from gates.module import Module, from_files, with_files
from gates.settings import Policy

NOTHING = NewDatabase()
CODE = b"def register():\n    return {}\n"
RENAMED = NewDatabase(tables=("tenant_x_notes",), renamed={"notes": "tenant_x_notes"})


def older(files: dict[str, bytes], database: NewDatabase = NOTHING) -> Older:
    module = with_files(from_files("my-notes", {"module.json": b"{}", **files}), {})
    if "module.json" not in files:
        module = with_files(module, {"module.json": None})
    return Older(module, module, database, Policy(platform_version="2.1.0"), date(2026, 11, 24))


def drafted(files: dict[str, bytes], database: NewDatabase = NOTHING) -> dict:
    return json.loads(manifest.run(older(files, database))["module.json"] or b"")


def test_repairs_and_drafts_are_found_without_a_list():
    assert {"policies", "tenant_index", "names"} <= {each.name for each in repairs()}
    assert [each.name for each in drafts()][:2] == ["sources", "manifest"]
    orders = [each.order for each in repairs()]
    assert orders == sorted(orders)


def test_old_spellings_have_todays_names():
    said = {
        "slug": "my-notes", "version": "1.2.3", "visibility": "ga", "min_core_version": "1.0.0",
        "data_retention_days": 30, "dependencies": {"billing": "^1.0.0"}, "icon": "box",
        "main": "./src/my_notes/__init__.py",
    }  # fmt: skip
    files = {"module.config.json": json.dumps(said).encode(), "src/my_notes/__init__.py": CODE}
    found = drafted(files, RENAMED)
    assert found["maturity_status"] == "GA"
    assert found["compatibility_matrix"]["min_axon_version"] == "1.0.0"
    assert found["data_retention"] == {"default_retention_days": 30}
    assert found["dependencies"] == [{"slug": "billing", "version": "^1.0.0"}]
    assert found["x-icon"] == "box"
    assert found["entrypoint"] == "src/my_notes/__init__.py"
    assert found["database_tables"] == ["tenant_x_notes"]
    assert not {"visibility", "min_core_version", "data_retention_days", "main"} & found.keys()
    assert manifest.run(older(files))["module.config.json"] is None


@pytest.mark.parametrize(
    ("files", "key", "value"),
    [
        ({}, "maturity_status", "IN_DEVELOPMENT"),
        ({"module.json": b'{"visibility": "beta"}'}, "maturity_status", "IN_DEVELOPMENT"),
        ({}, "license", "Proprietary"),
        ({"package.json": b'{"license": "UNLICENSED"}'}, "license", "Proprietary"),
        ({"package.json": b'{"license": "MIT", "version": "3.0.0"}'}, "version", "3.0.0"),
        ({"pyproject.toml": b'[project]\nversion = "0.2.0"\n'}, "version", "0.2.0"),
        ({"package.json": b"no json"}, "version", "0.1.0"),
        ({"README.md": b"# X\n\nCounts what is there.\n"}, "description", "Counts what is there."),
        ({"src/index.ts": b"export function register() {}"}, "entrypoint", "src/index.ts"),
    ],
)
def test_what_no_file_says_is_the_plainest_thing(files, key, value):
    assert drafted(files)[key] == value


def test_what_the_sources_read_is_listed_and_shown():
    env = b"""
from pydantic_settings import BaseSettings, SettingsConfigDict


class Environment(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="X_")

    limit: int = 5
    api_token: str
"""
    files = {"src/my_notes/__init__.py": CODE, "src/my_notes/env.py": env}
    found = drafted(files)["environment_variables"]
    assert [(each["name"], each["required"], each["secret"]) for each in found] == [
        ("X_LIMIT", False, False), ("X_API_TOKEN", True, True),
    ]  # fmt: skip
    said = {**files, "module.json": json.dumps({"environment_variables": found}).encode()}
    assert environment_example.run(older(said)) == {
        ".env.example": b"X_LIMIT=5\nX_API_TOKEN=<your x_api_token>\n"
    }
    shown = {**said, ".env.example": b"# X_LIMIT=9\nX_API_TOKEN=none"}
    assert environment_example.run(older(shown)) == {}


def test_settings_come_from_the_older_manifest_and_from_a_table():
    said = {"version": "1.0.0", "settings": {"days": 9, "api_key": "k", "kind": {"type": "string"}}}
    table = NewDatabase(settings={"format": {"enum": ["pdf", "csv"], "default": "pdf"}, "days": {}})
    run = settings_schema.run(older({"module.json": json.dumps(said).encode()}, table))
    found = json.loads(run["module_schema.json"] or b"")
    assert found["schema_version"] == "1.0.0"
    assert found["properties"]["days"] | {"description": ""} == {
        "title": "Days", "description": "", "type": "integer", "default": 9, "examples": [9],
    }  # fmt: skip
    assert found["properties"]["format"]["enum"] == ["pdf", "csv"]
    secret = found["properties"]["api_key"]
    assert secret["format"] == "password"
    assert "default" not in secret
    assert secret["examples"] != ["k"]


def test_a_changelog_keeps_its_older_entries():
    files = {
        "module.json": b'{"version": "2.0.0"}',
        "CHANGELOG.md": b"# Changes\n\n## [1.0.0] - 2025-01-01\n\n- First.\n",
    }
    text = (changelog.run(older(files, RENAMED))["CHANGELOG.md"] or b"").decode()
    assert text.index("## [2.0.0] - 2026-11-24") < text.index("## [1.0.0]")
    assert "- The table notes is tenant_x_notes." in text
    assert changelog.run(older({**files, "CHANGELOG.md": text.encode()}, RENAMED)) == {}


def test_a_readme_that_is_there_stays():
    assert readme.run(older({"README.md": b"x"})) == {}
    said = b'{"name": "X", "description": "Counts."}'
    assert readme.run(older({"module.json": said})) == {"README.md": b"# X\n\nCounts.\n"}


def test_what_a_draft_has_written_it_writes_no_second_time():
    files = {"src/my_notes/__init__.py": CODE, "module.config.json": b'{"settings": {"days": 9}}'}
    module = older({**files, "module.json": b'{"settings": {"days": 9}}'}, RENAMED)
    for each in (settings_schema, manifest, changelog, readme):
        written = each.run(module)
        assert written, each.name
        module = replace(module, module=with_files(module.module, written))
    for each in drafts():
        assert each.run(module) == {}, each.name


def test_only_sql_in_sources_gets_the_new_names():
    text = (
        "from notes import x\nfrom notes.lib import y\n"
        'A = "SELECT 1 FROM notes n JOIN public.notes m"\nB = "select 1 from notes_old"\n'
    )
    files = {"src/a.py": text.encode(), "docs/a.py": b"FROM notes"}
    assert sources.run(older(files, RENAMED)) == {
        "src/a.py": (
            b"from notes import x\nfrom notes.lib import y\n"
            b'A = "SELECT 1 FROM tenant_x_notes n JOIN tenant_x_notes m"\n'
            b'B = "select 1 from notes_old"\n'
        )
    }
    assert sources.run(older(files)) == {}


def of_sql(*paths: str, **texts: str) -> Module:
    files = {path: texts.get(path, path).encode() for path in paths}
    return from_files("m", {"module.json": b"{}", **files})


def test_older_files_run_by_their_numbers_and_rollbacks_do_not():
    found = older_files(
        of_sql("db/10_b.sql", "db/9_a.sql", "db/rollback_9.sql", "db/9_a.down.sql", "src/x.sql")
    )
    assert found.steps == ("db/9_a.sql", "db/10_b.sql")
    assert set(found.others) == {"db/rollback_9.sql", "db/9_a.down.sql"}
    assert older_files(of_sql("src/x.sql")).steps == ()


@hypothesis.settings(max_examples=25)
@hypothesis.given(st.lists(st.integers(0, 10**6), min_size=1, max_size=8, unique=True))
def test_any_numbers_run_in_their_order(numbers):
    paths = [f"migrations/{number}_x.sql" for number in numbers]
    assert list(older_files(of_sql(*paths)).steps) == [
        f"migrations/{number}_x.sql" for number in sorted(numbers)
    ]


@pytest.mark.parametrize(
    ("said", "slug"),
    [(b'{"slug": "Alert Engine"}', "alert-engine"), (b'{"slug": "alertEngine"}', "alert-engine")],
)
def test_a_slug_in_kebab_case(said, slug):
    assert older_slug(from_files("m", {"module.json": said})) == slug
