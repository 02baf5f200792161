"""The wheel holds what the stages looked at."""

from __future__ import annotations

from collections.abc import Iterator

from gates.check import check
from gates.errors import CouldNotCheckError
from gates.model import Finding, Stage
from gates.module import Module
from gates.toolchains import Bundle


@check(Stage.BUILD, language="python")
def wheel_matches_sources(module: Module, bundle: Bundle) -> Iterator[Finding]:
    """Every file in the wheel is the module's own file under src, byte for byte.

    Only what a build backend writes into the wheel's own folder `*.dist-info` has no source:
    METADATA, WHEEL, RECORD, top_level.txt and entry_points.txt, which says what pyproject.toml
    says and names code of the module alone; its licence files are files of the module. Files that
    install elsewhere (`*.data`) are reported: nothing under src is like them.

    Why: a build backend can add code or change it; no other stage ever looks at what it made.
    Bad: a build hook that writes sample_module/backdoor.py into the wheel
    Good: src/sample_module/countries.txt, committed, which the wheel holds as it is
    Fix: commit what the build would make under src, and take the step out of the build.
    """
    import io
    import zipfile
    import zlib

    from gates.toolchains.languages.python.wheel_contents import find_differences

    wheel = bundle.read(bundle.entry)
    broken = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError)
    try:
        with zipfile.ZipFile(io.BytesIO(wheel)) as archive:
            for problem in find_differences(module, bundle.entry, archive):
                yield wheel_matches_sources.finding(
                    problem.message, problem.location, fix=problem.fix
                )
    except broken as error:
        raise CouldNotCheckError(f"{bundle.entry} cannot be read as a wheel: {error}") from error
