"""Tokens in the forms that other scanners know, in several kinds of files, and real code without.

The forms are those of gitleaks' rules, trufflehog's detectors and detect-secrets' plugins, as their
repositories write them down, and some of providers as public code has them; the tokens are made up
in each run. What is found in the real code, the packages that are installed here with the examples
and the docs of this repository, is a false alarm unless `secret_literals.txt` has its file: there a
password is written as one.
"""

from __future__ import annotations

import json
import random
import re
import string
import sysconfig
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import click

from gates.module.load import from_files
from gates.settings import Policy, Settings
from gates.toolchains import Session, Tools
from gates.toolchains.secrets.scan import Secret, scan
from tests.conftest import ROOT
from tests.truth.tally import Tally

FORMS = Path(__file__).with_name("secret_forms.txt")
LITERALS = Path(__file__).with_name("secret_literals.txt")
SEED = 20261129
AT_ONCE = 4_000
"""Real files in one module: what may be unpacked is counted for each."""
SUFFIXES = {
    ".py", ".pyi", ".js", ".mjs", ".cjs", ".ts", ".tsx", ".json", ".md", ".rst", ".txt", ".yaml",
    ".yml", ".toml", ".sql", ".cfg", ".ini", ".html", ".css", ".sh",
}  # fmt: skip
_BASE64 = string.ascii_letters + string.digits + "+/"
_ALPHABETS = {
    "w": string.ascii_letters + string.digits,
    "l": string.ascii_lowercase + string.digits,
    "u": string.ascii_uppercase + string.digits,
    "a": string.ascii_letters,
    "h": "0123456789abcdef",
    "H": "0123456789ABCDEF",
    "d": "123456789",
    "b": string.ascii_letters + string.digits + "_-",
    "s": _BASE64,
    "q": string.ascii_uppercase + "234567",
    "p": string.ascii_lowercase + string.digits + "!@#%^&*(-_=+)",
}
PLACES = {
    "notes.md": "Use the token {} for this.\n",
    "Dockerfile": "FROM scratch\nENV VALUE={}\n",
    "migrations/000_init.sql": "-- the value is {}\nSELECT 1;\n",
    "src/values.json": '{{"value": {json}}}\n',
    "src/value.ts": "export const value = {json};\n",
    "values.yaml": "a:\n  - value: {json}\n",
}
"""Where a token stands that is known by its form."""
ASSIGNED = {
    ".env.example": "{name}={}\n",
    "src/settings.ts": "const {camel} = '{}';\n",
    "src/settings.py": '{name} = "{}"\n',
    "src/settings.json": '{{"{camel}": "{}"}}\n',
    "compose.yaml": "services:\n  app:\n    environment:\n      {name}: {}\n",
    "src/client.ts": "const client = new Client({{ {camel}: '{}' }});\n",
}
"""Where one stands that is known by the name which it is assigned to."""


@dataclass(frozen=True)
class Form:
    """One form of tokens."""

    source: str
    name: str
    variable: str
    """What it is assigned to; "" where its form says what it is."""
    template: str

    def make(self, chance: random.Random) -> str:
        """A made-up token."""
        made = re.sub(
            r"\{(\w)(\d+)\}",
            lambda part: "".join(chance.choices(_ALPHABETS[part[1]], k=int(part[2]))),
            self.template,
        )
        return made.replace("\\n", "\n")

    def files(self, token: str) -> dict[str, str]:
        """A file of each kind with the token."""
        first, *rest = self.variable.lower().split("_")
        names = {"name": self.variable, "camel": first + "".join(map(str.capitalize, rest))}
        places = ASSIGNED if self.variable else PLACES
        return {
            path: text.format(token, json=json.dumps(token), **names)
            for path, text in places.items()
        }


def read_forms() -> list[Form]:
    """Every form of the list."""
    found = []
    for line in FORMS.read_text("utf-8").splitlines():
        if line.strip() and not line.startswith("#"):
            source, name, form = (part.strip() for part in line.split(" | ", 2))
            variable, equals, template = form.partition(" = ")
            found.append(Form(source, name, *((variable, template) if equals else ("", form))))
    return found


def made_files() -> dict[str, tuple[Form, bytes]]:
    """For each form, files of several kinds with a token that was made up for it, by path."""
    chance = random.Random(SEED)
    return {
        f"{number:03}/{path}": (form, text.encode())
        for number, form in enumerate(read_forms())
        for path, text in form.files(form.make(chance)).items()
    }


def look(files: Mapping[str, bytes], settings: Settings) -> list[Secret]:
    """What the check finds in these files. Raises `AssertionError` where it has not read one."""
    module = from_files("memory", {"module.json": b"{}", **files})
    with Session(module, Policy(), settings) as session:
        found, unread = scan(Tools(session))
    assert not unread, unread[:5]
    return found


def find_missed(settings: Settings) -> list[tuple[Form, str]]:
    """Each form, and the path of a file in which it was not found."""
    made = made_files()
    files = {path: data for path, (_, data) in made.items()}
    found = {each.location.path for each in look(files, settings)}
    return [(form, path) for path, (form, _) in made.items() if path not in found]


def real_files() -> Iterator[tuple[str, bytes]]:
    """Code and texts of people who put no secret there, by path."""
    site = Path(sysconfig.get_path("purelib"))
    roots = {"site-packages": site, "examples": ROOT / "examples", "docs": ROOT / "docs"}
    for name, root in roots.items():
        for path in sorted(root.rglob("*")):
            inside = path.relative_to(root)
            if (
                path.suffix in SUFFIXES
                and path.is_file()
                and not path.is_symlink()
                and (name == "site-packages" or "node_modules" not in inside.parts)
            ):
                yield f"{name}/{inside.as_posix()}", path.read_bytes()


def find_alarms(settings: Settings) -> tuple[int, list[Secret], list[Secret]]:
    """How many real files were read, the false alarms there, and the passwords that are written
    as such."""
    files = list(real_files())
    literal = {
        line.partition(" | ")[0]
        for line in LITERALS.read_text("utf-8").splitlines()
        if not line.startswith("#")
    }
    found = [
        each
        for start in range(0, len(files), AT_ONCE)
        for each in look(dict(files[start : start + AT_ONCE]), settings)
    ]
    alarms = [each for each in found if each.location.path not in literal]
    return len(files), alarms, [each for each in found if each.location.path in literal]


def tally(settings: Settings) -> Tally:
    """Every form in every kind of file, and every real file."""
    forms, made = read_forms(), len(made_files())
    missed = find_missed(settings)
    real, alarms, literals = find_alarms(settings)
    for form, path in missed:
        click.echo(f"missed: {form.source}, {form.name} in {path.partition('/')[2]}")
    for each in alarms:
        click.echo(f"false alarm: {each.location} ({each.kind})")
    false = len({each.location.path for each in alarms})
    note = (
        f"{len(forms)} forms of other scanners in {made:,} files; {len(alarms)} false alarms in"
        f" {real:,} files of real code, where {len(literals)} passwords are written as such"
    )
    wrong = len(missed) + false
    return Tally("tokens and real code", made + real, made + real - wrong, wrong, 0, note)
