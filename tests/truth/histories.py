"""Migrations of public packages, run a second time: what the gate says against what psql says.

psql runs the whole history twice, each file in a transaction where it may be in one, and goes on
after errors. Those, and what the catalog holds more or less afterwards, are the truth.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import tomllib
import zipfile
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import psycopg
from platformdirs import user_cache_path

from gates.database.server.embedded import throwaway_server
from gates.database.server.programs import Programs
from gates.model import Finding
from gates.module import load
from gates.settings import Settings
from tests.conftest import EXAMPLES
from tests.database.conftest import results
from tests.truth.tally import Tally

PINS = Path(__file__).with_suffix(".toml")
CACHE = user_cache_path("axon-gates") / "truth"
_ERROR = re.compile(r"^psql:(?:.*/)?([^/:]+):(\d+): ERROR:  (\w{5}): (.*)$", re.MULTILINE)
_FAILS = re.compile(r"does not run a second time: (.*) \(SQLSTATE (\w{5})\)", re.DOTALL)
_CHANGES = re.compile(r"running it again changes something: (\w+) (.+) is (new|gone)$")
_OBJECTS = """
SELECT CASE relkind WHEN 'v' THEN 'view' WHEN 'S' THEN 'sequence' ELSE 'table' END || ' '
       || oid::regclass::text, NULL FROM pg_class
 WHERE relkind IN ('r', 'v', 'p') AND relnamespace::regnamespace::text !~ '^(pg_|information)'
UNION ALL SELECT 'index ' || indexrelid::regclass::text, indrelid::regclass::text FROM pg_index
  JOIN pg_class c ON c.oid = indexrelid
 WHERE c.relnamespace::regnamespace::text !~ '^(pg_|information)'
UNION ALL SELECT 'function ' || oid::regprocedure::text, NULL FROM pg_proc
 WHERE pronamespace::regnamespace::text !~ '^(pg_|information)'
UNION ALL SELECT 'type ' || oid::regtype::text, NULL FROM pg_type
 WHERE typtype IN ('e', 'd') AND typnamespace::regnamespace::text !~ '^(pg_|information)'
UNION ALL SELECT 'trigger ' || tgname || ' on ' || tgrelid::regclass::text, tgrelid::regclass::text
  FROM pg_trigger WHERE NOT tgisinternal
UNION ALL SELECT 'constraint ' || conname || ' on ' || conrelid::regclass::text,
       conrelid::regclass::text FROM pg_constraint
 WHERE conrelid <> 0 AND contype <> 'n'
   AND connamespace::regnamespace::text !~ '^(pg_|information)'
