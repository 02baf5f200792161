"""The rules for code on small sources, bad and good ones, and on other spellings of the bad ones.

The sources lie in `code/`, by the id of the check that has to find each. All of a language lie in
one module and are looked at in one run.
"""

from __future__ import annotations

import shutil
import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from gates.module import load
from gates.settings import Settings, load_policy
from gates.toolchains import Session, Tools
from gates.toolchains.code_rules import RULES
from gates.toolchains.languages import LANGUAGES
from tests.conftest import ROOT
from tests.truth.spellings import spellings
from tests.truth.tally import Tally

DATA = Path(__file__).with_name("code")
MODULES = {"python": "retention-report", "typescript": "alert-engine"}
FOLDERS = {"python": "src/retention_report/corpus", "typescript": "src/corpus"}
BULLMQ = """
class Queue:
    def __init__(self, name: str, options: dict[str, str] = {}, *, prefix: str = "") -> None: ...


class Worker(Queue): ...
"""
EXTRA = {
    "python": {"src/bullmq/__init__.py": BULLMQ, "src/bullmq/py.typed": ""},
    "typescript": {"tests/outside.ts": "export const memory = 1;\n"},
}


@dataclass(frozen=True)
class Source:
    """One small source."""

    name: str
    rule: str
    """The rule that it breaks; "" for a good one."""
    files: Mapping[str, str]
    """Its files by their names in the folder of the corpus."""
    spelling: str = ""
    """How it was made of another source; "" for one that was written."""


@dataclass(frozen=True)
class Answer:
    """What was found in a source."""

    source: Source
    rules: tuple[str, ...]

    @property
    def is_right(self) -> bool:
        """Whether the rule that a bad source breaks has found it; another spelling, any rule."""
        if not self.source.rule:
            return not self.rules
        return bool(self.rules) if self.source.spelling else self.source.rule in self.rules


def sources(language: str, *, others: bool) -> Iterator[Source]:
    """All sources of a language, with `others` also other spellings of the bad ones."""
    suffix = LANGUAGES[language].suffixes[0]
    number = 0
    for kind in ("bad", "good"):
        rules = tomllib.loads((DATA / f"{language}_{kind}.toml").read_text("utf-8"))
        for rule, texts in rules.items():
            for name, text in texts.items():
                number += 1
                own = f"{kind}_{number}"
                broken = rule if kind == "bad" else ""
                yield Source(name, broken, {f"{own}{suffix}": text})
                if kind == "good" or not others:
                    continue
                for place, (how, made) in enumerate(spellings(language, text, own)):
                    files = {
                        each.replace("{number}", str(place)): code.replace("{number}", str(place))
                        for each, code in made.items()
                    }
                    yield Source(name, rule, files, how)


def answers(language: str, folder: Path, settings: Settings, *, others: bool) -> list[Answer]:
    """What the rules find in each source, all in one run over one module made in `folder`."""
    every = list(sources(language, others=others))
    examples = folder / "examples"
    shutil.copytree(ROOT / "examples", examples, ignore=shutil.ignore_patterns("node_modules"))
    root = examples / MODULES[language]
    files = dict(EXTRA[language])
    for source in every:
        files |= {f"{FOLDERS[language]}/{name}": text for name, text in source.files.items()}
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, "utf-8")
    with Session(load(root), load_policy(root), settings) as session:
        found = LANGUAGES[language].check_code(Tools(session))
    by_file: dict[str, list[str]] = {}
    for rule in sorted(RULES):
        for each in found.of(rule):
            by_file.setdefault(each.location.path, []).append(rule)
    return [
        Answer(
            source,
            tuple(
                rule
                for name in source.files
                for rule in by_file.get(f"{FOLDERS[language]}/{name}", [])
            ),
        )
        for source in every
    ]


def figures(every: list[Answer]) -> str:
    """Precision and recall of each rule, on what was written and on other spellings of it."""
    lines = [f"{'rule':<20} {'written':>9} {'spellings':>11} {'good':>6} {'precision':>10}"]
    good = [each for each in every if not each.source.rule]
    for rule in sorted(RULES):
        bad = [each for each in every if each.source.rule == rule]
        parts = []
        for other in (False, True):
            own = [each for each in bad if bool(each.source.spelling) == other]
            parts.append(f"{sum(each.is_right for each in own)}/{len(own)}")
        false = sum(rule in each.rules for each in good)
        found = sum(rule in each.rules for each in bad)
        precision = found / (found + false) if found + false else 1.0
        lines.append(f"{rule:<20} {parts[0]:>9} {parts[1]:>11} {false:>6} {precision:>10.3f}")
    return "\n".join(lines)


def missed(every: list[Answer]) -> list[str]:
    """The names of the sources with a wrong answer."""
    return [
        f"{each.source.rule or 'good'}: {each.source.name} {each.source.spelling}: {each.rules}"
        for each in every
        if not each.is_right
    ]


def tally(every: list[Answer]) -> Tally:
    """The count over one run."""
    right = Counter(each.is_right for each in every)
    others = [each for each in every if each.source.spelling]
    share = sum(each.is_right for each in others) / max(len(others), 1)
    false = sum(not each.is_right for each in every if not each.source.rule)
    note = f"{share:.1%} of {len(others)} other spellings found; {false} false accusations"
    return Tally(
        "small sources that break a rule for code, good ones, and other spellings of the bad",
        len(every), right[True], right[False], 0, note,
    )  # fmt: skip
