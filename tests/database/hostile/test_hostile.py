"""Each hostile module is refused by the check that is named, with the reason that is named, and
what the findings say comes again when it is run again."""

from __future__ import annotations

import pytest

from gates.model import CheckResult, Level, Verdict
from tests.database.conftest import HEAD, results
from tests.database.hostile.behind import BEHIND
from tests.database.hostile.certain_rows import CERTAIN_ROWS, OWN_ROWS
from tests.database.hostile.channels import CHANNELS
from tests.database.hostile.conditions import CLOSED, CONDITIONS
from tests.database.hostile.definers import DEFINERS, OWN_DEFINERS
from tests.database.hostile.files import FILES
from tests.database.hostile.keys import KEYS
from tests.database.hostile.policies import POLICIES
from tests.database.hostile.refusing import OWN_REFUSING, REFUSING
from tests.database.hostile.run_time import RUN_TIME_OBJECTS
from tests.database.hostile.sessions import SESSIONS
from tests.database.hostile.shape import Hostile
from tests.database.witnesses import unshown

REFUSED = (
    *POLICIES, *KEYS, *BEHIND, *RUN_TIME_OBJECTS, *CHANNELS, *SESSIONS, *FILES, *CONDITIONS,
    *CERTAIN_ROWS, *DEFINERS, *REFUSING,
)  # fmt: skip
RIGHT = {**CLOSED, **OWN_ROWS, **OWN_DEFINERS, **OWN_REFUSING}


def reasons(result: CheckResult) -> list[str]:
    """Why a check refuses: its errors, and what it could not say."""
    found = [each.message for each in result.findings if each.level is Level.ERROR]
    return [*found, *([result.reason or ""] if result.verdict is Verdict.INCONCLUSIVE else [])]


@pytest.mark.parametrize("hostile", REFUSED, ids=lambda each: each.name)
def test_a_hostile_module_is_refused(hostile: Hostile, sql_module, shared):
    module = sql_module(hostile.files)
    found = results(module, shared, hostile.check, look=unshown)[hostile.check]
    said = reasons(found)
    assert any(hostile.says in each for each in said), (hostile.wants, said)


@pytest.mark.parametrize("name", RIGHT)
def test_a_right_module_that_looks_like_one_passes(name, sql_module, shared):
    files = {"001_more.sql": HEAD + RIGHT[name], "rollback/001_more.sql": HEAD + "SELECT 1;"}
    found = results(sql_module(files), shared, "tenant-isolation")["tenant-isolation"]
    assert (found.verdict, found.reason, found.findings) == (Verdict.PASS, None, ())


def test_names_are_told_apart():
    assert len({each.name for each in REFUSED}) == len(REFUSED)
