"""What this installation can check with, what it can't, and the one command that helps."""

from __future__ import annotations

import os
import platform
import shutil
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path

from gates.errors import CouldNotCheckError, GatesError, ToolMissingError
from gates.module import Module
from gates.records import dataclass
from gates.settings import POLICY_FILE, Policy, Settings, load_policy, missing_walls

LEAST_SPACE = 1 << 30
"""Bytes that toolchains, environments and database templates may need."""


@dataclass(frozen=True)
class Probe:
    """One thing that was tried: how it went, and what helps where it did not."""

    name: str
    works: bool
    detail: str
    hint: str | None = None


def probes(path: Path, settings: Settings) -> Iterator[Probe]:
    """Try everything that a run over the module in `path` needs, one thing after the other."""
    python = f"{platform.python_version()} at {sys.executable}"
    yield Probe("python", True, python)
    yield _try("policy", lambda: _policy(path, settings))
    yield _try("cache", lambda: _writable(settings.cache))
    yield _try("signing key", lambda: _key(settings))
    yield from _programs(settings, path)
    yield _try("advisories", lambda: _advisories(path, settings))
    yield _try("database", lambda: _database(settings))
    yield _try("catalog", lambda: _catalog(settings))
    yield _try("registry", lambda: _registry(settings))


def render(found: Probe) -> str:
    """A line for one probe, and one for the hint."""
    line = f"{'✓' if found.works else '✗'} {found.name:<15} {found.detail}"
    return line + (f"\n  {'help:':<16}{found.hint}" if found.hint and not found.works else "")


def _try(name: str, probe: Callable[[], str]) -> Probe:
    try:
        return Probe(name, True, probe())
    except GatesError as error:
        return Probe(name, False, error.message, error.hint)
    except OSError as error:
        return Probe(name, False, str(error))


def _policy(path: Path, settings: Settings) -> str:
    policy = load_policy(path, settings.policy)
    files = sorted(set(policy.sources.values()))
    if not files:
        ignored = (path / POLICY_FILE).is_file()
        within = "; the one inside of it does not count" if ignored else ""
        files = [f"the built-in standard: there is no {POLICY_FILE} above the module{within}"]
    return f"{policy.digest[:12]} from {', '.join(files)}{_trust_file(policy, settings)}"


def _trust_file(policy: Policy, settings: Settings) -> str:
    if policy.trust_file is None:
        return ""
    from gates.evidence.trust_file import load

    newest = load(policy.trust_file, settings.state, datetime.now(UTC).date())
    return f"; trust file version {newest.number} until {newest.expires.date()}"


def _writable(folder: Path) -> str:
    folder.mkdir(parents=True, exist_ok=True)
    if not os.access(folder, os.W_OK):
        raise PermissionError(f"{folder} cannot be written")
    free = shutil.disk_usage(folder).free
    if free < LEAST_SPACE:
        raise OSError(f"{folder} has only {free >> 20} MiB left")
    return f"{folder}, {free >> 30} GiB free"


def _key(settings: Settings) -> str:
    if settings.keyless:
        from gates.evidence.bundle import INSTALL, MISSING

        if find_spec("sigstore") is None:
            raise ToolMissingError(MISSING, hint=INSTALL)
        return "the identity of the workflow that runs"
    from gates.evidence.keys import key_id, own_public_key

    public = own_public_key(settings.key)
    if public is None:
        return f"{settings.key} is made on first use"
    return f"{settings.key}, key id {key_id(public)[:12]}"


def _programs(settings: Settings, path: Path) -> Iterator[Probe]:
    from gates.toolchains import Session, Tools
    from gates.toolchains.bubblewrap import advice
    from gates.toolchains.languages import LANGUAGES
    from gates.toolchains.sandbox import Sandbox
    from gates.toolchains.tools import EXTRAS, Program

    nothing = Module(Path("/"), {}, None, None, (), {}, (), "")
    try:
        session = Session(nothing, Policy(), settings)
    except (GatesError, OSError) as error:
        yield Probe("programs", False, str(error))
        return
    with session:
        tools = Tools(session)
        own = [name for language in LANGUAGES.values() for name in language.programs]
        for name in (*own, *EXTRAS):
            yield _try(name, lambda name=name: tools.resolve(name).version or "present")  # type: ignore[misc]

        def sandbox() -> str:
            ran = tools.run(
                Program("true", (shutil.which("true") or "/usr/bin/true",)),
                [],
                cwd=tools.folder,
                sandbox=Sandbox(),
                timeout=30,
            )
            if missing := missing_walls(ran.sandbox, load_policy(path, settings.policy).sandbox):
                raise CouldNotCheckError(
                    f"{ran.sandbox}, and the policy requires {', '.join(missing)}", hint=advice()
                )
            lacks = "" if "bubblewrap" in ran.sandbox else f"; bubblewrap is missing: {advice()}"
            return f"{ran.sandbox} around the module's own code{lacks}"

        yield _try("sandbox", sandbox)


def _advisories(path: Path, settings: Settings) -> str:
    """What the check dependency-advisories will ask: the policy's snapshot, read as it reads it, or
    the registries' services, about the packages of the module in `path`."""
    from datetime import UTC, datetime

    from gates.module import load
    from gates.toolchains import Session, Tools
    from gates.toolchains.advisories import HINT, read_snapshot
    from gates.toolchains.advisory_search import locked_packages
    from gates.toolchains.languages import language_of

    policy = load_policy(path, settings.policy)
    if policy.advisories is not None:
        data = policy.advisories.read_bytes()
        limit = policy.advisories_max_age_days
        found = read_snapshot(data, today=datetime.now(UTC).date(), max_age_days=limit)
        of = ", ".join(sorted(found.ecosystems))
        return f"{policy.advisories}: {found.count} of {found.created:%Y-%m-%d}, for {of}"
    if settings.offline:
        raise CouldNotCheckError("no snapshot, and no service is asked offline", hint=HINT)
    services = "the services of the registries"
    if not (path / "module.json").is_file():
        return f"{services}, not tried: there is no module here"
    with Session(load(path), policy, settings) as session:
        tools = Tools(session)
        packages, _ = locked_packages(tools)
        language_of(session.module).ask_advisories(tools, packages)
        return f"{services} answered about {len(packages)} packages"


def _database(settings: Settings) -> str:
    from contextlib import nullcontext

    from gates.database.server.embedded import throwaway_server

    given = settings.database_url
    with nullcontext(given) if given else throwaway_server(settings) as url:
        return f"PostgreSQL {_server_version(url)}, {'by URL' if given else 'embedded'}"


def _server_version(url: str) -> str:
    from gates.database.server.driver import psycopg_modules
    from gates.errors import DatabaseUnavailableError

    psycopg = psycopg_modules()
    try:
        with psycopg.connect(url, connect_timeout=10) as connection:
            return connection.info.parameter_status("server_version") or "?"
    except psycopg.Error as error:
        first = str(error).strip().partition("\n")[0]
        raise DatabaseUnavailableError(
            f"the server cannot be reached: {first}", hint="check GATES_DATABASE_URL"
        ) from error


def _catalog(settings: Settings) -> str:
    from gates.catalog import Catalog

    with Catalog.open(settings) as catalog:
        state = "empty, made on first release" if catalog.is_new else ""
        return f"{catalog.where}: {state or f'{len(catalog.modules())} modules'}"


def _registry(settings: Settings) -> str:
    from gates.registry import Registry

    registry = Registry.of(settings)
    return f"{registry.where}: {registry.place.probe()}"
