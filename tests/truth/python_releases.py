"""Verdicts on releases of Python libraries, each claimed break run against both versions.

`python -m tests.truth.python_releases [LIBRARY ...] [--cache FOLDER]` downloads the wheels that
python_releases.toml names by their digests into a folder, compares consecutive releases and prints
each comparison and the tally. A comparison is
- right where every claimed break was shown by running it, and none was seen by importing both
  versions that is not claimed;
- wrong where a claim could not be shown, or a break was missed;
- "could not show" where the verdict asks for more than what was shown, or the code was refused.
"""

from __future__ import annotations

import argparse
import hashlib
import subprocess
import sys
import tempfile
import tomllib
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from inspect import Parameter, Signature
from itertools import pairwise
from pathlib import Path
from typing import Any

from gates.contract.code import Api, compare_code
from gates.contract.code.calls import broken_calls
from gates.contract.model import Bump, Change, largest
from gates.errors import GatesError
from tests.truth.python_witness import (
    Version,
    check_of,
    is_shown,
    type_program,
    types_refused,
)
from tests.truth.tally import Tally

PINS = Path(__file__).with_suffix(".toml")
CACHE = Path.home() / ".cache" / "axon-gates-truth" / "python"


@dataclass(frozen=True)
class Comparison:
    """What came of one pair of releases."""

    library: str
    entry: str
    old: str
    new: str
    bump: Bump = Bump.NONE
    shown: Bump = Bump.NONE
    """What the changes that are shown ask for."""
    claims: int = 0
    not_shown: tuple[str, ...] = ()
    """Claimed breaks that did not break what was run."""
    missed: tuple[str, ...] = ()
    refused: str = ""
    unshown: tuple[str, ...] = field(default=())
    """What asks for more than what is shown."""

    @property
    def is_patch(self) -> bool:
        """Whether only the last of three numbers moved."""
        return self.old.split(".")[:2] == self.new.split(".")[:2]

    @property
    def outcome(self) -> str:
        if self.not_shown or self.missed:
            return "wrong"
        return "could not show" if self.refused or self.bump is not self.shown else "right"

    def __str__(self) -> str:
        said = f"{self.entry} {self.old} -> {self.new}"
        kind = "patch" if self.is_patch else "more"
        head = f"{said:34} {kind:6} {self.bump:6} shown {self.shown:6} {self.claims:3} claims"
        more = [*self.not_shown, *self.missed, *([self.refused] if self.refused else [])]
        if self.outcome == "could not show":
            more += self.unshown
        return "\n".join([f"{head}  {self.outcome}", *(f"      {each}" for each in more[:8])])


def compared(library: Mapping[str, Any], old: str, new: str, cache: Path) -> Comparison:
    """One pair of releases of a library of the pins."""
    name, entry = library["name"], library["import"]
    python = str(cache / "python" / "bin" / "python")
    apis = [api(wheel(library, each, cache), entry, each) for each in (old, new)]
    try:
        found = compare_code(*apis)
    except GatesError as error:
        return Comparison(name, entry, old, new, refused=str(error))
    with tempfile.TemporaryDirectory() as folder:
        versions = []
        for each in (old, new):
            place = Path(folder) / each
            zipfile.ZipFile(wheel(library, each, cache)).extractall(place)
            versions.append(Version(entry, place, python))
        not_shown, missed, refused = tried(found, *versions, cache)
    shown = largest([each for each in found if each.proved])
    return Comparison(
        name, entry, old, new, largest(found), shown,
        sum(each.bump is Bump.MAJOR for each in found), tuple(not_shown), tuple(missed),
        refused, unshown=tuple(each.message for each in found if not each.proved),
    )  # fmt: skip


def tried(
    found: list[Change], old: Version, new: Version, cache: Path
) -> tuple[list[str], list[str], str]:
    """The claimed breaks that nothing run shows, the breaks that only running shows, and why
    nothing could be run."""
    claims = [each for each in found if each.bump is Bump.MAJOR]
    checks = {number: check_of(each) for number, each in enumerate(claims)}
    asked = {number: check for number, check in checks.items() if check is not None}
    before, shows = old.ask(list(asked.values()))
    after, shows_now = new.ask(list(asked.values()))
    not_shown = [
        f"not shown: {claims[number].message} [{claims[number].example}]"
        for (number, check), one, other in zip(asked.items(), before, after, strict=True)
        if not is_shown(check, one, other)
    ]
    typed = [claims[number] for number, check in checks.items() if check is None]
    programs = [type_program(each) for each in typed]
    ready = [each for each in programs if each is not None]
    refused = iter(types_refused(ready, new.folder, cache) if ready else [])
    for each, program in zip(typed, programs, strict=True):
        if program is None or not next(refused):
            not_shown.append(f"not shown: {each.message} [{each.example}]")
    if "" in shows or "" in shows_now:
        return not_shown, [], f"cannot be imported: {shows.get('') or shows_now.get('')}"
    told = {each.symbol.removeprefix("code:") for each in found}
    missed = [
        f"missed: {each}"
        for each, symbol in _seen(shows, shows_now)
        if not any(f"{symbol}.".startswith(f"{old.entry}.{name}.") for name in told)
    ]
    return not_shown, missed, ""