"""


@dataclass(frozen=True)
class Second:
    """What a second run of a history shows."""

    errors: Counter[tuple[str, str, str]]
    """File, SQLSTATE and message of each statement that fails."""
    changes: frozenset[str]
    """Objects that are there afterwards and were not before, or the other way, but for what belongs
    to a table of them."""


def migrations(history: Mapping[str, Any]) -> dict[str, str]:
    """The files of a history by name, in order, downloaded where they are not there yet."""
    place = CACHE / history["sha256"]
    if not place.is_file():
        place.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory() as folder:
            _download(history, folder)
            (found,) = Path(folder).iterdir()
            shutil.move(found, place)
    if hashlib.sha256(place.read_bytes()).hexdigest() != history["sha256"]:
        raise SystemExit(f"{place} is not the pinned release of {history['name']}")
    wanted = re.compile(history["files"])
    texts = [text for name, text in _members(place) if wanted.fullmatch(name)]
    for old, new in history.get("place", {}).items():
        texts = [text.replace(old, new) for text in texts]
    texts[0] = f"{history.get('first', '')}\n{texts[0]}"
    return {f"{number:03d}_step.sql": text for number, text in enumerate(texts)}


def _download(history: Mapping[str, Any], folder: str) -> None:
    name, release = history["name"], history["release"]
    if history["index"] == "npm":
        command = ["npm", "pack", "--silent", f"{name}@{release}", "--pack-destination", folder]
    else:
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary"]
        command = [*pip, ":all:", f"{name}=={release}", "--dest", folder]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def _members(place: Path) -> Iterator[tuple[str, str]]:
    """Path and text of each file of an archive, sorted by path."""
    if zipfile.is_zipfile(place):
        with zipfile.ZipFile(place) as archive:
            for name in sorted(archive.namelist()):
                yield name, archive.read(name).decode("utf-8", "replace")
        return
    with tarfile.open(place) as archive:
        for member in sorted(archive.getmembers(), key=lambda each: each.name):
            stream = archive.extractfile(member) if member.isfile() else None
            yield member.name, stream.read().decode("utf-8", "replace") if stream else ""


def by_psql(files: Mapping[str, str], url: str, programs: Programs, folder: Path) -> Second:
    """Run a history twice, as a person would."""
    for name, text in files.items():
        (folder / name).write_text(text, "utf-8")
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE DATABASE history TEMPLATE template0")
        own = url.replace("/postgres?", "/history?")
        try:
            first = _psql(files, own, programs, folder)
            assert not first, f"the history does not apply: {first}"
            before = _objects(own)
            errors = _psql(files, own, programs, folder)
            changed = before.items() ^ _objects(own).items()
            tables = {each.removeprefix("table ") for each, _ in changed}
            return Second(errors, frozenset(each for each, of in changed if of not in tables))
        finally:
            connection.execute("DROP DATABASE history WITH (FORCE)")


def _psql(
    files: Mapping[str, str], url: str, programs: Programs, folder: Path
) -> Counter[tuple[str, str, str]]:
    flags = ["--no-psqlrc", "--quiet", "--dbname", url]
    for each in ("VERBOSITY=verbose", "ON_ERROR_ROLLBACK=on"):
        flags += ["--set", each]
    found: Counter[tuple[str, str, str]] = Counter()
    for name, text in files.items():
        one = [] if " CONCURRENTLY " in text else ["--single-transaction"]
        command = programs.command("psql", *flags, *one, "--file", folder / name)
        ran = subprocess.run(command, check=False, capture_output=True, text=True)
        found.update((each[1], each[3], each[4]) for each in _ERROR.finditer(ran.stderr))
    return found


def _objects(url: str) -> dict[str, str | None]:
    """Every object, with the table that it belongs to."""
    with psycopg.connect(url) as connection:
        connection.execute("SET search_path = ''")
        return dict(connection.execute(_OBJECTS).fetchall())


def by_the_gate(files: Mapping[str, str], settings: Settings, folder: Path) -> tuple[Finding, ...]:
    """The findings of `migrations-idempotent` on a module that has the history as its own."""
    root = folder / "sample-module"
    shutil.copytree(EXAMPLES / "_base" / "python", root)
    shutil.rmtree(root / "migrations")
    (root / "migrations").mkdir()
    for name, text in files.items():
        (root / "migrations" / name).write_text(text, "utf-8")
    result = results(load(root), settings, "migrations-idempotent")["migrations-idempotent"]
    assert result.reason is None, result.reason
    return tuple(result.findings)


def judged(second: Second, findings: tuple[Finding, ...]) -> tuple[int, list[str]]:
    """How many answers there are, and the wrong ones: false accusations and misses."""
    fails: Counter[tuple[str, str, str]] = Counter()
    changes: set[str] = set()
    for each in findings:
        if said := _FAILS.search(each.message):
            fails[(Path(each.location.path).name, said[2], said[1])] += 1
        elif said := _CHANGES.search(each.message):
            changes.add(f"{said[1]} {said[2]}")
    names = {re.split(r"[ .(]", each.partition(" on ")[0].partition("(")[0])[-1]
             for each in changes}  # fmt: skip
    wrong = [f"accused: {each}" for each in (fails - second.errors)]
    wrong += [f"missed: {each}" for each in (second.errors - fails)]
    wrong += [f"accused: {each}" for each in sorted(changes - second.changes)]
    wrong += [
        f"missed: {each}"
        for each in sorted(second.changes - changes)
        if not names & set(re.findall(r"\w+", each))
    ]
    return sum((fails | second.errors).values()) + len(changes | second.changes), wrong


def run(settings: Settings) -> Iterator[tuple[str, int, list[str]]]:
    """Each history: its name, how many answers, the wrong ones."""
    programs = Programs.find(settings.cache / "postgresql")
    with throwaway_server(settings) as url:
        for history in tomllib.loads(PINS.read_text("utf-8"))["history"]:
            files = migrations(history)
            with tempfile.TemporaryDirectory(prefix="gates-truth-") as folder:
                Path(folder).chmod(0o755)
                second = by_psql(files, url, programs, Path(folder))
                own = replace(settings, database_url=url)
                size, wrong = judged(second, by_the_gate(files, own, Path(folder)))
            yield f"{history['name']} {history['release']}", size, wrong


def tally() -> Tally:
    """Over all histories."""
    ran = list(run(Settings.from_environment()))
    size, wrong = sum(each[1] for each in ran), sum(len(each[2]) for each in ran)
    names = ", ".join(name for name, _, _ in ran)
    return Tally("migrations run twice", size, size - wrong, wrong, 0, f"{names}; judged by psql")


def main() -> None:
    """Print each history with what is wrong."""
    for name, size, wrong in run(Settings.from_environment()):
        sys.stdout.write(
            "\n  ".join([f"{name}: {size} answers, {len(wrong)} wrong", *wrong]) + "\n"
        )


if __name__ == "__main__":
    main()
