"""Values that a module offers for rows which nobody could guess."""

from __future__ import annotations

import json

import pytest

from gates.database.rows.filling import fill
from gates.errors import CouldNotCheckError
from gates.module import load
from gates.module.sample_values import sample_values
from tests.database.conftest import HEAD
from tests.database.corpus import drop, table

ODD = table("odd", "code text NOT NULL CHECK (md5(code) LIKE 'a4%'), at text NOT NULL,", """
CREATE OR REPLACE FUNCTION sample_module_odd() RETURNS trigger LANGUAGE plpgsql
    SET search_path = '' AS $$
BEGIN
    IF NEW.at <> 'the ninth' THEN
        RAISE EXCEPTION 'not at %', NEW.at;
    END IF;
    RETURN NEW;
END
$$;
CREATE OR REPLACE TRIGGER tenant_sample_module_odd_at BEFORE INSERT ON tenant_sample_module_odd
    FOR EACH ROW EXECUTE FUNCTION sample_module_odd();
""")  # fmt: skip
NAME = "tests/sample_values.toml"
FITS = """[tenant_sample_module_odd]
code = ["wrong", "v424", "it's '; DROP TABLE x; --"]
at = ["the ninth"]
"""
"""md5('v424') begins with a4."""


@pytest.fixture
def offering(sql_module):
    """A module whose rows nobody could guess, and a file of values."""

    def make(text: str | None, named: object = NAME):
        files = {"001_odd.sql": HEAD + ODD, "rollback/001_odd.sql": HEAD + drop("odd")}
        root = sql_module(files).root
        manifest = json.loads((root / "module.json").read_text("utf-8"))
        manifest["x-sample-values"] = named
        (root / "module.json").write_text(json.dumps(manifest), "utf-8")
        if text is not None:
            (root / NAME).write_text(text, "utf-8")
        return load(root)

    return make


def test_without_values_no_row_is_made(sql_module, database):
    opened = database(sql_module({"001_odd.sql": HEAD + ODD}))
    with opened.scratch() as scratch:
        (why,) = fill(opened, scratch)
    assert "no values were found that meet" in why


def test_values_are_tried_like_others(offering, database):
    opened = database(offering(FITS))
    with opened.scratch() as scratch:
        assert fill(opened, scratch) == ()
        rows = scratch.session("owner").execute("SELECT code, at FROM tenant_sample_module_odd")
        assert rows.fetchall() == [("v424", "the ninth")] * 2


@pytest.mark.parametrize(
    ("text", "named", "says"),
    [
        (FITS, 7, "x-sample-values is not a path"),
        (None, NAME, "is not a file of the module"),
        ("x = [", NAME, "is not TOML"),
        ("x = 1", NAME, "x is not a table of columns"),
        ("[x]\ny = 1", NAME, r"x\.y is not a list"),
        ("[x]\ny = [1]", NAME, r"x\.y is not a list"),
        ("[x]\ntenant_id = ['1']", NAME, "tenants and ids are made up"),
        (f"[x]\ny = {['1'] * 51}", NAME, "more than 50 values"),
    ],
)
def test_what_cannot_be_read_is_said(offering, text, named, says):
    with pytest.raises(CouldNotCheckError, match=says):
        sample_values(offering(text, named))
