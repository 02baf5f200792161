"""The commands that compare versions: diff and changelog."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from gates.commands.module_path import module_path, nearest_module
from gates.commands.options import REGISTRY_HELP, settings_of, wants_colour
from gates.errors import CouldNotCheckError, UsageError
from gates.filesystem import is_folder

if TYPE_CHECKING:
    from gates.contract.difference import Difference
    from gates.contract.model import Change
    from gates.contract.sources import Source, Sources
    from gates.module import Module
    from gates.settings import Settings

_DIFF_CODES = """
\b
Exit codes:
  0    the version moves far enough, or there is nothing to judge
  1    a larger bump is needed, or `breaking` lacks a break or lists what did not change
  2    wrong usage or configuration
  3    something could not be compared
"""
_CHANGELOG_CODES = """
\b
Exit codes:
  0    the draft is complete
  2    wrong usage or configuration
  3    something could not be compared; standard error says what
"""


def _options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options that both comparisons have."""
    decorators = [
        click.option("--no-database", is_flag=True, help="Leave out the database."),
        click.option("--no-code", is_flag=True, help="Leave out exported code, and build nothing."),
        click.option("--catalog", help="A PostgreSQL URL, or the folder of an embedded server."),
        click.option("--registry", help=f"Registry: {REGISTRY_HELP}"),
        click.option("--database-url", help="Server for the databases. Default: an embedded one."),
        click.option(
            "--policy", type=click.Path(path_type=Path, dir_okay=False),
            help="The organisation's policy. Default: the nearest gates-policy.toml above NEW.",
        ),
        click.option("--offline", is_flag=True, default=None, help="Reach nothing outside."),
    ]  # fmt: skip
    for decorator in reversed(decorators):
        command = decorator(command)
    return command


@click.command(short_help="The difference of two contracts.", epilog=_DIFF_CODES)
@click.argument("sides", nargs=-1, metavar="[OLD] [NEW]")
@click.option("--baseline", help="OLD, where only NEW is given.")
@click.option("--json", "as_json", is_flag=True, help="Machine-readable.")
@_options
def diff(sides: tuple[str, ...], baseline: str | None, as_json: bool, **given: Any) -> NoReturn:
    """Compare what two versions of a module promise, and print the bump that it takes.

    OLD and NEW are each a folder, a released version, `catalog` (the newest stable release) or a
    revision of git; versions and revisions are those of the module in the folder that is named,
    else of the current one. Of one alone, a folder is NEW, and OLD is `catalog`; anything else is
    OLD, and NEW is the current folder.

    Code is compared between folders, which are built for it, and releases; of a revision of git
    there is no bundle to compare, so give --no-code.
    """
    from gates.report.contract import as_json as to_json
    from gates.report.contract import text

    old, new = _named(sides, baseline)
    with _compared(old, new, given) as compared:
        if compared is None:
            click.echo("first version: the catalog holds none to compare with")
            raise SystemExit(0)
        found, _ = compared
        rendered = to_json(found) if as_json else text(found, colour=wants_colour(sys.stdout))
        click.echo(rendered, nl=False, color=True)
        raise SystemExit(found.exit_code)


@click.command(short_help="Draft the entry of CHANGELOG.md.", epilog=_CHANGELOG_CODES)
@module_path()
@click.option("--baseline", default="catalog", show_default=True, help="As OLD of `gates diff`.")
@click.option(
    "--date", "day", type=click.DateTime(["%Y-%m-%d"]), help="Of the entry. Default: today, UTC."
)
@_options
def changelog(path: Path, baseline: str, day: datetime | None, **given: Any) -> NoReturn:
    """Draft the entry of CHANGELOG.md for the version in PATH, from the difference to OLD.

    Breaks come first, each with the reason and the migration guide from `breaking`. Printed, not
    written: it is a draft. A version that is too small is replaced by the smallest that is not.
    """
    from gates.contract.breaking import intended
    from gates.report.contract import changelog as draft

    when = day.date() if day else datetime.now(UTC).date()
    with _compared(baseline, str(path), given) as compared:
        if compared is None:
            click.echo(_first(path, when), nl=False)
            raise SystemExit(0)
        found, module = compared
        accepted = (
            intended(module.require_manifest(), module.version, found.old.version)
            if module.version and found.old.version
            else ()
        )
        click.echo(draft(found, accepted, when), nl=False)
        for part in found.without:
            click.echo(f"gates: {part}: left out", err=True)
        for each in found.missing:
            click.echo(f"gates: {each.part}: not compared: {each.reason}", err=True)
            if each.hint:
                click.echo(f"  help: {each.hint}", err=True)
        raise SystemExit(3 if found.missing else 0)


