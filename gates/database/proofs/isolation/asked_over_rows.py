"""What views and functions with their owner's rights give over more rows than the first: those that
their own conditions ask for, and rows of two tenants that equal each other.

Each is asked as tenant A, without B's rows and with them; what A gets must be the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from gates.database import Database
from gates.database.catalog_state.tables import Table
from gates.database.parsing.script import parse
from gates.database.proofs.isolation.depends import NotRunError, Trial
from gates.database.proofs.isolation.rows_to_try import rows_to_try
from gates.database.proofs.isolation.sources import Sources
from gates.database.proofs.isolation.views_and_functions import Exposed, Exposure
from gates.database.proofs.tenants.tenants import Tenants

_SENTENCE = "shows one tenant the rows of another"
_MOST = 8
"""Ways to ask one of them."""


def seen_over_rows(
    database: Database,
    tenants: Tenants,
    exposed: Sequence[Exposed],
    tables: Sequence[Table],
    sources: Sources,
) -> Iterator[Exposure]:
    """Those whose answer to A is another where B has rows."""
    reaching = [each for each in exposed if any(s.owner_rights for s in sources.around(each.name))]
    if not reaching:
        return
    with database.clone("in use") as clone:
        for each in reaching:
            scripts = [parse("", source.text) for source in sources.around(each.name)]
            rows = rows_to_try(tenants, tables, scripts)
            refresh = [each.refresh] if each.refresh else []
            become = ";\n".join([*refresh, f"SET LOCAL ROLE {each.role}", *tenants.as_a])
            for statement in each.statements[:_MOST]:
                trials = [
                    Trial(tenants, clone, *some, [statement], database.limit)
                    for some in rows.sets[1:]
                ]
                if script := next(filter(None, (_shown(one, become) for one in trials)), ""):
                    yield Exposure(each, _SENTENCE, script)
                    break


def _shown(trial: Trial, become: str) -> str:
    """The script that shows it; "" where it does not, and where the view or function fails: what it
    says then is no answer."""
    try:
        return trial.shows(become, inserts=True)
    except NotRunError:
        return ""
