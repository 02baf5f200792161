"""CHECKs that read as they did and call a function that does not do what it did."""

from __future__ import annotations

from collections.abc import Iterator

from gates.contract.model import Bump, Change
from gates.contract.schema.bodies import changed_functions, formerly
from gates.contract.schema.constraints import beside, by_text
from gates.contract.schema.pair import Pair, shown
from gates.contract.schema.scripts import given


def compare_called(pair: Pair) -> Iterator[Change]:
    """A row that was accepted and is refused. Where none is found, the change of the function
    itself says that nothing could be shown."""
    if pair.refuses is None or not changed_functions(pair):
        return
    before, after = by_text(pair, pair.old), by_text(pair, pair.new)
    for owner in sorted({*before} & {*after}):
        for text in before[owner]:
            if text not in after[owner] or not text.startswith("CHECK"):
                continue
            former = formerly(pair, [text])
            row = None
            if former.functions:
                row = pair.refuses(pair.old, owner, beside(pair, owner, text), text, former)
            if row is not None:
                name = after[owner][text]
                called = " and ".join(shown(each) for each in former.names)
                yield pair.change(
                    f"constraint:{shown(owner)}.{name}", Bump.MAJOR,
                    f"{shown(owner)} asks for {text}, and {called} works in another way: what was"
                    " accepted is refused", owner, name,
                    tries=given(pair, owner, row),
                )  # fmt: skip
