"""What a baseline covers: by check, object and text, and never by a number alone."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import settings as example_settings
from hypothesis import strategies as st

from gates.barred import barred
from gates.baseline import FILE, Baseline, Entry, Line, match, read, written
from gates.check import all_outlines
from gates.model import Finding, Level, Location

ANY = Finding("public-any", "Unexpected any.", Location("src/a.ts", 3, 1), excerpt="let a: any")
TABLE = Finding(
    "table-columns", "has no column created_at",
    Location("migrations/000_init.sql", 4, object="table public.tenant_x_y"),
    excerpt="CREATE TABLE tenant_x_y (",
)  # fmt: skip
MAY_BE_IN_ONE = """
audit-trigger bandit bill-matches-lock build-runs-no-code builds
bundle-complete bundle-reproducible capabilities
changelog-has-version code-sql-plans conflicts-resolved coverage coverage-committed
dependencies-locked dependency-advisories
dependency-licenses endpoints-declared entrypoint-defines-register environment-access
environment-declared errors-thrown eslint-security events-declared handlers-traced
high-volume-partitioned image-builds imports-inside injection
license-known logs-correlated manifest-schema
maturity-approved migration-branches migration-destructive migration-independent migration-locks
migration-names migration-parses migration-repeated migration-search-path migrations-apply
migrations-idempotent migrations-match-manifest migrations-numbered migrations-resume mypy
names-distinct names-prefixed objects-prefixed oxlint paths-inside permissions-declared
platform-logger platform-range prettier public-any queues-declared readable register-answers
register-matches-manifest register-signature register-written-out
rollback-present rollback-restores ruff ruff-format
settings-choices settings-documented settings-references settings-schema settings-values
settings-version shipped-files slug-matches-folder squawk standard-files statements-take-effect
suppressions table-columns tables-declared tenant-index tests-collected tests-decide tests-pass
tsc unchecked-code version-strict versions-agree wheel-matches-sources
"""
"""Every other check keeps tenants apart, is about secrets, or rests on the catalog or evidence."""


def held(*findings: Finding, paths: frozenset[str] = frozenset({"src/a.ts"})) -> Baseline:
    counts: dict[Entry, int] = {}
    for each in findings:
        counts[Entry.of(each)] = counts.get(Entry.of(each), 0) + 1
    return read(written((Line(e, n) for e, n in counts.items()), ()), paths)


def at(finding: Finding, path: str, line: int = 1, excerpt: str | None = None) -> Finding:
    moved = replace(finding.location, path=path, line=line)
    return replace(finding, location=moved, excerpt=excerpt or finding.excerpt)


def test_each_check_is_known_to_be_barred_or_not():
    every = {each.id for each in all_outlines()}
    assert {each for each in every if not barred(each)} == set(MAY_BE_IN_ONE.split())
    assert barred("tenant-isolation")
    assert barred("secrets")
    assert barred("evidence-complete")
    assert barred("version-greater")
    assert "no such check" in barred("a-check-of-yesterday")


def test_lines_and_layout_move_without_a_new_finding():
    moved = at(ANY, "src/a.ts", 90, "   let a:  any")
    found = match(held(ANY), "public-any", [moved])
    assert (found.new, found.old, found.gone) == ((), (moved,), ())


def test_one_repaired_and_another_added_in_the_same_file_is_new():
    swapped = at(ANY, "src/a.ts", 3, "let b: any")
    found = match(held(ANY), "public-any", [swapped])
    assert found.new == (swapped,)
    assert found.gone == ((Entry.of(ANY), 1),)


def test_more_of_the_same_text_is_new():
    found = match(held(ANY), "public-any", [ANY, at(ANY, "src/a.ts", 8)])
    assert (len(found.old), len(found.new)) == (1, 1)


def test_a_file_that_moved_takes_its_findings_along():
    there = at(ANY, "src/b.ts")
    found = match(held(ANY, paths=frozenset({"src/b.ts"})), "public-any", [there])
    assert (found.new, found.old, found.gone) == ((), (there,), ())
    (line,) = found.lines
    assert (line.entry, line.was) == (Entry.of(there), "file src/a.ts")
    again = read(written(found.lines, ()), {"src/c.ts"})
    (line,) = match(again, "public-any", [at(ANY, "src/c.ts")]).lines
    assert (line.entry.object, line.was) == ("file src/c.ts", "file src/a.ts")
    back = match(Baseline((line,), paths=frozenset({"src/a.ts"})), "public-any", [ANY])
    assert back.lines == (Line(Entry.of(ANY), 1),)


def test_repaired_here_and_the_same_anew_elsewhere_is_new():
    elsewhere = at(ANY, "src/b.ts")
    baseline = held(ANY, paths=frozenset({"src/a.ts", "src/b.ts"}))
    found = match(baseline, "public-any", [elsewhere])
    assert found.new == (elsewhere,)
    assert found.gone == ((Entry.of(ANY), 1),)


def test_a_database_object_stays_itself_in_any_file_and_is_no_moved_file():
    moved = at(TABLE, "migrations/001_more.sql", 9, "create table tenant_x_y (")
    assert match(held(TABLE), "table-columns", [moved]).old == (moved,)
    renamed = replace(TABLE, location=replace(TABLE.location, object="table public.tenant_x_z"))
    assert match(held(TABLE), "table-columns", [renamed]).new == (renamed,)


def test_warnings_deviations_and_barred_checks_are_never_covered():
    for each in (
        replace(ANY, level=Level.WARNING),
        replace(ANY, definition="0" * 64),
        replace(ANY, check="tenant-isolation"),
    ):
        assert match(held(each), each.check, [each]).new == (each,)


def test_a_merge_that_kept_both_sides_is_read_and_said():
    ours, theirs = (written([Line(Entry.of(ANY), n)], ()) for n in (3, 2))
    both = read(b"<<<<<<< ours\n" + ours + theirs + written([Line(Entry.of(TABLE), 1)], ()))
    assert both.counts == {Entry.of(ANY): 2, Entry.of(TABLE): 1}
    assert [number for number, _ in both.problems] == [1, 3]


def test_nothing_in_the_file_names_a_line_or_a_day():
    text = at(replace(ANY, message="see src/a.ts:12:3, line 7, after 2.31 s"), "src/a.ts", 55)
    other = at(replace(ANY, message="see src/a.ts:99:1, line 8, after 0.5 s"), "src/a.ts", 1)
    assert Entry.of(text) == Entry.of(other)
    assert b"55" not in written([Line(Entry("c", "o", "d"), 1)], ())
    assert FILE.endswith(".jsonl")


findings = st.builds(
    lambda check, path, text: Finding(check, "m", Location(path, 1), excerpt=text),
    st.sampled_from(["public-any", "ruff"]),
    st.sampled_from(["src/a.ts", "src/b.ts", "src/c.ts"]),
    st.sampled_from(["x", "y"]),
)


@example_settings(max_examples=40)
@given(
    st.lists(findings, max_size=8),
    st.lists(findings, max_size=8),
    st.sets(st.sampled_from(["src/a.ts", "src/b.ts", "src/c.ts"])),
)
def test_nothing_is_lost_and_update_only_shrinks(before, now, paths):
    baseline = held(*before, paths=frozenset(paths))
    total = 0
    for check in ("public-any", "ruff"):
        mine = [each for each in now if each.check == check]
        found = match(baseline, check, mine)
        assert sorted(map(id, found.new + found.old)) == sorted(map(id, mine))
        assert len(found.old) == sum(line.count for line in found.lines)
        again = match(replace(baseline, lines=found.lines), check, mine)
        assert (again.new, again.old, again.gone) == (found.new, found.old, ())
        total += len(found.old) + sum(count for _, count in found.gone)
    assert total == baseline.total


@given(st.binary(max_size=80))
def test_any_bytes_are_a_baseline_or_a_problem(data):
    found = read(data)
    assert found.lines or found.growths or found.problems or not data.strip(b"\n\t \r\x0b\x0c")
