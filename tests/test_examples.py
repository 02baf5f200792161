"""Runs every check on its own good and bad example; the examples are folders of data.

`tests/examples/<check-id>/expected.txt` names the base module (of `_base`, or an example module
where a check needs the platform's packages) and the findings on `bad`;
`good` is as near to `bad` as it can be, and has none but notes. Where there is a folder `released`,
the base with it on top is a version that the catalog holds already.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path

import psycopg
import pytest

from gates.catalog import Catalog
from gates.catalog.migrate import migrate
from gates.check import Check, all_checks
from gates.database.server.embedded import durable_server
from gates.model import CheckResult, Finding, Level, RanRecord, Stage, Verdict
from gates.module import load
from gates.needs import Needs
from gates.release import release_version
from gates.run import run_check
from gates.settings import Settings, load_policy
from tests.conftest import EXAMPLES, overlay_on
from tests.passing import World

TODAY = date(2026, 11, 24)
CATALOG = {"catalog", "previous", "releases"}
STARTING = CATALOG | {"database", "tools", "tests", "bundle"}
"""Needs that start a program or a server."""
SAMPLE = {
    "bandit", "dependencies-locked", "dependency-advisories", "migrations-apply", "prettier",
     "register-answers", "rollback-restores", "row-security", "ruff", "ruff-format",
    "tables-declared", "tenant-isolation", "tests-collected",
}  # fmt: skip
"""Of the checks with such a need, those whose examples are in the fast run."""


def expectation(check: Check) -> tuple[str, Sequence[str]]:
    """The base of a check's examples, and the findings on the bad one."""
    first, *rest = (EXAMPLES / check.id / "expected.txt").read_text("utf-8").splitlines()
    lines = [line for line in rest if line.strip() and not line.startswith("#")]
    return first.removeprefix("base: "), lines


def with_marks(check: Check) -> object:
    """A check as a parameter, with the marks of what its examples start."""
    needs, marks = set(check.needs), []
    if needs & (CATALOG | {"database"}):
        marks.append(pytest.mark.database)
    if "tools" in needs and expectation(check)[0] in ("typescript", "alert-engine"):
        marks.append(pytest.mark.node)
    if needs & STARTING and check.id not in SAMPLE:
        marks.append(pytest.mark.slow)
    return pytest.param(check, id=check.id, marks=marks)


CHECKS = [with_marks(check) for check in all_checks() if (EXAMPLES / check.id).is_dir()]


def shown(finding: Finding) -> str:
    """A finding as expected.txt writes it."""
    return f"{finding.location}: {finding.level}: {finding.message}".replace("\n", " ")


class Earlier:
    """States in which a version was released before: each made once, for both examples of a check,
    from a catalog that was set up once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def copy_to(self, state: Path, check: Check, make_module) -> None:
        """Put the version in `released` into the catalog, if the check's examples have one."""
        earlier, kept = EXAMPLES / check.id / "released", self._folder / check.id
        if not earlier.is_dir():
            return
        if kept.is_dir():
            copy(kept, state)
            return
        settings = Settings.from_environment({**os.environ, "GATES_STATE_DIR": str(state)})
        self._copy_catalog(settings)
        root = make_module(expectation(check)[0], earlier)
        world = World(
            root,
            settings,
            bundle=built(check, root, settings),
            measured=measured(check, root, settings),
        )
        world.published()
        with Catalog.open(settings) as catalog:
            release_version(world.release(catalog))
        shutil.rmtree(root.parent)
        copy(state, kept)

    def _copy_catalog(self, settings: Settings) -> None:
        empty = self._folder / "empty"
        if not empty.is_dir():
            with (
                durable_server(empty, settings) as url,
                psycopg.connect(url, autocommit=True) as connection,
            ):
                connection.execute("ALTER SYSTEM SET fsync = off")
                migrate(connection)
        copy(empty, Path(settings.catalog))


def copy(source: Path, target: Path) -> None:
    """A folder with its owners: PostgreSQL's files are not root's."""
    target.parent.mkdir(parents=True, exist_ok=True)
    subprocess.run(["cp", "-a", source, target], check=True)


@pytest.fixture(scope="session")
def earlier() -> Iterator[Earlier]:
    folder = Path(tempfile.mkdtemp(prefix="gates-test-"))
    folder.chmod(0o755)
    yield Earlier(folder)
    shutil.rmtree(folder, ignore_errors=True)


def measured(check: Check, root: Path, settings) -> tuple[RanRecord, ...]:
    """What the tests of the earlier version covered, for the check that compares with it."""
    if check.id != "coverage-kept":
        return ()
    needs = Needs(load(root), load_policy(root), settings, today=TODAY)
    try:
        return tuple(each for each in needs.tests().records if each.name == "coverage")
    finally:
        needs.close()


def commit_earlier(check: Check, root: Path) -> Path:
    """Commit the base to the branch main, where the check's examples are about changes."""
    if "changes" in check.needs:
        for line in (
            "init -q -b main", "add -A", "-c user.name=a -c user.email=a@b.c commit -q -m base",
        ):  # fmt: skip
            subprocess.run(["git", "-C", root, *line.split()], check=True)
    return root


def built(check: Check, root: Path, settings) -> bytes:
    """A bundle with built code for checks that look into it; b"" for one without, the faster."""
    if check.stage is not Stage.BUILD:
        return b""
    needs = Needs(load(root), load_policy(root), settings, today=TODAY)
    try:
        return needs.bundle().path.read_bytes()
    finally:
        needs.close()


def run(check: Check, root: Path, settings) -> CheckResult:
    module = load(root)
    needs = Needs(module, load_policy(root), settings, today=TODAY)
    try:
        return run_check(check, needs)
    finally:
        needs.close()


@pytest.mark.parametrize("which", ["bad", "good"])
@pytest.mark.parametrize("check", CHECKS)
def test_example(check, which, make_module, settings, earlier):
    base, expected = expectation(check)
    earlier.copy_to(settings.state, check, make_module)
    root = commit_earlier(check, make_module(base))
    overlay_on(root, EXAMPLES / check.id / which)
    result = run(check, root, settings)
    assert result.reason is None
    if which == "bad":
        assert [shown(finding) for finding in result.findings] == expected
    else:
        assert [shown(each) for each in result.findings if each.level is not Level.NOTE] == []
        assert result.verdict is Verdict.PASS
