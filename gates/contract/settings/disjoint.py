"""Whether no value fits two schemas at once, as far as kinds, lists of values and fields show."""

from __future__ import annotations

from gates.contract.settings.side import Side, UnknownAnswerError
from gates.contract.settings.view import ALL
from gates.module.subschemas import Place


def disjoint(
    side: Side, one: Place, other: Place, only: frozenset[str] = ALL, depth: int = 4
) -> bool:
    """Whether two schemas of one side are shown to share no value of these kinds.

    False where it is not known.
    """
    first, second = side.view((one,), only), side.view((other,), only)
    if first.never or second.never or not first.kinds & second.kinds:
        return True
    for listed, here, there in ((first.listed, one, other), (second.listed, other, one)):
        if listed is not None:
            try:
                return not any(
                    side.valid((there,), value) and side.valid((here,), value) for value in listed
                )
            except UnknownAnswerError:
                return False
    if first.kinds & second.kinds != {"object"} or depth == 0:
        return False
    return any(
        disjoint(side, mine, theirs, ALL, depth - 1)
        for name in first.required & second.required
        for mine in first.of_key(name)
        for theirs in second.of_key(name)
    ) or any(
        name in required and side.view(there.of_key(name)).never
        for required, there in ((first.required, second), (second.required, first))
        for name in required
    )