def _seen(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for path, parameters in old.items():
        if path not in new:
            yield f"{path} is gone", path
        elif parameters is not None and new[path] is not None:
            for each in broken_calls(_signature(parameters), _signature(new[path])):
                yield f"{path}({each.call}): {each.why}", path


def _signature(parameters: list[tuple[str, int, bool]]) -> Signature:
    kinds = {each.value: each for each in type(Parameter.KEYWORD_ONLY)}
    return Signature([
        Parameter(name, kinds[kind], default=0 if free else Parameter.empty)
        for name, kind, free in parameters
    ])  # fmt: skip


def api(path: Path, entry: str, version: str) -> Api:
    """The sources in a wheel, as if its package were the entrypoint of a module."""
    with zipfile.ZipFile(path) as archive:
        names = [each for each in archive.namelist() if each.endswith((".py", ".pyi"))]
        files = {each: archive.read(each) for each in names}
    return Api("python", version, entry, entry, files)


def wheel(library: Mapping[str, Any], version: str, cache: Path) -> Path:
    """The wheel of a release, downloaded where the folder does not hold it yet."""
    digest = library["releases"][version]
    place = cache / "wheels" / digest
    if not any(place.glob("*.whl")):
        place.mkdir(parents=True, exist_ok=True)
        wanted = place / "wanted.txt"
        wanted.write_text(f"{library['name']}=={version} --hash=sha256:{digest}\n")
        _pip("download", "--no-deps", "--only-binary", ":all:", "--require-hashes",
             "--platform", "manylinux2014_x86_64", "--platform", "any",
             "--python-version", "3.11", "-d", str(place), "-r", str(wanted))  # fmt: skip
    (found,) = place.glob("*.whl")
    if hashlib.sha256(found.read_bytes()).hexdigest() != digest:
        raise SystemExit(f"{found.name} is not the pinned wheel")
    return found


def prepare(cache: Path, packages: list[str]) -> None:
    """An interpreter in the folder, with what the libraries import."""
    if not (cache / "python" / "ready").exists():
        subprocess.run([sys.executable, "-m", "venv", str(cache / "python")], check=True)
        python = str(cache / "python" / "bin" / "python")
        subprocess.run([python, "-m", "pip", "install", "-q", *packages], check=True)
        (cache / "python" / "ready").touch()


def _pip(*arguments: str) -> None:
    command = [sys.executable, "-m", "pip", "-q", "--disable-pip-version-check", *arguments]
    subprocess.run(command, check=True)


def tally(comparisons: list[Comparison]) -> Tally:
    """How many comparisons came out how; of the patch releases in the note."""
    outcomes = [each.outcome for each in comparisons]
    patches = [each for each in comparisons if each.is_patch]
    open_patches = sum(each.outcome == "could not show" for each in patches)
    claims = sum(each.claims for each in comparisons)
    return Tally(
        "python releases", len(comparisons), outcomes.count("right"), outcomes.count("wrong"),
        outcomes.count("could not show"),
        f"{len({each.library for each in comparisons})} libraries, {claims} breaks run;"
        f" of {len(patches)} patch releases {open_patches} could not be shown",
    )  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.truth.python_releases")
    parser.add_argument("library", nargs="*")
    parser.add_argument("--cache", type=Path, default=CACHE)
    chosen = parser.parse_args()
    pins = tomllib.loads(PINS.read_text("utf-8"))
    prepare(chosen.cache, pins["needed"])
    done = []
    for library in pins["library"]:
        if chosen.library and library["name"] not in chosen.library:
            continue
        for old, new in pairwise(library["releases"]):
            done.append(compared(library, old, new, chosen.cache))
            print(done[-1], flush=True)  # noqa: T201 - a program's answer
    print(tally(done))  # noqa: T201


if __name__ == "__main__":
    main()
