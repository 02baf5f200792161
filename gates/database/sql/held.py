"""What the variables and records of one PL/pgSQL body may hold. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field

from gates.database.sql.folding import ARRAY, MOST, Texts
from gates.database.sql.quoting import RAW


@dataclass
class Variables:
    """The variables and records of one body."""

    dynamic: dict[str, Texts] = field(default_factory=dict)
    """What each expression of an EXECUTE may give where it stands."""
    variables: dict[str, Texts] = field(default_factory=dict)
    """While it is followed: what they may hold at this point."""
    ever: dict[str, Texts] = field(default_factory=dict)
    """What they may hold at any point."""
    fields: dict[tuple[str, str], Texts] = field(default_factory=dict)
    records: set[str] = field(default_factory=set)
    open_records: set[str] = field(default_factory=set)
    """Those that are filled at least once by what only a run can know."""
    arrays: set[str] = field(default_factory=set)
    """Variables that hold arrays: their texts are those of the elements."""
    labels: set[str] = field(default_factory=set)
    steps: int = 0
    shadowed: set[str] = field(default_factory=set)
    """Names of several variables."""

    def lookup(self, name: tuple[str, ...]) -> Texts | None:
        """What a dotted name may hold at this point; see `folding.Lookup`."""
        return self._look(name, self.variables)

    def anywhere(self, name: tuple[str, ...]) -> Texts | None:
        """What a dotted name may hold at any point."""
        return self._look(name, self.ever)

    def _look(self, name: tuple[str, ...], variables: dict[str, Texts]) -> Texts | None:
        if name[-1] == ARRAY:
            return variables.get(name[0]) if len(name) == 2 and name[0] in self.arrays else None
        if len(name) == 1 and name[0] in variables:
            # An array as a text has braces and quotes; a type of the module's may write anything.
            hidden = name[0] in self.arrays or name[0] in self.records
            return (RAW,) if hidden else variables[name[0]]
        if len(name) == 2 and name[0] in self.records:
            known = name[0] not in self.open_records | self.labels
            return self.fields.get((name[0], name[1]), (RAW,)) if known else (RAW,)
        return None

    def hold(self, name: str, texts: Texts, *, instead: bool = False) -> None:
        """A variable may now hold these, too or instead of what it held."""
        before = () if instead and name not in self.shadowed else self.variables.get(name, ())
        self.variables[name] = united(before, texts)
        self.ever[name] = united(self.ever.get(name, ()), texts)


def united(one: Texts, two: Texts) -> Texts:
    """The alternatives of both; any text where there are too many."""
    both = tuple(dict.fromkeys((*one, *two)))
    return both if len(both) <= MOST else (RAW,)
