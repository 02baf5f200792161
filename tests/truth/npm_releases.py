"""Bump verdicts on releases of npm packages, with the declarations that they ship.

Run as `python -m tests.truth.npm_releases [PACKAGE ...] [--changes]`. npm_releases.toml names the
releases and pins every tarball by its digest; npm downloads them into the cache on first use. A
release that says that it breaks nothing must get no "major", unless somebody looked at the program
that shows the break and wrote into `breaks` what it is.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import io
import json
import os
import subprocess
import sys
import tarfile
import time
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path, PurePosixPath
from typing import Any

import click

from gates.contract.bump import allows
from gates.contract.code.api import Api
from gates.contract.code.compiled import ask_compiler, same_declarations
from gates.contract.code.typescript import changes
from gates.contract.model import Bump, Change, largest
from gates.errors import CouldNotCheckError
from gates.module import load
from gates.settings import Policy, Settings
from gates.toolchains import Session, Tools
from gates.toolchains.languages.typescript.compiler import OPTIONS
from gates.toolchains.languages.typescript.platform_tools import platform_tools
from tests.conftest import EXAMPLES
from tests.truth.tally import Tally

PINS = Path(__file__).with_suffix(".toml")
LIBRARY = ["ES2023", "ESNext.Disposable", "DOM", "DOM.Iterable", "DOM.AsyncIterable"]
"""Packages are written for browsers too."""
SUFFIXES = (".d.ts", ".d.mts", ".d.cts")


@dataclass(frozen=True)
class Step:
    """Two releases of a package, one after the other."""

    package: str
    old: str
    new: str
    needs: tuple[str, ...] = ()
    """Packages that its declarations import, as name@version."""
    breaks: str = ""
    """Why the step breaks code that compiled; "" for one that does not."""
    bundled: bool = False
    """Whether its declarations import each other as only bundlers allow: without file endings."""

    @property
    def kind(self) -> str:
        """What the version numbers say: "patch", "minor" or "major"."""
        if allows(self.old, self.new, Bump.MAJOR):
            return "major"
        return "minor" if allows(self.old, self.new, Bump.MINOR) else "patch"


@dataclass(frozen=True)
class Verdict:
    """What the gate says of a step."""

    step: Step
    bump: Bump
    unproved: bool
    """Whether no break was shown, and none was ruled out."""
    reason: str
    changes: tuple[Change, ...]
    seconds: float

    @property
    def word(self) -> str:
        """The verdict in one word or three."""
        return "could not show" if self.unproved else str(self.bump)

    @property
    def outcome(self) -> str:
        """ "right", "wrong" or "could not show"."""
        if self.unproved:
            return "could not show"
        major = self.bump is Bump.MAJOR
        if self.step.kind == "major" and not self.step.breaks:
            return "right"  # it may break anything, and nobody looked what it does
        return "right" if major == bool(self.step.breaks) else "wrong"


class Cache:
    """Tarballs of npm, by name@version; each is held against its pinned digest on every use."""

    def __init__(self, folder: Path, pins: Mapping[str, str]) -> None:
        self._folder = folder
        self._pins = pins
        folder.mkdir(parents=True, exist_ok=True)

    def fetch(self, specs: Iterable[str]) -> None:
        """Download those that are not there yet."""
        for spec in specs:
            if not self._place(spec).is_file():
                command = ["npm", "pack", spec, "--json", "--pack-destination", str(self._folder)]
                ran = subprocess.run(command, check=True, capture_output=True, cwd=self._folder)
                printed = json.loads(ran.stdout)
                packed = printed[0] if isinstance(printed, list) else printed[_name(spec)]
                (self._folder / packed["filename"]).rename(self._place(spec))

    def files(self, spec: str) -> dict[str, bytes]:
        """The files of a package by path. Raises `ValueError` for another digest."""
        self.fetch([spec])
        data = self._place(spec).read_bytes()
        digest = f"sha512-{base64.b64encode(hashlib.sha512(data).digest()).decode()}"
        if digest != self._pins[spec]:
            raise ValueError(f"{spec} has the digest {digest}, not {self._pins[spec]}")
        found: dict[str, bytes] = {}
        with tarfile.open(fileobj=io.BytesIO(data), mode="r:gz") as archive:
            for member in archive:
                path = "/".join(PurePosixPath(member.name).parts[1:])
                if member.isfile() and (path.endswith(SUFFIXES) or path.endswith("package.json")):
                    stream = archive.extractfile(member)
                    found[path] = stream.read() if stream else b""
        return found

    def install(self, specs: Iterable[str], folder: Path) -> None:
        """The declarations of packages as a node_modules folder."""
        for spec in specs:
            for path, data in self.files(spec).items():
                target = folder / "node_modules" / _name(spec) / path
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(data)

    def _place(self, spec: str) -> Path:
        return self._folder / f"{spec.replace('/', '+')}.tgz"


def _name(spec: str) -> str:
    return spec.rpartition("@")[0]


def steps(pins: Mapping[str, Any], only: Iterable[str] = ()) -> Iterator[Step]:
    """Every two releases that stand beside each other in the pins."""
    wanted = set(only)
    for name, each in pins["package"].items():
        if wanted and name not in wanted:
            continue
        breaks = each.get("breaks", {})
        for chain in each["releases"]:
            for old, new in pairwise(chain):
                needs = (*pins["always"], *each.get("needs", ()))
                yield Step(name, old, new, needs, breaks.get(new, ""), each.get("bundled", False))


def entry(files: Mapping[str, bytes]) -> str:
    """The declarations of a package's main entrypoint."""
    manifest = json.loads(files["package.json"])
    exports = manifest.get("exports")
    main = exports.get(".", exports) if isinstance(exports, dict) else exports
    candidates = [*_targets(main), manifest.get("types"), manifest.get("typings")]
    candidates += [manifest.get("main"), "index.d.ts"]
    for each in (str(one).removeprefix("./") for one in candidates if one):
        stem, _, kind = each.rpartition(".")
        beside = f"{stem}.d.{kind[:-2]}ts" if kind in ("js", "mjs", "cjs") else f"{each}.d.ts"
        for path in (each, beside, f"{stem}.d.ts", f"{each}/index.d.ts"):
            if path.endswith(SUFFIXES) and path in files:
                return path
    raise CouldNotCheckError("the package ships no declarations for its entrypoint")


