"""One difference between two schemas, before it is known what it does to stored settings."""

from __future__ import annotations

from collections.abc import Callable

from gates.contract.model import Bump
from gates.contract.settings.placing import Focus
from gates.contract.settings.search import About
from gates.contract.settings.view import Conj
from gates.model import Location
from gates.module.subschemas import Place
from gates.records import dataclass, field


@dataclass(frozen=True)
class Spot:
    """A place in settings, with what both schemas say about it."""

    place: Place
    """For people: names of properties, "[]" for items, "*" for other keys."""
    focus: Focus
    """For the search."""
    old: Conj
    """The schemas that are compared."""
    new: Conj
    around_old: Conj
    """All schemas that apply to the value: in a branch, those outside of it as well."""
    around_new: Conj
    loose_old: Conj
    """All schemas that may apply to the value, those of every branch on the way included."""
    loose_new: Conj
    sure: bool = True
    """Whether defaults of missing properties are filled in here, branches being not."""
    plain: bool = True
    """Whether a value that fits here fits the whole: not under oneOf, not, contains or if."""
    proved: bool = False
    """Whether it is shown that everything that fitted `old` fits `new`."""


@dataclass(frozen=True)
class Difference:
    """What is different, and how it can be judged."""

    message: str
    symbol: Place
    """The pointer of the schema that it is about."""
    spot: Spot
    old: Location | None
    new: Location | None
    bump: Bump | None = None
    """Where it is known: by proof, or by the rules about what settings mean. None: search."""
    about: About = field(default=lambda _where, _what: True)
    loses: Callable[[object], bool] | None = None
    """For a setting that loses its meaning and is not refused: whether a document shows that."""
    searched: bool = True
    """Whether a document could be refused for it at all."""
    why: str = ""
    """Said after the message where the bump is major by meaning."""
