"""Makes a new module from the template that is shipped with this package, by copier.

The template has a folder for what all modules have and one for each language; what ends in .jinja
is rendered. It has no tasks, no extensions and no questions, so making a module runs nothing.
"""

from __future__ import annotations

import keyword
import re
import shutil
import sys
import tempfile
import warnings
from datetime import date
from pathlib import Path

from gates import __version__
from gates.errors import ToolMissingError, UsageError
from gates.module.schemas import MANIFEST, load_schema

TEMPLATE = Path(__file__).parent / "templates" / "module"
LANGUAGES = tuple(sorted({each.name for each in TEMPLATE.iterdir()} - {"common"}))
_TAKEN = ("axon_core", "axon_logger", "opentelemetry", "pydantic", "pydantic_settings", "pytest",
          "structlog", "tests")  # fmt: skip
"""Names of packages that a new module imports, or has beside its own."""


def check_slug(slug: str) -> None:
    """Raise `UsageError` for a slug that the manifest's schema refuses, or that no package of
    Python can have as its name: a keyword, or the name of one that would then not be found."""
    rule = load_schema(MANIFEST)["$defs"]["slug"]
    if not re.fullmatch(rule["pattern"], slug):
        raise UsageError(f"the slug {slug[:60]!r} {rule['patternErrorMessage']}")
    if len(slug) > rule["maxLength"]:
        raise UsageError(f"the slug {slug[:60]!r} has more than {rule['maxLength']} characters")
    package = slug.replace("-", "_")
    if keyword.iskeyword(package) or package in (*sys.stdlib_module_names, *_TAKEN):
        raise UsageError(f"the slug {slug!r} is the name of something else in Python")


def answers(slug: str, language: str, today: date, version: str = __version__) -> dict[str, str]:
    """What the template's files are rendered with; `version` is that of the gates."""
    package = slug.replace("-", "_")
    return {
        "dot": ".",
        "language": language,
        "package": package,
        "prefix": package.upper(),
        "slug": slug,
        "table": f"tenant_{package}_notes",
        "title": slug.replace("-", " ").capitalize(),
        "today": today.isoformat(),
        "version": version,
    }


def render(template: Path, data: dict[str, str], folder: Path) -> None:
    """Render a template into a folder. Raises `ToolMissingError` without copier."""
    try:
        from copier import run_copy
    except ModuleNotFoundError as error:
        raise ToolMissingError(
            "copier is not installed, which makes modules",
            hint="pip install 'axon-gates[new]'",
        ) from error
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that the template has no version of its own
        for layer in ("common", data["language"]):
            run_copy(
                str(template / layer), folder, data=data,
                defaults=True, quiet=True, unsafe=False,
            )  # fmt: skip


def make_module(slug: str, language: str, folder: Path, today: date) -> list[str]:
    """Write a new module into `folder`, which is made; the paths of its files.

    Either all files are there afterwards or none. Raises `UsageError` for a slug that cannot be
    one, for a folder that is not empty or no folder, and where it cannot be written;
    `ToolMissingError` without copier.
    """
    check_slug(slug)
    folder = folder.absolute()
    if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
        raise UsageError(f"{folder} is no folder")
    if folder.is_dir() and any(folder.iterdir()):
        raise UsageError(f"{folder} is not empty", hint="name another folder, or empty it")
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        made = Path(tempfile.mkdtemp(prefix=f".{slug}-", dir=folder.parent))
        try:
            render(TEMPLATE, answers(slug, language, today), made)
            made.chmod(0o755)
            found = (each for each in made.rglob("*") if each.is_file())
            files = sorted(str(each.relative_to(made)) for each in found)
            made.rename(folder)  # which a folder that was filled meanwhile refuses
        finally:
            shutil.rmtree(made, ignore_errors=True)
    except OSError as error:
        raise UsageError(f"{folder} cannot be written: {error.strerror}") from error
    return files
