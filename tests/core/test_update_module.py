"""`gates update`: a newer template comes in, what the author changed stays."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner

from gates import __version__, update_module
from gates.cli import cli
from gates.errors import UsageError
from gates.module import load
from gates.module.conflicts import conflict_line
from gates.new_module import TEMPLATE, make_module
from gates.update_module import ANSWERS, plan_update, read_answers

TODAY = date(2026, 11, 28)


@pytest.fixture
def made(folder, monkeypatch) -> Path:
    """A module made from the template of 0.0.9, where the README said other things."""
    old = folder / "earlier" / "0.0.9"
    shutil.copytree(TEMPLATE, old)
    readme = old / "common" / "README.md.jinja"
    readme.write_text("# Old title\n\nOne.\n\nTwo.\n\nThree.\n")
    (old / "common" / "NOTES.md").write_text("Of old.\n")
    (old / "common" / "noxfile.py.jinja").unlink()
    monkeypatch.setattr(update_module, "EARLIER", folder / "earlier")
    new = folder / "template"
    shutil.copytree(TEMPLATE, new)
    (new / "common" / "README.md.jinja").write_text("# New title\n\nOne.\n\nTwo.\n\nThree.\n")
    (new / "common" / "LICENSE.jinja").write_text("Free.\n")
    sql = new / "common" / "migrations" / "000_init.sql.jinja"
    sql.write_text(sql.read_text() + "SELECT 1;\n")
    root = folder / "my-notes"
    monkeypatch.setattr("gates.new_module.TEMPLATE", old)
    make_module("my-notes", "python", root, TODAY)
    answers = root / ANSWERS
    answers.write_text(answers.read_text().replace(f"version: {__version__}", "version: 0.0.9"))
    monkeypatch.setattr(update_module, "TEMPLATE", new)
    return root


def update(root: Path) -> tuple[int, str]:
    ended = CliRunner().invoke(cli, ["update", str(root)])
    return ended.exit_code, ended.output


def test_what_the_author_changed_stays_and_what_the_template_changed_comes(made):
    readme = made / "README.md"
    readme.write_text(readme.read_text().replace("Three.", "Mine."))
    (made / "LICENSE").unlink()
    sql = (made / "migrations/000_init.sql").read_bytes()
    code, said = update(made)
    assert (code, "no longer in the template  NOTES.md" in said) == (0, True)
    assert readme.read_text() == "# New title\n\nOne.\n\nTwo.\n\nMine.\n"
    assert not (made / "LICENSE").exists()
    assert (made / "noxfile.py").is_file()
    assert (made / "NOTES.md").read_text() == "Of old.\n"
    assert (made / "migrations/000_init.sql").read_bytes() == sql
    assert read_answers(load(made))["version"] == __version__
    assert update(made) == (0, f"gates: the template of {__version__} brings nothing new\n")


def test_a_conflict_is_marked_and_refuses_the_next_update(made, folder, monkeypatch):
    readme = made / "README.md"
    readme.write_text(readme.read_text().replace("# Old title", "# My title"))
    code, said = update(made)
    assert (code, "conflict  README.md" in said) == (1, True)
    assert "# My title" in readme.read_text()
    assert "# New title" in readme.read_text()
    before = readme.read_bytes()
    with pytest.raises(UsageError, match=r"README\.md:1 has the marks"):
        plan_update(load(made))
    assert readme.read_bytes() == before
    monkeypatch.setenv("GATES_STATE_DIR", str(folder / "state"))
    arguments = ["run", str(made), "-q", "--check", "conflicts-resolved"]
    assert CliRunner().invoke(cli, arguments).exit_code == 1


@pytest.mark.parametrize(
    "text",
    [
        "", "language: python\n",
        "language: go\nslug: my-notes\ntoday: 2026-01-01\nversion: 0.1.0\n",
        "language: python\nslug: ../up\ntoday: 2026-01-01\nversion: 0.1.0\n",
        "language: python\nslug: my-notes\ntoday: 2026-01-01\nversion: ../module\n",
        "language: python\nslug: my-notes\ntoday: never\nversion: 0.1.0\n",
        "language: python\nslug: my-notes\ntoday: 2026-01-01\nversion: 0.1.0\nx: y\n",
        "language: python\nslug: my-notes\ntoday: 2026-01-01\nversion: 9.9.9\n",
    ],
)  # fmt: skip
def test_answers_that_cannot_be_are_refused(made, text):
    (made / ANSWERS).write_text(text)
    with pytest.raises(UsageError):
        plan_update(load(made))


def test_a_module_without_answers_cannot_be_updated(make_module):
    with pytest.raises(UsageError, match="not made by gates new"):
        plan_update(load(make_module("python")))


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("", None), ("Title\n=======\n", None), ("<<<<<<< a\n=======\n", None),
        ("x\n<<<<<<< a\n1\n=======\n2\n>>>>>>> b\n", 2), (">>>>>>> b\n<<<<<<< a\n=======\n", None),
        ("<<<<<<< a\n<<<<<<< b\n=======\r\n>>>>>>> c", 2),
        (" <<<<<<< a\n=======\n>>>>>>> b\n", None),
        ("<<<<<<< a\n=======\n" * 100_000, None),
    ],
    ids=range(8),
)  # fmt: skip
def test_a_conflict_is_all_three_marks_in_their_order(text, line):
    assert conflict_line(text.encode()) == line
