"""The artefact actions, with a folder for each artefact: upload what patterns name, relative
to the folder that they have in common; download all that a pattern names into one folder."""

import fnmatch
import os
import shutil
import sys
from pathlib import Path

STORE = Path(os.environ["STAND_IN_ARTEFACTS"])


def upload():
    patterns = [each.strip() for each in os.environ["PATHS"].splitlines() if each.strip()]
    files = []
    for pattern in patterns:
        for path in Path("/").glob(pattern.lstrip("/")):
            files += [e for e in path.rglob("*") if e.is_file()] if path.is_dir() else [path]
    if not files:
        sys.exit("no files were found")
    fixed = [Path(pattern.partition("*")[0].rstrip("/")) for pattern in patterns]
    root = Path(os.path.commonpath(fixed))
    target = STORE / os.environ["NAME"]
    shutil.rmtree(target, ignore_errors=True)
    for file in files:
        place = target / file.relative_to(root)
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(file, place)


def download():
    target = Path(os.environ["TARGET"])
    target.mkdir(parents=True, exist_ok=True)
    for folder in sorted(STORE.iterdir()):
        if fnmatch.fnmatch(folder.name, os.environ["PATTERN"]):
            shutil.copytree(folder, target, dirs_exist_ok=True)


{"upload": upload, "download": download}[sys.argv[1]]()
