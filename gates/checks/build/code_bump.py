"""The version moves as far as the changes of its exported code ask for."""

from __future__ import annotations

from collections.abc import Iterator

from gates.check import check
from gates.contract.base import base_of, no_base
from gates.contract.breaking import CODE_KINDS
from gates.contract.code import compare_code, exported
from gates.contract.code.placed import placed
from gates.contract.demand import judge, judge_entries
from gates.errors import CouldNotCheckError
from gates.model import Finding, Stage
from gates.module import Module
from gates.registry.bundle import unpacked
from gates.releases import Releases
from gates.toolchains import Bundle, Tools
from gates.toolchains.languages import language_of


@check(Stage.BUILD)
def code_bump(
    module: Module, releases: Releases, bundle: Bundle, tools: Tools
) -> Iterator[Finding]:
    """The version moves as far as its exported code asks for; every break is listed.

    Compared is what the two bundles hold, that of the newest stable release and the one just built:
    what the entrypoint exports, in Python as griffe reads it, in TypeScript by the compiler's
    declarations. No code runs. Demands and `breaking` are those of `required-bump`.

    Why: other modules and the platform import it; what they wrote against 1.2.0 must work with
        every 1.x that follows.
    Bad: 1.2.0 exports shorten(text), and 1.3.0 exports shorten(text, length)
    Good: 1.3.0 exports shorten(text, length=80)
    Fix: keep the old form beside the new, or raise the version and list the break.
    """
    base = base_of(module, releases)
    if base is None:
        yield no_base(code_bump, module, releases)
        yield from judge_entries(code_bump, module, None, (), CODE_KINDS)
        return
    try:
        with bundle.path.open("rb") as archive:
            built = unpacked(archive)
    except OSError as error:
        raise CouldNotCheckError(f"the bundle cannot be read: {error.strerror}") from error
    old = exported(base.files, language_of(base.module).name)
    found = compare_code(old, exported(built, language_of(module).name), tools)
    changes = placed(found, base.module, module)
    releases.note(base.version, changes)
    yield from judge(code_bump, module, base.version, changes)
    yield from judge_entries(code_bump, module, base.version, changes, CODE_KINDS)
