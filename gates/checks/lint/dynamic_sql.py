"""EXECUTE runs one literal, or format() of one literal."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from gates.check import check
from gates.database.parsing.statements import scripts_of, unreadable_of
from gates.errors import CouldNotCheckError
from gates.model import Finding, Stage
from gates.module import Module


@check(Stage.LINT)
def dynamic_sql(module: Module) -> Iterator[Finding]:
    """EXECUTE runs one literal, or format() of one literal.

    Why: nobody can review, and no rule can judge, a statement that a variable, a row or a decoded
        text brings in. In one literal all of the statement is written out. In format() of one
        literal, names stand as %I and values as %L, which quote whatever they are given; %s takes a
        constant, a loop variable over an array that is written out, or a value declared with a type
        whose text is one name or one whole number (regclass, integer). The same holds for what is
        given to functions that run a text, such as query_to_xml.
    Bad: EXECUTE r.definition; EXECUTE 'ALTER TABLE ' || name || ' ..'; format('.. %s', name)
    Good: EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name); EXECUTE 'SELECT ..
        WHERE id = $1' USING key; FOREACH t IN ARRAY ARRAY['a', 'b'] with format('.. %s', t)
    Fix: write the statement as one literal with format(): %I for names, %L for values; or give
        values with USING. What has to be otherwise may be approved for exactly its text.
    """
    unknown = []
    for script in scripts_of(module):
        for each in unreadable_of(script):
            if not each.refused:
                unknown.append(each)
                continue
            shown = " ".join(each.expression.split())
            shown = shown if len(shown) <= 80 else shown[:77] + "..."
            yield dynamic_sql.deviation(
                f"EXECUTE {shown}: {each.reason}",
                each.location,
                definition=hashlib.sha256(each.text.encode()).hexdigest(),
                fix="write it as one literal with format(): %I for names, %L for values; or pass"
                " values by USING",
            )
    if unknown:
        first = unknown[0]
        raise CouldNotCheckError(
            f"{first.location}: a body cannot be read: {first.reason}",
            hint="write it in a plainer form; PostgreSQL's own parser is what reads it",
        )
