"""What became of rows: known by table and column numbers, and by primary key."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from gates.database.proofs.idempotency.row_history import RowsOutcome, TableRows, compare_rows

values = st.one_of(st.none(), st.text(max_size=3))
tables = st.dictionaries(st.integers(0, 99), st.tuples(values, values), max_size=8).map(
    lambda rows: TableRows(
        "public.t", {1: "id", 2: "a", 3: "b"}, (1,),
        [(str(key), *rest) for key, rest in rows.items()],
    )
)  # fmt: skip
keyless = tables.map(lambda table: replace(table, key=()))


@given(st.one_of(tables, keyless), st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(table, random):
    shuffled = [*table.rows]
    random.shuffle(shuffled)
    assert [*compare_rows({7: table}, {7: replace(table, rows=shuffled)})] == []


@given(st.one_of(tables, keyless), st.data())
def test_every_row_that_goes_is_counted(table, data):
    kept = data.draw(st.lists(st.sampled_from(table.rows), unique=True)) if table.rows else []
    found = [*compare_rows({7: table}, {7: replace(table, rows=kept)})]
    lost = len(table.rows) - len(kept)
    assert found == ([RowsOutcome("public.t", len(table.rows), lost=lost)] if lost else [])


@given(tables, st.sets(st.integers(0, 7)))
def test_every_value_that_changes_is_counted(table, places):
    rows = [
        (key, a, f"{b}!" if place in places else b)
        for place, (key, a, b) in enumerate(table.rows)
    ]  # fmt: skip
    found = [*compare_rows({7: table}, {7: replace(table, rows=rows)})]
    changed = [each for each in range(len(table.rows)) if each in places]
    assert [(name, count) for fate in found for name, count, *_ in fate.changed] == (
        [("b", len(changed))] if changed else []
    )
    assert all(fate.lost == 0 for fate in found)


@given(tables)
def test_new_names_and_new_columns_are_no_change(table):
    renamed = TableRows("public.u", {1: "id", 2: "x", 3: "b", 4: "new"}, (1,),
                      [(*row, "n") for row in table.rows])  # fmt: skip
    assert [*compare_rows({7: table}, {7: renamed})] == []


@given(tables)
def test_a_table_made_anew_is_known_by_its_name(table):
    moved = TableRows("public.t", {4: "b", 5: "id", 6: "a"}, (5,),
                    [(b, key, a) for key, a, b in table.rows])  # fmt: skip
    assert [*compare_rows({7: table}, {8: moved})] == []


@given(tables)
def test_what_goes_with_a_column_or_table_is_named(table):
    without = TableRows(
        "public.t", {1: "id", 3: "b"}, (1,), [(row[0], row[2]) for row in table.rows]
    )
    (fate,) = compare_rows({7: table}, {7: without})
    filled = sum(row[1] is not None for row in table.rows)
    assert fate.dropped_columns == (("a", filled),)
    assert len(fate.losses) == (filled > 0)
    (fate,) = compare_rows({7: table}, {})
    assert fate.dropped
    assert len(fate.losses) == (len(table.rows) > 0)
