"""The entrypoint exists and defines register()."""

from __future__ import annotations

from collections.abc import Iterator

from gates.check import check
from gates.model import Finding, Stage
from gates.module import Module, inside
from gates.module.document import show
from gates.module.explain import closest
from gates.module.ignore import is_output


@check(Stage.LINT_MANIFEST)
def entrypoint_defines_register(module: Module) -> Iterator[Finding]:
    """The entrypoint exists and defines register().

    Why: register() is how the platform learns of routes and jobs; without it a module installs
        and then does nothing.
    Bad: an entrypoint that is not there; register() not exported, with required parameters, or a
        constant
    Good: export function register(), export const register = () => ..., export { register } from
        "./register.js"; in Python def register() or an import of it at the top of the entrypoint
    Fix: define register() in the entrypoint, callable without arguments. The file is parsed, not
        run; the stage build calls it.
    """
    from gates.toolchains.languages import LANGUAGES, NEITHER, find_language

    document = module.require_manifest()
    path = inside(document.get("entrypoint"))
    if path is None:
        return  # manifest-schema or paths-inside says what is wrong with it
    at = document.at("entrypoint")
    language = find_language(module)
    if language is None:
        suffixes = " or ".join(each.suffixes[0] for each in LANGUAGES.values())
        yield entrypoint_defines_register.finding(
            f"the entrypoint {show(path)} is {NEITHER}",
            at,
            fix=f"name the source: a {suffixes} file, not what is built from it",
        )
        return
    if path not in module.files:
        parts = path.split("/")
        if any(is_output("/".join(parts[: n + 1]), part) for n, part in enumerate(parts)):
            message = f"the entrypoint {path} is build output, which is not part of the module"
            fix = "name the source file"
        else:
            message = f"there is no {path}, the entrypoint"
            suffix = path.rpartition(".")[2]
            sources = [each for each in module.files if each.endswith(f".{suffix}")]
            guess = closest(path, sources, 0.8)
            fix = f'did you mean "{guess}"?' if guess else f"add {path} with register()"
        yield entrypoint_defines_register.finding(message, at, fix=fix)
        return
    if module.files[path].link is not None:
        return  # paths-inside says that it is a link
    wrong = language.find_register(module, path)
    if wrong is not None:
        yield entrypoint_defines_register.finding(wrong.message, wrong.location, fix=wrong.fix)
