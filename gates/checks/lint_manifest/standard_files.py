"""The files and folders of the standard are there."""

from __future__ import annotations

from collections.abc import Iterator

from gates.check import check
from gates.model import Finding, Stage
from gates.module import Module, inside
from gates.module.document import show
from gates.module.load import OLD_MANIFESTS, SETTINGS


@check(Stage.LINT_MANIFEST)
def standard_files(module: Module) -> Iterator[Finding]:
    """The files and folders of the standard are there.

    Why: people and tools find their way in every module, because every module looks the same.
    Bad: a module without README.md, CHANGELOG.md, a settings schema or tests/e2e
    Good: README.md, CHANGELOG.md, module.json, module_schema.json, src/, tests/unit/, tests/e2e/;
        with environment variables also .env.example and src/env.ts or env.py. Dockerfile, src/api,
        src/jobs and src/lib are there where the module needs them.
    Fix: add what the finding names. A file that .gitignore leaves out does not count.
    """
    for name, content in (
        ("README.md", "say in a paragraph what the module does"),
        ("CHANGELOG.md", "write it in the form of keepachangelog.com"),
    ):
        file = module.files.get(name)
        if file is None:
            fix = f"add {name}: {content}"
            yield standard_files.finding(f"there is no {name}", name, fix=fix)
        elif not (file.data is None or file.data.strip()):
            yield standard_files.finding(f"{name} is empty", name, fix=content)
    yield from _settings(module)
    for folder in ("src", "tests/unit", "tests/e2e"):
        if not any(path.startswith(f"{folder}/") for path in module.files):
            fix = f"add {folder}/ with at least one file"
            yield standard_files.finding(f"there is no {folder}/", folder, fix=fix)
    yield from _environment(module)
    for old in OLD_MANIFESTS:
        if old in module.files:
            message = f"{old} is the name that module.json had once"
            yield standard_files.finding(message, old, fix=f"git rm {old}")


def _settings(module: Module) -> Iterator[Finding]:
    named = module.manifest.get("schema_file") if module.manifest else None
    path = inside(named)
    if named is not None and path is None:
        return  # paths-inside says what is wrong with it
    path = path or SETTINGS
    if path not in module.files and module.manifest is not None:
        yield standard_files.finding(
            f"there is no {path}, the settings schema"
            + (f" that schema_file names as {show(named)}" if named not in (None, path) else ""),
            module.manifest.at("schema_file"),
            fix=f"add {path}; a module without settings has an object without properties",
        )


def _environment(module: Module) -> Iterator[Finding]:
    from gates.toolchains.languages import find_language

    variables = module.manifest.get("environment_variables") if module.manifest else None
    if not module.manifest or not isinstance(variables, list) or not variables:
        return
    at = module.manifest.key("environment_variables")
    if ".env.example" not in module.files:
        yield standard_files.finding(
            "there is no .env.example, but module.json lists environment variables",
            at,
            fix="add .env.example with a line NAME=value for each of them",
        )
    language = find_language(module)
    if language is not None and not language.find_environment_files(module):
        words = language.words
        message = (
            f"there is no {words.environment_place}, but module.json lists environment variables"
        )
        yield standard_files.finding(message, at, fix=words.environment_fix)