def _targets(node: object) -> Iterator[str]:
    if isinstance(node, str):
        yield node
    elif isinstance(node, list):
        for each in node:
            yield from _targets(each)
    elif isinstance(node, dict):
        for key in ("types", "import", "node", "default", "require"):
            if key in node:
                yield from _targets(node[key])


def judge(step: Step, cache: Cache, session: Session) -> Verdict:
    """What the gate says of a step, and why where it could not say."""
    started = time.monotonic()
    tools = Tools(session)
    folder = tools.folder / "versions"
    folder.mkdir()
    found: list[Change] = []
    reason = ""
    try:
        apis = []
        for version in (step.old, step.new):
            files = cache.files(f"{step.package}@{version}")
            apis.append(Api("typescript", version, step.package, entry(files), files))
        how = {"module": "ESNext", "moduleResolution": "bundler"} if step.bundled else {}
        options = {**OPTIONS, "lib": LIBRARY, "types": ["node"], **how}
        if not same_declarations(*apis):
            cache.install(step.needs, folder)
            library = platform_tools(tools) / "node_modules" / "typescript"
            found = list(changes(*apis, ask_compiler(*apis, tools, folder, library, options)))
    except CouldNotCheckError as error:
        reason = error.message
    weighed = [each for each in found if each.proved]
    bump = largest(weighed)
    doubt = [each for each in found if not each.proved]
    unproved = bool(reason) or (bool(doubt) and bump is not Bump.MAJOR)
    reason = reason or (doubt[0].message if doubt else "")
    seconds = time.monotonic() - started
    return Verdict(step, bump, unproved, reason, tuple(found), seconds)


def tally(verdicts: Iterable[Verdict]) -> Tally:
    """All of them in one line."""
    told = list(verdicts)
    count = {word: sum(each.outcome == word for each in told) for word in ("right", "wrong")}
    patches = [each for each in told if each.step.kind == "patch"]
    open_patches = sum(each.unproved for each in patches)
    false_majors = sum(each.outcome == "wrong" and not each.step.breaks for each in told)
    note = (
        f"{len({each.step.package for each in told})} packages; {false_majors} false majors; of"
        f" {len(patches)} patch releases {open_patches} could not be shown"
    )
    unshown = sum(each.unproved for each in told)
    return Tally("npm-releases", len(told), count["right"], count["wrong"], unshown, note)


def run(only: Iterable[str] = ()) -> Iterator[Verdict]:
    """The verdict of every step, one after the other."""
    pins = tomllib.loads(PINS.read_text("utf-8"))
    place = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "axon-truth" / "npm"
    cache = Cache(place / "tarballs", pins["integrity"])
    settings = Settings.from_environment({**os.environ, "GATES_STATE_DIR": str(place / "state")})
    for step in steps(pins, only):
        with Session(load(EXAMPLES / "_base" / "typescript"), Policy(), settings) as session:
            yield judge(step, cache, session)


def main(arguments: list[str]) -> int:
    """Print each comparison and the tally; 1 where one is wrong."""
    parser = argparse.ArgumentParser(prog="python -m tests.truth.npm_releases")
    parser.add_argument("package", nargs="*", help="only these")
    parser.add_argument("--changes", action="store_true", help="print every change too")
    options = parser.parse_args(arguments)
    told = []
    for each in run(options.package):
        told.append(each)
        step = each.step
        title = f"{step.package} {step.old} -> {step.new}"
        click.echo(
            f"{title:<38} {step.kind:<6} {each.word:<15} {each.outcome:<15} {each.seconds:5.1f} s"
            f"{'  ' + each.reason[:200] if each.unproved else ''}"
        )
        for change in each.changes if options.changes else ():
            proof = "" if change.proved else " (could not show)"
            click.echo(f"    {change.bump}{proof} {change.symbol}: {change.message}")
            if change.bump is Bump.MAJOR:
                click.echo("      | " + "\n      | ".join((change.example or "").splitlines()))
    click.echo(tally(told))
    return int(any(each.outcome == "wrong" for each in told))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
