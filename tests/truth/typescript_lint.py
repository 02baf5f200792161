"""oxlint held against ESLint with typescript-eslint, line by line and rule by rule.

`lint/typescript/` holds sources for every rule of the platform, lines that each finds beside lines
that it must not find, and `lint/expected.txt` what both find in them. Where the two differ it says
so: those are the differences that are known, and any other is wrong.

`python -m tests.truth typescript-lint` runs both, over these sources and those of the repository.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from gates.module import load
from gates.settings import Policy, Settings
from gates.toolchains import Session, Tools
from gates.toolchains.cache import install_once
from gates.toolchains.languages.typescript import oxlint
from gates.toolchains.languages.typescript.compiler import PROJECT, write_project
from gates.toolchains.languages.typescript.platform_tools import npm_ci, sources
from gates.toolchains.tools import Program
from tests.conftest import EXAMPLES, ROOT
from tests.truth.tally import Tally

DATA = Path(__file__).with_name("lint")
EXPECTED = DATA / "expected.txt"
FOLDER = "src/corpus"
ALONE = {"eslint": " (eslint alone)", "oxlint": " (oxlint alone)"}
CORE = ("no-array-constructor", "no-unused-expressions", "no-unused-vars")
"""Rules that typescript-eslint has under its own name and oxlint under ESLint's."""
MOVED = ("prefer-const", "no-unused-vars", "@typescript-eslint/no-duplicate-enum-values")
"""Rules that report the declaration, where ESLint reports the assignment, or vice versa."""
STRICTER = ("src/bad/case69.ts:1 @typescript-eslint/explicit-module-boundary-types (oxlint alone)",)
"""Outside the corpus: findings of oxlint alone that are right."""
Found = Counter[str]
"""How often each `FILE:LINE RULE` was found."""


def expected(linter: str) -> Found:
    """What a linter ("eslint", "oxlint") finds in the corpus, as it is written down."""
    lines = EXPECTED.read_text("utf-8").splitlines()
    others = [mark for name, mark in ALONE.items() if name != linter]
    return Counter(
        line.removesuffix(ALONE[linter]) for line in lines if not line.endswith(tuple(others))
    )


def corpus() -> dict[str, bytes]:
    """The sources, by their paths in a module."""
    return {f"{FOLDER}/{each.name}": each.read_bytes() for each in (DATA / "typescript").iterdir()}


def lint(session: Session) -> Found:
    """What oxlint finds in a module."""
    files = sources(session.module, tests=True)
    problems = oxlint.run(Tools(session), "oxlint.json", files, typed=True)
    places = ((each.location.path, each.location.line, str(each.rule)) for each in problems)
    return _found(places)


def lint_by_eslint(session: Session) -> Found:
    """What ESLint finds in the same files."""
    tools = Tools(session)
    tools.take("code")
    files = sources(session.module, tests=True)
    write_project(tools, files, {"noEmit": True})
    folder = install_eslint(session)
    node = tools.resolve("node")
    script = folder / "node_modules/eslint/bin/eslint.js"
    ran = tools.run(
        Program("eslint", (*node.command, str(script)), ""),
        [
            "--no-inline-config", "--no-config-lookup", "--no-ignore", "--no-warn-ignored",
            "--config", folder / "eslint.config.mjs", "--format=json", "--", *files,
        ],
        ok=(0, 1),
        timeout=600,
        env=tools.environment({"GATES_PROJECT": f"./{PROJECT}"}),
    )  # fmt: skip
    return _found(
        (Path(file["filePath"]).relative_to(tools.module_copy.resolve()).as_posix(),
         each["line"], each["ruleId"] or "syntax")
        for file in ran.json() for each in file["messages"]
    )  # fmt: skip


def _found(places: Iterable[tuple[str, int | None, str]]) -> Found:
    plain = {f"@typescript-eslint/{name}": name for name in CORE}
    return Counter(f"{path}:{line} {plain.get(rule, rule)}" for path, line, rule in places)


