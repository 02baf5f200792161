"""From a fresh clone to a result, with Python and nothing else prepared.

python3 ci/start.py demo    sets up .venv and takes an example through all seven stages
python3 ci/start.py test    sets up .venv and runs ruff, mypy and all tests, the slow ones too
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
BIN = VENV / "bin"
EVERY_TEST = ("-m", "")
"""Takes the place of the filter in pyproject.toml, which leaves out slow tests."""


def main() -> int:
    wanted = sys.argv[1:2]
    if wanted not in (["demo"], ["test"]) or sys.version_info < (3, 11):
        print(f"{__doc__}\nPython 3.11 or newer is needed; this is {sys.version.split()[0]}.")
        return 2
    set_up()
    return demo(sys.argv[2:]) if wanted == ["demo"] else test(sys.argv[2:])


def set_up() -> None:
    """Make .venv with everything installed; nothing to do where pyproject.toml is unchanged."""
    stamp = VENV / "installed-for"
    wanted = hashlib.sha256((ROOT / "pyproject.toml").read_bytes()).hexdigest()
    if stamp.is_file() and stamp.read_text() == wanted:
        return
    print("setting up .venv (a minute or two, once)", flush=True)
    if not (BIN / "python").exists():
        venv.create(VENV, with_pip=True, symlinks=True)
    pip = [str(BIN / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    # Dependency groups (PEP 735) need pip 25.1; older Pythons bring an older pip.
    subprocess.run([*pip, "--upgrade", "pip>=25.1"], check=True)
    subprocess.run([*pip, "--editable", f"{ROOT}[all]", "--group", "dev"], check=True, cwd=ROOT)
    stamp.write_text(wanted)


def demo(arguments: list[str]) -> int:
    module = arguments or ["examples/alert-engine"]
    ended = run("gates", "run", *module)
    return ended or run("gates", "catalog", "list")


def test(arguments: list[str]) -> int:
    steps = (
        ("ruff", "check", "."),
        ("ruff", "format", "--check", "."),
        ("mypy",),
        ("pytest", "-n", "auto", *EVERY_TEST, *arguments),
    )
    return max([run(*step) for step in steps])


def run(program: str, *arguments: str) -> int:
    print(f"$ {program} {' '.join(arguments)}", flush=True)
    environment = {**os.environ, "PATH": f"{BIN}{os.pathsep}{os.environ.get('PATH', '')}"}
    return subprocess.run([str(BIN / program), *arguments], cwd=ROOT, env=environment).returncode


if __name__ == "__main__":
    raise SystemExit(main())
