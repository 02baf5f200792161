"""A version's SQL files, and running them in the platform's database: each once, and recorded."""

from __future__ import annotations

import hashlib
from functools import cached_property
from typing import TYPE_CHECKING, Any

from gates.catalog import ReleasedVersion
from gates.database.parsing.script import parse
from gates.database.prepared.platform_rights import create_extensions, extensions_of
from gates.errors import RefusedError
from gates.module import Module
from gates.records import dataclass
from gates.registry import Registry
from gates.releases import Release
from gates.tenants import store
from gates.tenants.migrator import Migrator

if TYPE_CHECKING:
    import psycopg

    Session = psycopg.Connection[tuple[Any, ...]]


@dataclass
class Installation:
    """One version in one database."""

    connection: Session
    migrator: Migrator
    row: ReleasedVersion
    registry: Registry
    _half_run: str = ""
    """The path of a migration that failed, where it may have committed a part of itself."""

    @cached_property
    def module(self) -> Module:
        """The released module, each migration held against the catalog's digest.

        Raises `CouldNotCheckError` without the bundle, and `RefusedError` where it holds other
        files than the catalog names.
        """
        module = Release(self.row, self.registry).module
        there = {each.path: each for each in module.migrations}
        wrong = [
            f"the bundle of {self.row.slug} {self.row.version} holds another {path} than the"
            " catalog names"
            for each in self.row.migrations
            for path, digest in (
                (each.path, each.sha256), (each.rollback_path, each.rollback_sha256)
            )
            if path is not None
            and (each.path not in there or hashlib.sha256(module.data(path)).hexdigest() != digest)
        ]  # fmt: skip
        if wrong:
            raise RefusedError(wrong)
        return module

    def first(self) -> str:
        """What the first tenant of the version brings into this database; why it failed, or "".

        Where another version was run here, that is its upgrade. In a database without the module
        the migrations run alone; but `pre_upgrade` of a module's first version, which upgrades from
        none, is about what was there before the module came under the standard, and runs before.
        """
        ((upgrades, begins),) = self.connection.execute(
            "SELECT EXISTS (SELECT FROM public.core_module_migrations WHERE kind = 'migration'"
            " AND slug = %(slug)s AND version <> %(version)s), NOT EXISTS (SELECT FROM"
            " public.core_module_versions WHERE slug = %(slug)s"
            " AND sort_key < public.core_semver_key(%(version)s))",
            {"slug": self.row.slug, "version": self.row.version},
        ).fetchall()
        if upgrades:
            return self.whole()
        return (self.run_hook("pre_upgrade") if begins else "") or self.install()

    def whole(self) -> str:
        """All of the version in the order of its proofs: `pre_upgrade`, the migrations that this
        database lacks, `post_upgrade`; why one failed, or ""."""
        return self.run_hook("pre_upgrade") or self.install() or self.run_hook("post_upgrade")

    def install(self) -> str:
        """Run the migrations that this database lacks, in order; why one failed, or "".

        The extensions that they ask for are made before, as the catalog's own role: those of a
        version that passed are the policy's.
        """
        known = store.recorded_paths(self.connection, self.row.slug)
        if any(each.path not in known for each in self.row.migrations):
            create_extensions(self.connection, extensions_of(self.module))
        for each in self.row.migrations:
            if known.get(each.path) == each.sha256:
                continue
            if each.path in known:
                return f"{each.path} was run here with other content"
            if why := self._run(each.path, each.sha256, "migration"):
                return why
        return ""

    def run_hook(self, name: str) -> str:
        """Run `pre_upgrade` or `post_upgrade` where the version has it and it was not run here; why
        it failed, or ""."""
        path = self.module.hooks.get(name)
        done = store.recorded_hooks(self.connection, self.row.slug, self.row.version)
        if path is None or path in done:
            return ""
        return self._run(path, hashlib.sha256(self.module.data(path)).hexdigest(), "hook")

    def take_back(self) -> str:
        """Roll back what this version brought, unless a tenant works with it; why that failed, or
        "". First it is no longer recorded, so that a run that is killed here runs it again."""
        backs = {each.path: each.rollback_path for each in self.row.migrations}
        gone = store.call(
            self.connection, "forget_module_migrations",
            of_slug=self.row.slug, of_version=self.row.version,
        )  # fmt: skip
        gone.append((self._half_run,))
        for path in [each.path for each in reversed(self.row.migrations) if (each.path,) in gone]:
            back = backs[path]
            if back is None:
                return f"{path} has no rollback"
            failure = self.migrator.run(self.row.slug, back, self.module.text(back))
            if failure is not None:
                return f"{failure.location}: {failure.message}"
        return ""

    def _run(self, path: str, digest: str, kind: str) -> str:
        sql = self.module.text(path)
        failure = self.migrator.run(self.row.slug, path, sql)
        if failure is not None:
            if kind == "migration" and not parse(path, sql).in_one_transaction:
                self._half_run = path
            return f"{failure.location}: {failure.message}"
        store.record(self.connection, self.row.slug, self.row.version, path, digest, kind)
        return ""
