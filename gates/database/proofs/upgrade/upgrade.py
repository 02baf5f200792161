"""The upgrade proof: a released version with rows, up to the module under test, back, up again.

The order of an upgrade is: `pre_upgrade` of the new version, all of its migrations (each may run
again, so those that the old version ran do no harm), `post_upgrade`. A fresh install runs the
migrations alone, so a hook may move data and leaves the schema as the migrations made it (for
`pre_upgrade` of a first version see `hooks`). Hooks have no way back of their own: a rollback
undoes migrations.
"""

from __future__ import annotations

from collections.abc import Iterator

from gates.database import Database
from gates.database.catalog_state.snapshot import Snapshot, diff
from gates.database.failure_advice import on_second_run, on_upgrade
from gates.database.parsing.script import Script, parse
from gates.database.prepared.scratch import Scratch
from gates.database.proofs.idempotency.repeat import data_changes
from gates.database.proofs.idempotency.resume import Stuck, stopped, stops
from gates.database.proofs.idempotency.row_history import Contents, changes, compare_rows, contents
from gates.database.proofs.idempotency.undisturbed import Undisturbed
from gates.database.proofs.rollback.one_way import as_far_as_possible
from gates.database.proofs.upgrade.outcome import Upgraded
from gates.database.rows.filling import fill
from gates.errors import CouldNotCheckError
from gates.module import Module


def upgrade(database: Database, old: Module, new: Module) -> Upgraded:
    """Run it on a copy of the platform's database.

    Raises `MigrationsDoNotApplyError` for the module under test, and `CouldNotCheckError` where
    the released one does not install.
    """
    _ = database.applied
    with database.scratch("baseline") as scratch:
        proof = _Proof(database, scratch, old, new)
        proof.install()
        if proof.up() and proof.again() and proof.down():
            proof.up_again()
    return proof.found


