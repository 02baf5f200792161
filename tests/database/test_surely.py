"""Audit functions that are read: which write in any case, and which leave rows out."""

from __future__ import annotations

import pytest

from gates.database.audit.surely import always, writes

INSERT = "INSERT INTO public.audit_logs (row_id) VALUES (NEW.id::text);"


def both(statements: str) -> tuple[bool | None, bool | None]:
    body = f"BEGIN {statements} RETURN NULL; END"
    return writes(body, "INSERT"), writes(body, "UPDATE")


@pytest.mark.parametrize(
    ("statements", "expected"),
    [
        (INSERT, (True, True)),
        (f"BEGIN {INSERT} END;", (True, True)),
        (f"PERFORM 1; {INSERT}", (True, True)),
        (f"IF NEW.title = 'x' THEN {INSERT} ELSE {INSERT} END IF;", (True, True)),
        (f"IF TG_OP = 'INSERT' THEN {INSERT} ELSIF TG_OP = 'UPDATE' THEN {INSERT} END IF;",
         (True, True)),
        (f"IF TG_OP IN ('INSERT', 'UPDATE') THEN {INSERT} END IF;", (True, True)),
        (f"IF TG_OP = 'UPDATE' AND OLD.* IS NOT DISTINCT FROM NEW.* THEN RETURN NULL; END IF;"
         f" {INSERT}", (True, True)),
        (f"IF NEW.id IS NULL THEN RAISE EXCEPTION 'no id'; END IF; {INSERT}", (True, True)),
        (f"IF TG_OP = 'INSERT' THEN {INSERT} END IF;", (True, False)),
        (f"IF NEW.title LIKE 'secret%' THEN RETURN NULL; END IF; {INSERT}", (False, False)),
        (f"IF NEW.version < 100 THEN {INSERT} END IF;", (False, False)),
        (f"CASE WHEN NEW.a THEN {INSERT} ELSE NULL; END CASE;", (False, False)),
        (f"IF NEW.a THEN RAISE NOTICE 'x'; RETURN NULL; END IF; {INSERT}", (False, False)),
        ("INSERT INTO audit_logs (row_id) SELECT 'x' WHERE NEW.title <> 'secret';",
         (False, False)),
        (f"FOR i IN 1 .. NEW.version LOOP {INSERT} END LOOP;", (False, False)),
        ("PERFORM public.write_it(NEW);", (None, None)),
        ("this is not SQL", (None, None)),
        ("this writes to audit_logs and is not SQL", (False, False)),
    ],
)  # fmt: skip
def test_a_function_writes_in_any_case_or_not(statements, expected):
    assert both(statements) == expected


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("(old.* IS DISTINCT FROM new.*)", True),
        ("(new.title !~~ 'secret%'::text)", False),
        ("(old.title IS DISTINCT FROM new.title)", False),
        ("(old.* IS DISTINCT FROM new.*) AND new.version < 5", False),
    ],
)
def test_the_when_of_a_trigger_lets_every_change_pass_or_not(condition, expected):
    assert always(condition, "UPDATE") is expected
