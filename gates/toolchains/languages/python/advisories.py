"""Asks pip-audit about a Python module's locked packages, and reads its answer."""

from __future__ import annotations

from collections.abc import Sequence

from gates.errors import ToolFailedError
from gates.toolchains.advisories import HINT, Advisory
from gates.toolchains.languages.python.lock import LOCK_FILE, parse_version, write_requirements
from gates.toolchains.locks import Locked
from gates.toolchains.processes import Ran, disk
from gates.toolchains.tools import Tools


def ask_advisories(tools: Tools, packages: Sequence[Locked]) -> list[Advisory]:
    """Ask by pip-audit about the packages of the module's requirements.lock."""
    return parse_pip_audit(_ask(tools, ("--strict", "--require-hashes"), packages), packages)


def ask_about(tools: Tools, packages: Sequence[Locked]) -> list[Advisory]:
    """Ask by pip-audit about any packages; of one with several versions, in several runs.

    What PyPI does not have, it has no advisories of: what other packages carry may have been made
    for them alone. So that a service which knows nothing at all does not count, each run asks about
    a package that is there.
    """
    runs: list[dict[str, Locked]] = []
    for each in packages:
        free = next((run for run in runs if each.name not in run), None)
        if free is None:
            runs.append(free := {_THERE.name: _THERE} if each.name != _THERE.name else {})
        free[each.name] = each
    found: list[Advisory] = []
    for run in runs:
        ran = _ask(tools, ("--no-deps",), [*run.values()])
        found += parse_pip_audit(ran, [*run.values()], certainly=_THERE.name)
    return [each for each in found if each.package in packages]


_ABSENT = "not found on PyPI"
"""In pip-audit's words."""
_THERE = Locked("PyPI", "pip", "24.0", 0)
"""A release that the service knows."""


def _ask(tools: Tools, how: Sequence[str], packages: Sequence[Locked]) -> Ran:
    lock = tools.folder / LOCK_FILE
    with disk():
        lock.write_text(write_requirements(packages), "utf-8")
    return tools.run(
        "pip-audit",
        [
            *how, "--disable-pip", "--progress-spinner=off", "--format=json",
            f"--requirement={lock}",
        ],
        cwd=tools.folder,
        ok=(0, 1),
        subjects=len(packages),
        env=tools.install_environment(),
    )  # fmt: skip


def parse_pip_audit(ran: Ran, packages: Sequence[Locked], certainly: str = "") -> list[Advisory]:
    """What `pip-audit --format json` says about these packages.

    Each has to be known to the service; where `certainly` names one, that one has to be.
    """
    by_name = {package.name: package for package in packages}
    if not ran.stdout.strip():
        raise ToolFailedError(f"pip-audit could not ask: {ran.end()}", hint=HINT)
    document = ran.json()
    found: list[Advisory] = []
    try:
        entries = {str(each["name"]).lower(): each for each in document["dependencies"]}
        unknown = {n: str(e["skip_reason"]) for n, e in entries.items() if "skip_reason" in e}
        spare = {n for n, why in unknown.items() if certainly not in ("", n) and _ABSENT in why}
        skipped = [name for name in unknown if name not in spare]
        missing = [p.name for p in packages if not p.marker and p.name not in entries]
        if skipped or missing:
            raise ToolFailedError(
                f"pip-audit could not ask about {', '.join([*skipped, *missing][:5])}", hint=HINT
            )
        entries = {name: each for name, each in entries.items() if name not in unknown}
        versions = {(each.name, str(parse_version(each.version))) for each in packages}
        if other := [n for n, each in entries.items() if (n, str(each["version"])) not in versions]:
            raise ToolFailedError(f"pip-audit asked about another {other[0]} than is locked")
        for name, each in entries.items():
            package = by_name.get(name) or Locked("PyPI", name, str(each["version"]), 1)
            found += [
                Advisory(
                    package,
                    str(vulnerability["id"]),
                    str(vulnerability.get("description") or "").strip().partition("\n")[0][:300],
                    "",
                    str((vulnerability.get("fix_versions") or [""])[0]),
                    tuple(vulnerability.get("aliases") or ()),
                )
                for vulnerability in each["vulns"]
            ]
    except (KeyError, TypeError, AttributeError, IndexError) as error:
        raise ToolFailedError(f"pip-audit's answer is not understood: {error}") from error
    if bool(found) != bool(ran.exit_status):
        raise ToolFailedError(f"pip-audit ended with status {ran.exit_status}: {ran.end()}")
    return found
