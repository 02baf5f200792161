"""From a fresh clone to a result, with Python and nothing else prepared.

python3 ci/start.py demo         takes an example through all seven stages
python3 ci/start.py test         runs ruff, mypy and all tests, the slow ones too
python3 ci/start.py workflows    runs the workflows by act, to a row in the catalog

Each sets up .venv first.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import tempfile
import venv
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
BIN = VENV / "bin"
LOCK = ROOT / "ci" / "requirements.txt"
"""Written by ci/lock.py."""
EVERY_TEST = ("-m", "")
"""Takes the place of the filter in pyproject.toml, which leaves out slow tests."""


def main() -> int:
    steps = {"demo": demo, "test": test, "workflows": workflows}
    wanted = steps.get(sys.argv[1]) if len(sys.argv) > 1 else None
    if wanted is None or sys.version_info < (3, 11):
        print(f"{__doc__}\nPython 3.11 or newer is needed; this is {sys.version.split()[0]}.")
        return 2
    try:
        set_up()
    except subprocess.CalledProcessError as failed:
        print(f"\n.venv could not be set up: pip ended with {failed.returncode}, see above.")
        print("It needs the package index, by pip's own settings; run the same command again.")
        return 3
    return wanted(sys.argv[2:])


def set_up() -> None:
    """Make .venv with everything installed, by the lock; nothing to do where it is unchanged."""
    stamp = VENV / "installed-for"
    deciding = (ROOT / "pyproject.toml", LOCK)
    wanted = hashlib.sha256(b"\0".join(each.read_bytes() for each in deciding)).hexdigest()
    if stamp.is_file() and stamp.read_text() == wanted:
        return
    print("setting up .venv (a minute or two, once)", flush=True)
    if not (BIN / "python").exists():
        venv.create(VENV, with_pip=True, symlinks=True)
    python = str(BIN / "python")
    pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-compile"]
    subprocess.run(
        [*pip, "--require-hashes", "--only-binary", ":all:", "--requirement", str(LOCK)], check=True
    )
    offline = ["--no-index", "--no-deps", "--no-build-isolation"]
    subprocess.run([*pip, *offline, "--editable", str(ROOT)], check=True)
    # On all cores, where pip compiles on one; not every file of a package has to be Python.
    subprocess.run([python, "-m", "compileall", "-qq", "-j", "0", str(VENV / "lib")], check=False)
    stamp.write_text(wanted)


def demo(arguments: list[str]) -> int:
    """Into a catalog of its own, removed afterwards: a version can be released once."""
    module = arguments or ["examples/alert-engine"]
    with tempfile.TemporaryDirectory(prefix="axon-gates-demo-") as state:
        Path(state).chmod(0o755)  # PostgreSQL never runs as root, and reaches its data by this
        os.environ["GATES_STATE_DIR"] = state
        ended = run("gates", "run", *module)
        return ended or run("gates", "catalog", "list")


def test(arguments: list[str]) -> int:
    # Tests wait for servers and programs as well: more workers than cores, and mypy beside them.
    workers = str((os.cpu_count() or 1) * 3 // 2)
    tests = ("pytest", "-n", workers, "--dist", "worksteal", *EVERY_TEST, *arguments)
    with ThreadPoolExecutor(1) as beside:
        ruff = run("ruff", "check", "."), run("ruff", "format", "--check", ".")
        mypy = beside.submit(run, "mypy", at_its_end=True)
        ended = *ruff, run(*tests), mypy.result()
    return int(any(ended))


def workflows(arguments: list[str]) -> int:
    return run("nox", "--session", "workflows", "--", *arguments)


def run(program: str, *arguments: str, at_its_end: bool = False) -> int:
    """Run one of the programs in .venv to its end, which is 0 where all is well. What it prints is
    shown as it comes, or as a whole at its end, for what runs beside others."""
    shown = f"$ {program} {' '.join(arguments)}"
    if not at_its_end:
        print(shown, flush=True)
    environment = {**os.environ, "PATH": f"{BIN}{os.pathsep}{os.environ.get('PATH', '')}"}
    # Tests start gates hundreds of times: without bytecode each would compile it anew.
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    output = subprocess.PIPE if at_its_end else None
    ended = subprocess.run(
        [str(BIN / program), *arguments],
        cwd=ROOT, env=environment, stdout=output, stderr=output and subprocess.STDOUT, text=True,
    )  # fmt: skip
    if at_its_end:
        print(f"\n{shown}\n{ended.stdout}", end="", flush=True)
    return ended.returncode


if __name__ == "__main__":
    raise SystemExit(main())