def _first(path: Path, day: date) -> str:
    from gates.module import load

    version = load(path).version or "Unreleased"
    return f"## [{version}] - {day.isoformat()}\n\n### Added\n\n- First version.\n"


def _named(sides: tuple[str, ...], baseline: str | None) -> tuple[str, str]:
    if len(sides) > 2 or (len(sides) == 2 and baseline):
        raise UsageError("two versions are compared, and more are given", hint="gates diff OLD NEW")
    if len(sides) == 2:
        return sides[0], sides[1]
    if sides and not baseline and not is_folder(Path(sides[0])):
        return sides[0], str(nearest_module(Path()))
    return baseline or "catalog", sides[0] if sides else str(nearest_module(Path()))


@contextmanager
def _compared(
    old: str, new: str, given: dict[str, Any]
) -> Iterator[tuple[Difference, Module] | None]:
    """The difference with the module of the new side; None where there is no old one."""
    from gates.catalog import Catalog
    from gates.contract.difference import differ
    from gates.contract.sources import Sources
    from gates.registry import Registry

    without = {part for part in ("database", "code") if given.pop(f"no_{part}")}
    settings = settings_of(**given)
    here = next((Path(each) for each in (new, old) if is_folder(Path(each))), Path())
    with ExitStack() as stack:
        opened = stack.enter_context(Catalog.open(settings))
        sources = Sources(here, opened, Registry.of(settings))
        after = _find(sources, new)
        before = sources.find(old)
        if before is None:
            yield None
            return
        parts = _parts(before, after, here, settings, stack)
        sides = (before.label, before.module), (after.label, after.module)
        yield differ(*sides, parts, without=without), after.module


def _find(sources: Sources, text: str) -> Source:
    found = sources.find(text)
    if found is None:
        raise UsageError(f"the catalog holds no version of the module in {sources.here}")
    return found


def _parts(
    old: Source, new: Source, here: Path, settings: Settings, stack: ExitStack
) -> list[tuple[str, Callable[[], Iterable[Change]]]]:
    from gates.contract.compare import declared_parts

    before, after = old.module, new.module
    return [
        *declared_parts(before, after),
        ("database", lambda: _database(before, after, new, settings, stack)),
        ("code", lambda: _code(old, new, here, settings, stack)),
    ]


def _database(
    old: Module, new: Module, side: Source, settings: Settings, stack: ExitStack
) -> Iterable[Change]:
    from gates.contract.schema.compare import compare_databases
    from gates.contract.schema.snapshots import pair_of
    from gates.database import Database
    from gates.settings import load_policy

    if [each.sql for each in old.migrations] == [each.sql for each in new.migrations]:
        return []
    policy = load_policy(side.folder or Path(), settings.policy)
    database = stack.enter_context(Database.open(new, policy, settings))
    with pair_of(old, new, database) as pair:
        return compare_databases(pair)


def _code(
    old: Source, new: Source, here: Path, settings: Settings, stack: ExitStack
) -> Iterable[Change]:
    from gates.contract.code import compare_code, exported
    from gates.contract.code.placed import placed
    from gates.module import load
    from gates.needs import Needs
    from gates.registry.bundle import unpacked
    from gates.settings import load_policy
    from gates.toolchains import Tools
    from gates.toolchains.languages import language_of

    def needs_of(folder: Path) -> Needs:
        needs = Needs(
            load(folder),
            load_policy(folder, settings.policy),
            settings,
            today=datetime.now(UTC).date(),
        )
        stack.callback(needs.close)
        return needs

    tools: Tools | None = None
    apis = []
    for side in (old, new):
        if side.bundle is not None:
            files = side.bundle()
        elif side.folder is not None:
            needs = needs_of(side.folder)
            with needs.bundle().path.open("rb") as archive:
                files = unpacked(archive)
            tools = needs.tools()
        else:
            raise CouldNotCheckError(
                f"{side.label} is a revision of git, of which there is no bundle",
                hint="leave the code out with --no-code, or name a release or a folder",
            )
        apis.append(exported(files, language_of(side.module).name))
    found = compare_code(apis[0], apis[1], tools or needs_of(here).tools())
    return placed(found, old.module, new.module)
