"""Asks the registries' own advisory services about a module's locked packages.

An answer counts only where it is about every package: a service that cannot be reached, refuses,
or skips a package is `ToolFailedError`, never "no advisories".
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from gates.errors import ToolFailedError
from gates.toolchains.advisories import Advisory
from gates.toolchains.locks import NPM_LOCK, PYTHON_LOCK, Locked
from gates.toolchains.processes import Ran, disk
from gates.toolchains.tools import Tools

HINT = "configure an offline snapshot: [advisories] snapshot in gates-policy.toml"


def pip_audit(tools: Tools, packages: Sequence[Locked]) -> list[Advisory]:
    """Ask by pip-audit about the packages of the module's requirements.lock."""
    lock = tools.module_copy / PYTHON_LOCK
    ran = tools.run(
        "pip-audit",
        [
            "--strict", "--disable-pip", "--require-hashes", "--progress-spinner=off",
            "--format=json", f"--requirement={lock}",
        ],
        cwd=tools.folder,
        ok=(0, 1),
        subjects=len(packages),
        env=tools.install_environment(),
    )  # fmt: skip
    return parse_pip_audit(ran, packages)


def parse_pip_audit(ran: Ran, packages: Sequence[Locked]) -> list[Advisory]:
    """What `pip-audit --format json` says about these packages."""
    by_name = {package.name: package for package in packages}
    if not ran.stdout.strip():
        raise ToolFailedError(f"pip-audit could not ask: {ran.end()}", hint=HINT)
    document = ran.json()
    found: list[Advisory] = []
    try:
        entries = {str(each["name"]).lower(): each for each in document["dependencies"]}
        skipped = [name for name, each in entries.items() if "skip_reason" in each]
        missing = [p.name for p in packages if not p.marker and p.name not in entries]
        if skipped or missing:
            raise ToolFailedError(
                f"pip-audit could not ask about {', '.join([*skipped, *missing][:5])}", hint=HINT
            )
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


def npm_audit(
    tools: Tools, files: Mapping[str, bytes], packages: Sequence[Locked]
) -> list[Advisory]:
    """Ask by `npm audit` about the packages of a lock; `files` are it and its package.json."""
    folder = tools.folder / "audit"
    with disk():
        for name, data in files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(data)
    ran = tools.run(
        "npm",
        ["audit", "--json", "--package-lock-only", "--loglevel=error"],
        cwd=folder,
        ok=(0, 1),
        subjects=len(packages),
        env=tools.install_environment(),
    )
    return parse_npm_audit(ran, packages)


def parse_npm_audit(ran: Ran, packages: Sequence[Locked]) -> list[Advisory]:
    """What `npm audit --json` says about these packages."""
    document: Any = ran.json()
    if not isinstance(document, dict) or "vulnerabilities" not in document:
        reason = (
            document.get("message") or document.get("error") if isinstance(document, dict) else ""
        )
        raise ToolFailedError(f"npm could not ask: {json.dumps(reason)[:300]}", hint=HINT)
    try:
        total = int(document["metadata"]["dependencies"]["total"])
        if total < 1 and packages:
            raise ToolFailedError(f"npm asked about 0 of {len(packages)} packages of {NPM_LOCK}")
        found: list[Advisory] = []
        for name, entry in document["vulnerabilities"].items():
            package = next(
                (each for each in packages if each.name == name), Locked("npm", name, "?", 1)
            )
            fix = entry.get("fixAvailable")
            fixed = (
                fix.get("version", "") if isinstance(fix, dict) and fix.get("name") == name else ""
            )
            found += [
                Advisory(
                    package,
                    str(via.get("url") or via.get("source") or "").rpartition("/")[2],
                    str(via.get("title") or ""),
                    str(via.get("severity") or ""),
                    fixed,
                )
                for via in entry["via"]
                if isinstance(via, dict)
            ]
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise ToolFailedError(f"npm's answer is not understood: {error}") from error
    if bool(found) != bool(ran.exit_status):
        raise ToolFailedError(f"npm audit ended with status {ran.exit_status}: {ran.end()}")
    return found
