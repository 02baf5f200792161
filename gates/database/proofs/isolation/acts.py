"""What is done with the platform's rights, and what trials of it show."""

from __future__ import annotations

from collections.abc import Sequence

from gates.database.proofs.isolation.depends import GAVE_UP, NOTHING, NotRunError, Trial
from gates.database.proofs.isolation.views_and_functions import Exposed
from gates.records import dataclass

TIES = (
    "fails with {}, though it runs over the rows of each of two tenants alone: it ties the ones to"
    " the others"
)
"""What is said of a statement that runs over one tenant's rows and fails where another has some."""


@dataclass(frozen=True)
class Act:
    """What is done with the platform's rights."""

    exposed: Exposed
    """Its statements are ways to run it: the first that runs is the proof's."""
    sentence: str
    fix: str
    shown: str
    """Where it stands, or what the platform does."""
    may_refuse: bool = False
    """Whether nothing is done at all where it raises an error of its own."""
    refusable: bool = False
    """Whether any error is one, but that the server gave up: it is one of several tries."""
    on_b: bool = False
    """Whether it is done to rows of B, of which there are none without B."""

    def does_nothing(self, failed: NotRunError) -> bool:
        """Whether it does nothing at all where it ends with an error: an error that comes only
        since B has rows tells A of them."""
        refused = self.refusable and str(failed)[:2] not in GAVE_UP
        refused |= self.may_refuse and failed.raised
        return refused and (self.on_b or not failed.tells)


@dataclass(frozen=True)
class Seen:
    """What trials of a statement showed."""

    script: str = ""
    fails: str = ""
    """The SQLSTATE that it ends with where both tenants have rows, if that is what it shows."""
    untried: str = ""
    """The SQLSTATE that kept it from being tried on more than the first rows."""


def shown_by(trials: Sequence[Trial], statement: str, act: Act | None = None) -> Seen:
    """What the first trial shows that shows something: fewer rows show what more hide, and the
    other way round. Raises `NotRunError` where the statement runs over none's.

    Where it does not run over some, rows are left out until it does. What runs over the rows of
    each tenant alone and not over those of both ties the ones to the others, and that is shown;
    a key that both come to break is none of it.
    """
    inserts = act is not None and act.shown == "INSERT"
    errors: list[tuple[Trial, NotRunError]] = []
    for trial in trials:
        try:
            if script := trial.shows(statement, inserts=inserts):
                return Seen(script)
        except NotRunError as error:
            errors.append((trial, error))
    told = act is not None and act.may_refuse and not act.on_b
    if act is not None and told and (seen := _refused(trials[0], statement, act, errors)).script:
        return seen
    if len(errors) == len(trials):
        raise errors[0][1]
    untried = ""
    for trial, failed in errors:
        if act is not None and act.does_nothing(failed):
            continue
        for beside_a in (False, True):
            fewer = trial.sifted(statement, trials[0], beside_a=beside_a)
            try:
                if script := fewer.shows(statement, inserts=inserts):
                    return Seen(script)
                break
            except NotRunError as again:
                if act is not None and act.does_nothing(again):
                    break
                if again.tells:
                    return Seen(fewer.fails_with_b(statement, again), str(again))
                untried = untried if not beside_a else str(again)
    return Seen(untried=untried)


def _refused(
    few: Trial, statement: str, act: Act, errors: Sequence[tuple[Trial, NotRunError]]
) -> Seen:
    """What is shown by a write of A that is refused only since B has rows. Of B's rows those are
    left out that do not go in beside A's, and no others: the write would be refused over none."""
    for each, error in errors:
        trial, failed = each, error
        if failed.at < 0:
            trial = each.sifted(NOTHING, few, beside_a=True)
            try:
                if script := trial.shows(statement, inserts=act.shown == "INSERT"):
                    return Seen(script)
                continue
            except NotRunError as again:
                failed = again
        if failed.tells:
            return Seen(trial.fails_with_b(statement, failed), str(failed))
    return Seen()


def untried(what: str, sqlstate: str) -> str:
    """The sentence for what ran over the first rows alone."""
    return (
        f"{what} does not run over rows of two tenants that equal each other: error {sqlstate};"
        " offer values that it runs over in x-sample-values, see docs/policy.md"
    )
