"""Locks what is installed, every file by its digest, for all supported Pythons and systems.

python ci/lock.py              write them from pyproject.toml, with the versions that they have
python ci/lock.py --upgrade    the same, with the newest versions that it allows

gates/requirements.txt is what the gate needs with all extras, and is shipped with it;
ci/requirements.txt adds what its developers need. Needs uv and the network, which
tests/ci/test_locks.py does not need to look at the outcome.
"""

from __future__ import annotations

import itertools
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
RUN, DEVELOP = "gates/requirements.txt", "ci/requirements.txt"
NOTICE = "# Locked by ci/lock.py from pyproject.toml; do not edit.\n"
PYTHONS = ("3.11", "3.12", "3.13", "3.14")
SYSTEMS = ("x86_64-manylinux_2_28", "aarch64-manylinux_2_28", "aarch64-apple-darwin")
"""Where every locked package has a wheel, as uv names them. Macs with Intel processors are none of
them: cryptography has stopped making wheels for those."""
EDITABLE = "editables"
"""What the build backend asks for beside its own requirements, to install in place."""


def requirements(project: dict) -> dict[str, list[str]]:
    """By lock: the requirements that it is made from, as pyproject.toml has them."""
    table = project["project"]
    name, extras = table["name"], table["optional-dependencies"].values()
    wanted = [*project["build-system"]["requires"], *table["dependencies"]]
    wanted += [each for extra in extras for each in extra if not each.startswith(f"{name}[")]
    return {RUN: wanted, DEVELOP: [*wanted, *project["dependency-groups"]["dev"], EDITABLE]}


def main() -> int:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    for lock, wanted in requirements(project).items():
        path = ROOT / lock
        command = [
            "uv", "pip", "compile", "-", "--universal", "--python-version", PYTHONS[0],
            "--generate-hashes", "--no-header", "--no-annotate", "--no-emit-index-url", "--quiet",
            "--output-file", str(path), *sys.argv[1:],
        ]  # fmt: skip
        if lock != RUN:
            command += ["--constraint", str(ROOT / RUN)]
        subprocess.run(command, input="\n".join(wanted), text=True, check=True)
        path.write_text(NOTICE + path.read_text("utf-8").removeprefix(NOTICE), "utf-8")
        try_wheels(path)
    return 0


def try_wheels(lock: Path) -> None:
    """Raise `CalledProcessError` where a package has no wheel for a Python on a system."""
    with tempfile.TemporaryDirectory() as folder:
        for python, system in itertools.product(PYTHONS, SYSTEMS):
            subprocess.run(
                ["uv", "pip", "install", "--dry-run", "--quiet", "--target", folder,
                 "--python-version", python, "--python-platform", system,
                 "--only-binary", ":all:", "--require-hashes", "--requirement", str(lock)],
                check=True,
            )  # fmt: skip


if __name__ == "__main__":
    raise SystemExit(main())
