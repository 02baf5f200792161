"""The tool that counts keystrokes, and that the recorded steps of the older modules are whole."""

from __future__ import annotations

import pytest

from tests.legacy.modules import MODULES, Recorded, keystrokes, lay_out

PATCH = """\
--- a/x.py
+++ b/x.py
@@ -1,3 +1,3 @@
 one
-print(two)
+log(two)
 three
@@ -9,2 +9,3 @@
 nine
+ten
 eleven
"""


def test_what_comes_is_typed_and_what_goes_is_one_key():
    # "print" is selected, and "log" typed over it; then "ten" and a new line
    assert keystrokes(PATCH) == 4 + 4
    assert keystrokes("--- a/x\n+++ b/x\n@@ -1 +0,0 @@\n-gone\n") == 1
    assert keystrokes("") == 0


def test_six_modules_of_both_languages_are_recorded():
    recorded = [Recorded.of(each) for each in MODULES]
    languages = [each.language for each in recorded]
    assert len(recorded) == 6
    assert languages.count("python") >= 3
    assert languages.count("typescript") >= 2
    for each in recorded:
        assert each.steps[0] == "$ gates fix --standard"
        assert each.steps[-1] == "$ gates run"
        assert each.commands == sum(len(s) - 1 for s in each.steps if s.startswith("$"))


@pytest.mark.parametrize("slug", ["asset-register", "task-board"])
def test_an_older_module_has_nothing_of_the_standard(slug, folder):
    root = lay_out(slug, folder / "modules")
    assert not (root / "module_schema.json").exists()
    assert not (root / "CHANGELOG.md").exists()
    assert not list(root.glob("migrations/rollback/*"))