def install_eslint(session: Session) -> Path:
    """ESLint, from its lock, with the rules that oxlint took over from it."""
    lock = hashlib.sha256()
    names = sorted(each.name for each in (DATA / "npm").iterdir())
    for name in names:
        lock.update((DATA / "npm" / name).read_bytes())
    place = session.settings.cache / "benchmarks" / f"eslint-{lock.hexdigest()[:32]}"

    def install() -> Path:
        tools = Tools(session)
        folder = tools.folder / "eslint"
        shutil.copytree(DATA / "npm", folder)
        npm_ci(tools, folder)
        return folder

    return install_once(place, install).place


def differences(eslint: Found, ours: Found) -> Iterator[str]:
    """What only one of them finds, in order, as `expected.txt` says it."""
    for place in sorted(eslint.keys() | ours.keys(), key=_order):
        for name, more in (("eslint", eslint - ours), ("oxlint", ours - eslint)):
            for _ in range(more[place]):
                yield f"{place}{ALONE[name]}"


def _by_file(found: Found) -> Found:
    """The places without the lines of rules that oxlint reports on another line of the file."""
    return Counter(
        f"{path}:0 {rule}" if rule in MOVED else place
        for place in found.elements()
        for path, _, rule in (_order(place),)
    )


def _order(place: str) -> tuple[str, int, str]:
    path, line, rule = re.fullmatch(r"(.*):(\d+) (.*)", place).groups()  # type: ignore[union-attr]
    return path, int(line), rule


def write_expected(eslint: Found, ours: Found) -> None:
    """Put what was found in the corpus into `expected.txt`."""
    both = (eslint & ours).elements()
    alone = list(differences(eslint, ours))
    lines = sorted([*both, *alone], key=lambda line: _order(line.partition(" (")[0]))
    EXPECTED.write_text("".join(f"{line}\n" for line in lines), "utf-8")


def more_sources() -> Mapping[str, bytes]:
    """The repository's own TypeScript: what code rules are tried on, and the examples' files."""
    found: dict[str, bytes] = {}
    for kind in ("bad", "good"):
        table = tomllib.loads(
            (ROOT / f"tests/truth/code/typescript_{kind}.toml").read_text("utf-8")
        )
        for number, text in enumerate(_texts(table)):
            found[f"src/{kind}/case{number}.ts"] = text.encode()
    for path in sorted(EXAMPLES.glob("*/*/src/**/*.ts")):
        name = "-".join(path.relative_to(EXAMPLES).parts)
        found[f"src/examples/{name}"] = path.read_bytes()
    return found


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str) and "\n" in value:
        yield value
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from _texts(each)
    elif isinstance(value, list):
        for each in value:
            yield from _texts(each)


def run(work: Path, files: Mapping[str, bytes]) -> tuple[Found, Found]:
    """What ESLint and oxlint find in the TypeScript example with these files more."""
    root = work / "examples/alert-engine"
    if not root.exists():
        shutil.copytree(ROOT / "examples", work / "examples", ignore=lambda *_: ["node_modules"])
    for path, content in files.items():
        place = root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)
    policy = Policy(npm_workspace=root.parent)
    settings = Settings.from_environment({**os.environ, "GATES_STATE_DIR": str(work / "state")})
    with Session(load(root), policy, settings) as session:
        return lint_by_eslint(session), lint(session)


def tally(work: Path) -> Tally:
    """Both linters over everything; wrong is each difference that is not written down."""
    eslint, ours = run(work, {**corpus(), **more_sources()})
    known = Counter(differences(expected("eslint"), expected("oxlint")))
    inside = f"{FOLDER}/"
    first, second = (
        Counter(p for p in each.elements() if p.startswith(inside)) for each in (eslint, ours)
    )
    wrong = list((Counter(differences(first, second)) - known).elements())
    first, second = (
        _by_file(each - Counter(inner)) for each, inner in ((eslint, first), (ours, second))
    )
    wrong += list((Counter(differences(first, second)) - Counter(STRICTER)).elements())
    places = sum((eslint | ours).values())
    note = f"{sum(known.values())} known differences"
    if wrong:
        note += "; new: " + json.dumps(wrong[:200])
    return Tally(
        "lines that ESLint or oxlint finds", places, places - len(wrong), len(wrong), 0, note
    )
