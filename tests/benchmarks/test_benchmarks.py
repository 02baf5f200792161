"""The parts of the benchmarks that would rot unseen."""

from __future__ import annotations

from gates.module import load
from tests.benchmarks import generated
from tests.benchmarks.compare_tools import new
from tests.benchmarks.comparison_page import SUBJECTS, TOOLS, page
from tests.benchmarks.one_run import main
from tests.database.corpus import DEFECTS


def test_a_generated_module_has_its_tables_and_passes(folder, capsys):
    root = generated.write(folder / "sample-module", tables=3, migrations=2)
    module = load(root)
    assert [each.path for each in module.migrations] == [
        "migrations/000_init.sql", "migrations/001_more.sql"
    ]  # fmt: skip
    assert module.manifest is not None
    assert len(module.manifest.value["database_tables"]) == 3
    assert main(root, "table-columns") == 0
    assert '"table-columns"' in capsys.readouterr().out


def test_what_counts_as_found():
    clean = frozenset({("advice", "t"), ("advice", "platform")})
    assert new(clean, clean) == frozenset()
    assert new(clean | {("leak", "t")}, clean) == {("leak", "t")}
    assert new(clean | {("advice", "u")}, clean) == frozenset()
    assert new(clean | {("leak", "u")}, clean) == {("leak", "u")}


def test_every_defect_is_in_one_subject_and_on_the_page():
    subjects = [defect.name for defects in SUBJECTS.values() for defect in defects]
    assert sorted(subjects) == sorted(defect.name for defect in DEFECTS)
    nothing = dict.fromkeys(TOOLS, frozenset())
    rows = [(defect, nothing, True) for defect in DEFECTS]
    text = page(rows, nothing, {}, {"squawk": "squawk-cli==1"})
    assert f"{len(DEFECTS)} of {len(DEFECTS)} are found by `gates` alone" in text
    assert all(f"| {defect.name} |" in text for defect in DEFECTS)
