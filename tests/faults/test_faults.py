"""A sample of the table in docs/security.md, and that its trials can fail."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import psycopg
import pytest

from gates.catalog import store
from gates.registry.layout import Writer
from tests.faults.faults import FAULTS, Fault
from tests.faults.shelves import Server
from tests.faults.trial import QUICK, STAGES, Laboratory

KILL, TERMINATE, FULL, READ_ONLY, GONE, CATALOG_CUT, REGISTRY_CUT = FAULTS
WITHIN = {
    "publish": ("push", "attach-evidence"),
    "release": ("attach-evidence", "register"),
}
"""The steps that write."""
SAMPLE = [
    *((stage, step, KILL) for stage, steps in WITHIN.items() for step in steps),
    ("publish", "push", TERMINATE), ("publish", "push", FULL), ("publish", "push", READ_ONLY),
    ("release", "register", TERMINATE), ("release", "attach-evidence", FULL),
    ("release", "attach-evidence", READ_ONLY), ("release", "register", GONE),
]  # fmt: skip


@pytest.fixture(scope="module")
def laboratory() -> Iterator[Laboratory]:
    with tempfile.TemporaryDirectory(prefix="gates-test-", dir=QUICK) as folder:
        Path(folder).chmod(0o755)
        with Laboratory.open(Path(folder)) as laboratory:
            yield laboratory


@pytest.fixture(scope="module")
def with_server() -> Iterator[Laboratory]:
    """With the registry on a server."""
    with (
        tempfile.TemporaryDirectory(prefix="gates-test-", dir=QUICK) as folder,
        Server.running() as server,
    ):
        Path(folder).chmod(0o755)
        with Laboratory.open(Path(folder), server) as laboratory:
            yield laboratory


@pytest.mark.parametrize(
    ("stage", "step", "fault"),
    [
        ("publish", "push", REGISTRY_CUT), ("publish", "attach-evidence", KILL),
        ("release", "attach-evidence", REGISTRY_CUT), ("release", "register", CATALOG_CUT),
    ],
    ids=lambda each: getattr(each, "name", each),
)  # fmt: skip
def test_a_server_as_registry(with_server: Laboratory, stage: str, step: str, fault: Fault) -> None:
    test_the_second_run_ends_as_one(with_server, stage, step, fault)


@pytest.mark.parametrize(
    ("stage", "step", "fault"), SAMPLE, ids=lambda each: getattr(each, "name", each)
)
def test_the_second_run_ends_as_one(
    laboratory: Laboratory, stage: str, step: str, fault: Fault
) -> None:
    cases = laboratory.cases(stage, step, fault)
    ended = laboratory.tried(cases[len(cases) // 2])
    assert not ended.wrong
    assert ended.status != 0


def test_every_step_has_moments(laboratory: Laboratory) -> None:
    for stage, module in STAGES.items():
        moments = laboratory.moments[stage]
        assert {each.name for each in module.STEPS} == set(moments)
        assert min(moments.values()) >= 2
        assert all(moments[step] > 10 for step in WITHIN[stage])


def test_a_transaction_that_ends_early_is_told(
    laboratory: Laboratory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same trial of a release that commits the module before its version."""
    register = store.register_version

    def commit_and_register(connection: psycopg.Connection[Any], module: Any, *rest: Any) -> None:
        connection.execute("RESET ROLE")
        connection.execute(
            "INSERT INTO core_modules (slug, name, description, category, maturity_status) VALUES"
            " (%(slug)s, %(name)s, %(description)s, %(category)s, %(maturity_status)s)",
            asdict(module),
        )
        connection.execute("COMMIT")
        register(connection, module, *rest)

    monkeypatch.setattr(store, "register_version", commit_and_register)
    cases = laboratory.cases("release", "register", KILL)
    wrong = (laboratory.tried(each).wrong for each in cases[len(cases) // 2 :])
    assert any(each == "the module is listed without a version" for each in wrong)


def test_what_a_killed_writer_began_and_nobody_sweeps_is_told(
    laboratory: Laboratory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same trial of a registry that leaves it."""
    monkeypatch.setattr(Writer, "prepare", lambda self: self._ingest.mkdir(exist_ok=True))
    cases = laboratory.cases("release", "attach-evidence", KILL)
    wrong = (laboratory.tried(each).wrong for each in cases[len(cases) // 2 :])
    assert any(each == "another state than one run" for each in wrong)