class _Proof:
    """The steps. Each says whether the next one can be taken."""

    def __init__(self, database: Database, scratch: Scratch, old: Module, new: Module) -> None:
        self.database, self.scratch, self.old, self.new = database, scratch, old, new
        self.found = Upgraded()
        hooks = {name: (path, new.text(path)) for name, path in new.hooks.items()}
        self.hooks = list(hooks.values())
        before = [hooks["pre_upgrade"]] if "pre_upgrade" in hooks else []
        after = [hooks["post_upgrade"]] if "post_upgrade" in hooks else []
        self.steps = [*before, *database.scripts, *after]
        known = {each.path for each in old.migrations}
        self.added = [each for each in new.migrations if each.path not in known]
        self.before: Contents = {}
        self.changed: frozenset[tuple[str, str]] = frozenset()

    def install(self) -> None:
        """The released version, and a row for each of two tenants in each of its tables."""
        scripts = [(each.path, each.sql) for each in self.old.migrations]
        if failure := self.scratch.apply(scripts):
            raise CouldNotCheckError(
                f"the released {self.old.version} does not install on this platform:"
                f" {failure.location}: {failure.message}",
                hint="add what it expects of the platform to database.baseline",
            )
        states = self.database.applied.states
        same = scripts == self.database.scripts[: len(scripts)]
        self.installed = states[len(scripts)] if same else self.scratch.snapshot()
        new = [step for step in self.steps if step not in scripts]
        self.found.unfilled = fill(self.database, self.scratch, before=new, old=True)
        self.before = self._contents()

    def up(self) -> bool:
        """Hooks and migrations once; the schema of a fresh install, and every row there."""
        what = f"an upgrade from {self.old.version}"
        budget = self.scratch.budget()
        movers = []
        stuck: list[Stuck] = []
        for number, (path, sql) in enumerate(self.steps):
            hook = path in dict(self.hooks)
            if hook:
                stuck += self._stopped(parse(path, sql), self.steps[number:])
            before = self.scratch.snapshot() if hook else None
            ran = self.scratch.run(path, sql, budget=budget)
            if ran.failure is not None:
                self.found.fails(ran.failure, f"{what} with rows in its tables fails", on_upgrade)
                return False
            if hook and before != self.scratch.snapshot():
                movers.append(path)
        self._compare(
            f"{what} ends with another schema than a fresh install", path=next(iter(movers), "")
        )
        self.upgraded = self._contents(self.before)
        what = f"the upgrade from {self.old.version}"
        became = list(compare_rows(self.before, self.upgraded))
        for fate in became:
            self.found.loses_rows(self._last, f"{what} loses rows", fate)
            self.found.note_changes(self._last, f"{what} changes values of older rows", fate)
        self.changed = frozenset((each.table, name) for each in became for name, *_ in each.changed)
        self.found.note_losses(self._last, f"{what} loses", became)
        if not self.found.faults and stuck:
            self.found.stuck(stuck)
            return False
        return True

    def _stopped(self, hook: Script, rest: list[tuple[str, str]]) -> Iterator[Stuck]:
        """What is wrong after a hook that does not run in one transaction was stopped in it."""
        whole = Undisturbed(self.scratch, rest)
        places = list(stops(hook))
        if places and whole.failure is None:
            for stop in places:
                if found := stopped(whole, self.database.applied.snapshot, hook, stop):
                    yield found

    def again(self) -> bool:
        """Hooks run again when an upgrade was interrupted: nothing may change."""
        if not self.hooks:
            return True
        schema, data = self.scratch.snapshot(), self.scratch.digests()
        budget = self.scratch.budget()
        for path, sql in self.steps:
            ran = self.scratch.run(path, sql, budget=budget)
            if ran.failure is not None:
                self.found.fails(ran.failure, "an upgrade that is run again fails", on_second_run)
                return False
            now = self.scratch.digests()
            if path in dict(self.hooks) and (wrote := data_changes(data, now)):
                self.found.differs(
                    path, "run again, the hook changes data once more", [*wrote.values()]
                )
            data = now
        if found := diff(schema, self.scratch.snapshot()):
            self.found.differs(self.hooks[0][0], "run again, the upgrade changes the schema", found)
        return True

    def down(self) -> bool:
        """The rollbacks of what the new version added; the old schema and the old rows."""
        if not self.added:
            return False
        # what tenants write by then
        self.found.unfilled += fill(self.database, self.scratch, round_=1)
        self.upgraded = self._contents(self.upgraded)
        budget = self.scratch.budget()
        for migration in reversed(self.added):
            if migration.rollback_path is None or migration.rollback_sql is None:
                self.found.no_way_back(migration.path, self.old.version)
                return False
            ran = self.scratch.run(
                migration.rollback_path, migration.rollback_sql, budget=budget
            )  # fmt: skip
            if ran.failure is not None:
                self.found.fails(
                    ran.failure, f"a rollback to {self.old.version} fails", on_second_run
                )
                return False
        path = self.added[0].rollback_path or self.added[0].path
        # What cannot be brought back is said by rollback-restores, which takes the same way.
        installed, _ = as_far_as_possible(
            self.installed, self.database.applied.states, self.scratch.snapshot()
        )
        self._compare(
            f"rolling back to {self.old.version} does not restore its schema",
            installed, path, came="is left behind", went="is missing",
        )  # fmt: skip
        after = self._contents(self.upgraded)
        what = f"rolling back to {self.old.version}"
        for fate in compare_rows(self.before, after):
            self.found.loses_rows(path, f"{what} loses rows", fate)
            if shown := changes(fate, self.changed):
                self.found.differs(path, f"{what} changes rows of that version", shown)
        self.found.note_losses(path, f"{what} loses", compare_rows(self.upgraded, after))
        return True

    def up_again(self) -> None:
        """An upgrade after a rollback is an upgrade like the first."""
        what = f"an upgrade after a rollback to {self.old.version}"
        if failure := self.scratch.apply(self.steps):
            self.found.fails(failure, f"{what} fails", on_upgrade)
            return
        self._compare(f"{what} ends with another schema than a fresh install")

    @property
    def _last(self) -> str:
        """The file to point at where no single one is known to be wrong."""
        last = self.added or self.new.migrations
        return last[-1].path if last else "module.json"

    def _contents(self, last: Contents | None = None) -> Contents:
        return contents(self.scratch, self.database.platform_tables, last)

    def _compare(
        self,
        message: str,
        expected: Snapshot | None = None,
        path: str = "",
        came: str = "is there only after the upgrade",
        went: str = "is there only after a fresh install",
    ) -> None:
        wanted = expected or self.database.applied.snapshot
        if found := diff(wanted, self.scratch.snapshot(), came=came, went=went):
            self.found.differs(path or self._last, message, found)
