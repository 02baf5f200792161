"""A plan is read with its lines, and refused where it cannot be carried out."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gates.cli import cli
from gates.errors import ConfigurationError
from gates.move.judge_plan import faults, summary
from gates.move.plan import Step, minutes, ordered
from gates.move.positions import lines_of
from gates.move.read import PlanError, load_plan, read_plan, seconds_of
from gates.report.migration import plan_text
from tests.move.conftest import EXAMPLE, SEED

PATH = Path("migration-plan.toml")
TEXT = EXAMPLE.read_text("utf-8")


def plan_of(old: str = "", new: str = ""):
    assert old in TEXT
    return read_plan(TEXT.replace(old, new, 1).encode(), PATH)


def rules(plan) -> list[str]:
    return [each.rule for each in faults(plan)]


def test_the_example_can_be_carried_out():
    plan = load_plan(EXAMPLE)
    assert faults(plan) == ()
    assert summary(plan) == (
        "8 steps: 185 min by their budgets, 277.5 min by their limits, in a window of 360 min",
        "a rollback takes 30 min: it must begin by 2027-03-14T06:30+00:00, minute 330, after the"
        " last step by the budgets",
    )


def test_the_published_plan_is_refused_for_each_of_its_faults():
    found = faults(load_plan(SEED))
    assert {(each.rule, each.line) for each in found} >= {
        ("window", 6), ("dump-loses-rights", 14), ("no-check", 14), ("psql-goes-on", 21),
        ("psql-goes-on", 29), ("restore-over-existing", 29), ("no-way-back", 38),
        ("no-room-for-rollback", 38), ("hidden-command", 45), ("nobody", 53),
        ("two-rollbacks", 60), ("no-criteria", 1), ("no-backup", 14),
    }  # fmt: skip
    text = plan_text(load_plan(SEED), found, "seed-plan.toml")
    assert "may take 540 min before any is stopped (360 min by their budgets)" in text
    assert "the rollback takes 30 min (rollback.within, line 60), 45 min (stated at the" in text
    assert "it must begin by 2027-03-14T06:15+00:00, minute 315, during validation" in text


def test_the_page_shows_what_is_said_about_the_published_plan():
    plan = load_plan(SEED)
    said = plan_text(plan, faults(plan), SEED.name).splitlines(keepends=True)
    shown = "".join(each for each in said if not each.startswith("  fix: "))
    page = (EXAMPLE.parents[1] / "docs" / "migration.md").read_text("utf-8")
    assert f"```text\n{shown}```\n" in page, shown


@pytest.mark.parametrize(
    ("old", "new", "rule"),
    [
        ('length = "6h"', 'length = "277m"', "window"),
        ('length = "6h"', 'length = "290m"', "no-room-for-rollback"),
        ('after = ["close-platform"]', 'after = ["validate"]', "cycle"),
        ('after = ["close-platform"]', 'after = ["nothing"]', "unknown-step"),
        ('id = "move-audit"', 'id = "move-modules"', "same-id"),
        ('action = "audit"', 'action = "audits"', "unknown-action"),
        ('action = "audit"', 'command = ["./audit"]', "no-check"),
        ('rollback = { kind = "restore" }', "", "no-way-back"),
        ('rollback = { kind = "restore" }', 'rollback = { kind = "nothing" }', "no-way-back"),
        ('rollback = { kind = "restore" }', 'rollback = { kind = "none" }', "no-way-back"),
        (', reason = "tenants write from here on, and a restore would lose it"', "", "no-reason"),
        ('people = ["Jun Ito"]', "", "nobody"),
        ('people = ["Jun Ito"]', 'people = ["Nobody"]', "unknown-person"),
        (
            'measure = "free-space"\nat_least = 3',
            'measure = "mood"\nat_least = 3',
            "unknown-measure",
        ),
        ('measure = "free-space"\nat_least = 3', 'measure = "free-space"', "criterion"),
        ('action = "close"', 'action = "validate"', "open-platform"),
        ('action = "backup"', 'action = "validate"', "no-backup"),
        ('within = "30m"', 'within = "45m"', "two-rollbacks"),
        (
            'rollback = { kind = "restore" }',
            'rollback = { kind = "command", command = ["undo"] }',
            "no-check",
        ),
        (
            'rollback = { kind = "restore" }',
            'rollback = { kind = "command", command = ["undo"],'
            ' budget = "5m", check = { command = ["undone"] } }',
            "two-rollbacks",
        ),
        (
            'rollback = { kind = "restore" }',
            'rollback = { kind = "command", command = ["undo"],'
            ' check = { command = ["sh", "-c", "undone"] } }',
            "hidden-command",
        ),
    ],
)
def test_one_change_and_the_plan_is_refused_for_it(old, new, rule):
    assert rule in rules(plan_of(old, new))


def command(*words: str, before: str = "") -> list[str]:
    listed = ", ".join(f'"{each}"' for each in words)
    text = TEXT.replace('action = "audit"', f'command = [{listed}]\ncheck = {{ sql = "SELECT 1",'
                        ' expect = "1" }', 1)  # fmt: skip
    return rules(
        read_plan((text.replace('action = "move"', before or 'action = "move"')).encode(), PATH)
    )


@pytest.mark.parametrize(
    ("words", "rule"),
    [
        (("psql", "-f", "a.sql"), "psql-goes-on"),
        (("psql", "-Xqfa.sql"), "psql-goes-on"),
        (("/usr/bin/psql", "-X", "--file=a.sql"), "psql-goes-on"),
        (("psql", "-X", "--fil", "a.sql", "-v", "ON_ERROR_STOP=0"), "psql-goes-on"),
        (("psql", "-f", "a.sql", "-v", "ON_ERROR_STOP=1"), "psqlrc"),
        (("pg_dump", "-xO", "-f", "a"), "dump-loses-rights"),
        (("pg_dump", "--no-privileges", "axon"), "dump-loses-rights"),
        (("pg_dump", "-Fcx", "axon"), None),
        (("pg_restore", "-O", "-e", "--create", "-d", "postgres", "a"), "dump-loses-rights"),
        (("pg_restore", "--create", "-d", "postgres", "a"), "restore-goes-on"),
        (("pg_restore", "-e", "-d", "axon", "a"), "restore-over-existing"),
        (("pg_restore", "-ec", "-d", "axon", "a"), "restore-over-existing"),
        (("bash", "-c", "psql -f a.sql"), "hidden-command"),
        (("sudo", "-u", "postgres", "psql", "-f", "a.sql"), "hidden-command"),
        (("env", "PGOPTIONS=x", "psql", "-f", "a.sql"), "hidden-command"),
        (("psql", "-X", "-d", "postgresql://a:b@host/axon"), "password"),
        (("psql", "-X", "-v", "ON_ERROR_STOP=1", "-f", "a.sql"), None),
        (("psql", "-X1", "--set", "ON_ERROR_STOP=on", "--file", "a.sql"), None),
        (("pg_restore", "-e", "--create", "-d", "postgres", "a"), None),
        (("pg_restore", "-l", "a"), None),
    ],
)
def test_commands_that_fail_open_are_found(words, rule):
    # The value of -F is "cx", as getopt reads it: no option x.
    found = command(*words)
    assert found == [] if rule is None else rule in found


def test_a_restore_into_a_database_that_a_step_made_is_no_fault():
    check = 'check = { sql = "SELECT 1", expect = "1" }'
    made = f'command = ["createdb", "-T", "template0", "fresh"]\n{check}'
    assert command("pg_restore", "-e", "-d", "fresh", "a", before=made) == []
    assert "restore-over-existing" in command("pg_restore", "-e", "-d", "axon", "a", before=made)


@pytest.mark.parametrize(
    ("old", "new", "line", "says"),
    [
        ("version = 1", "version = 2", 3, "version: 1 was expected"),
        ('budget = "45m"', 'budget = "soon"', 35, "steps.1.budget"),
        ('budget = "45m"', 'budgets = "45m"', 31, "steps.1"),
        ("starts = 2027-03-14T01:00:00Z", "starts = 2027-03-14T01:00:00", 8, "no offset from UTC"),
        ("jobs = 4", "jobs = 0", 12, "options.jobs"),
        ('action = "close"', 'action = "close"\ncommand = ["x"]', 25, "steps.0"),
        ('length = "6h"', "length = ", 9, "Invalid value"),
    ],
)
def test_what_the_schema_refuses_has_its_line(old, new, line, says):
    with pytest.raises(PlanError) as caught:
        plan_of(old, new)
    first = caught.value.faults[0]
    assert (first.line, says in first.message) == (line, True)


def test_files_that_are_no_plan(tmp_path):
    for data in (b"\xff", b"[" * 20_000, b"x" * (2 << 20), b""):
        with pytest.raises(ConfigurationError):
            read_plan(data, PATH)
    with pytest.raises(ConfigurationError, match="cannot be read"):
        load_plan(tmp_path / "none.toml")


@given(
    st.permutations(range(6)), st.sets(st.tuples(st.integers(0, 5), st.integers(0, 5)), max_size=8)
)
def test_every_order_keeps_what_comes_after_what(numbers, pairs):
    after: dict[int, tuple[str, ...]] = {}
    for one, other in pairs:
        after[max(one, other)] = (*after.get(max(one, other), ()), str(min(one, other)))
    steps = [Step(str(n), "", 1.0, after=after.get(n, ())) for n in numbers]
    looped = any(one == other for one, other in pairs)
    done, stuck = ordered(steps)
    place = {each.id: index for index, each in enumerate(done)}
    assert len(done) + len(stuck) == len(steps)
    assert bool(stuck) == looped
    assert all(place[name] < place[each.id] for each in done for name in each.after)


_VALUES = st.sampled_from(['"a # b"', "1", "[1,\n 2]", '"""x\n[no]\n"""', "{ a = 1 }", "'[x]'"])


@given(st.lists(st.tuples(st.sampled_from(["[t]", "[[s]]", "[[s.i]]", ""]), _VALUES), max_size=8))
def test_every_key_that_tomllib_reads_has_its_line(parts):
    text, seen = "", False
    for number, (head, value) in enumerate(parts):
        if head == "[t]" and seen:
            continue
        seen = seen or head == "[t]"
        text += f"{head}\nkey{number} = {value}\n"
    try:
        tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return
    found = lines_of(text)
    for number, line in enumerate(text.split("\n"), 1):
        if line.startswith("key"):
            name = line.partition(" ")[0]
            assert [at for place, at in found.items() if place[-1:] == (name,)] == [number]


def test_durations():
    assert [seconds_of(each) for each in ("90s", "45m", "1h30m", "0.5h")] == [90, 2700, 5400, 1800]
    assert [minutes(each) for each in (2.345, 90, 5400)] == ["2.35 s", "1.5 min", "90 min"]


def test_the_command_says_so_and_exits_with_1(capsys):
    for path, code in ((EXAMPLE, 0), (SEED, 1)):
        with pytest.raises(SystemExit) as ended:
            cli.main(["migration", "check", str(path)], standalone_mode=False)
        assert ended.value.code == code
    assert "the plan can be carried out" in capsys.readouterr().out
