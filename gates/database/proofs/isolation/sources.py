"""The texts of the module's functions and views, as the server prints them, and what each leans on.

They are read for the rows that their conditions name, and never for their meaning.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from gates.database.parsing.script import Script, parse
from gates.database.proofs.isolation.rows_to_try import WORD
from gates.records import dataclass

if TYPE_CHECKING:
    import psycopg

_SOURCES = """
    SELECT p.proname, pg_get_functiondef(p.oid), p.prosecdef FROM pg_proc p
    WHERE p.proowner = %(o)s::regrole AND p.prokind IN ('f', 'p')
    UNION ALL
    SELECT c.relname, pg_get_viewdef(c.oid),
        NOT coalesce('security_invoker=true' = ANY (c.reloptions), false)
    FROM pg_class c WHERE c.relowner = %(o)s::regrole AND c.relkind IN ('v', 'm')
    ORDER BY 1, 2"""


@dataclass(frozen=True)
class Source:
    """A function or view."""

    name: str
    text: str
    owner_rights: bool
    """Whether it runs with its owner's rights."""


@dataclass(frozen=True)
class Sources:
    """Those of a module."""

    found: tuple[Source, ...]

    @cached_property
    def everything(self) -> list[Script]:
        """All of them, parsed."""
        return [parse("", each.text) for each in self.found]

    def around(self, name: str) -> list[Source]:
        """Those of a name, with those that their texts name, and so on."""
        names, found = {name}, [each for each in self.found if each.name == name]
        for source in found:
            words = set(WORD.findall(source.text)) - names
            names |= words
            found += [each for each in self.found if each.name in words]
        return found


def sources_of(owner: psycopg.Connection[tuple[Any, ...]], owner_name: str) -> Sources:
    """The functions and views of a role."""
    return Sources(tuple(Source(*row) for row in owner.execute(_SOURCES, {"o": owner_name})))
