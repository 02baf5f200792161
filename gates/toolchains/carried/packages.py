"""What the packages of a module carry, and what it carries itself; once in a run."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from functools import partial

from gates.toolchains.carried.found import Carried, Carrier, Findings
from gates.toolchains.carried.scan import Entry, find_carried
from gates.toolchains.locks import Locked
from gates.toolchains.sbom import Part
from gates.toolchains.shipped import SOURCES
from gates.toolchains.tools import Tools


def carried_in(tools: Tools) -> Findings:
    """What lies inside of the module's installed packages, and among its own sources.

    Raises `CouldNotCheckError` where the packages cannot be installed.
    """
    from gates.toolchains.languages import language_of

    language = language_of(tools.session.module)
    language.install_packages(tools)

    def find() -> Findings:
        found = language.find_carried(Tools(tools.session))
        found.add(_of_module(tools))
        return found

    made: Findings = tools.session.once("carried", find)
    return made


def _of_module(tools: Tools) -> Findings:
    module = tools.session.module
    entries = [
        Entry(path, partial(_read, tools, path))
        for path, file in module.files.items()
        if path.startswith(SOURCES) and file.link is None
    ]
    itself = Carrier(module.slug, module.version, "")
    return find_carried(entries, lambda _path: itself, lambda _path: False)


def _read(tools: Tools, path: str) -> io.BytesIO:
    return io.BytesIO(tools.session.module.data(path))


def as_locked(carried: Carried, packages: Sequence[Locked] = ()) -> Locked:
    """A carried package as advisories and licences are asked about one; its line is that of the
    package which carries it."""
    carrier = (carried.carrier.name, carried.carrier.version)
    line = next((each.line for each in packages if (each.name, each.version) == carrier), 0)
    return Locked(carried.ecosystem, carried.name, carried.version, line)


def list_parts(found: Findings, own: Iterable[Part]) -> list[Part]:
    """The parts of the bill of materials for what is carried; `own` are the other parts.

    What only code says of itself is none: nobody knows that it is the package of a registry.
    """
    from gates.toolchains.languages import ECOSYSTEMS

    known = {(each.url_type, each.name, each.version) for each in own}
    development = {(each.name, each.version): each.development for each in own}
    parts: dict[tuple[str, str, str], Part] = {}
    for each in found.unique():
        key = (ECOSYSTEMS[each.ecosystem].url_type, each.name, each.version)
        if not each.certain or key in known:
            continue
        spare = development.get((each.carrier.name, each.carrier.version), False)
        before = parts.get(key)
        inside = (*(before.carried_in if before else ()), str(each.carrier))
        parts[key] = Part(
            *key,
            development=spare and (before is None or before.development),
            carried_in=tuple(sorted({*inside})),
        )
    return list(parts.values())
