"""The bill of materials of a module: CycloneDX 1.6 in JSON, made from what it has locked.

It holds no time and no random id, so that the same lock gives the same bytes.
Source: the CycloneDX 1.6 JSON schema; package URLs as in the package-url specification.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from gates.module import Module
from gates.toolchains import npm_packages
from gates.toolchains.locks import Locked, reachable
from gates.toolchains.locks import npm_packages as npm_entries
from gates.toolchains.session import Session
from gates.toolchains.vulnerabilities import read_lock

Component = dict[str, Any]
_HASHES = {"sha256": "SHA-256", "sha384": "SHA-384", "sha512": "SHA-512"}


def make(session: Session) -> bytes:
    """The bill of materials of the session's module.

    Raises `LockError` or `CouldNotCheckError` where there is no usable lock.
    """
    packages, _ = read_lock(session)
    if session.module.language == "python":
        own = [_python_platform(folder) for folder in session.policy.python_packages]
        return document(session.module, [*map(_component, packages), *own])
    text, member, _ = npm_packages.locked(session)
    entries = npm_entries(text)
    found = []
    for path in reachable(entries, member):
        entry = entries[path]
        if entry.get("link") or path in ("", member):
            continue
        name = entry.get("name") or path.rpartition("node_modules/")[2]
        package = Locked("npm", str(name), str(entry.get("version") or "0.0.0"), 0)
        found.append(_component(package, entry))
    return document(session.module, found)


def document(module: Module, components: Iterable[Component]) -> bytes:
    """The whole document, with each component once, by its package URL."""
    unique = {each["bom-ref"]: each for each in components}
    main = {
        "type": "library",
        "bom-ref": f"{module.slug}@{module.version}",
        "name": module.slug,
        "version": module.version,
    }
    whole = {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": main},
        "components": [unique[ref] for ref in sorted(unique)],
        "dependencies": [
            {"ref": main["bom-ref"], "dependsOn": sorted(unique)},
            *({"ref": ref} for ref in sorted(unique)),
        ],
    }
    return json.dumps(whole, indent=2, ensure_ascii=False).encode() + b"\n"


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _component(package: Locked, entry: Mapping[str, Any] | None = None) -> Component:
    group, _, name = package.name.rpartition("/")
    kind = "pypi" if package.ecosystem == "PyPI" else "npm"
    path = "/".join(quote(part, safe="") for part in (group, name) if part)
    purl = f"pkg:{kind}/{path}@{quote(package.version, safe='.-_')}"
    made: Component = {"type": "library", "bom-ref": purl}
    if group:
        made["group"] = group
    made |= {"name": name, "version": package.version, "purl": purl}
    entry = entry or {}
    if hashes := _hashes(str(entry.get("integrity") or "")):
        made["hashes"] = hashes
    if isinstance(license_ := entry.get("license"), str) and license_:
        made["licenses"] = [{"license": {"name": license_}}]
    return made


def _hashes(integrity: str) -> Sequence[dict[str, str]]:
    found = []
    for part in integrity.split():
        name, _, digest = part.partition("-")
        try:
            raw = base64.b64decode(digest.partition("?")[0], validate=True)
        except (binascii.Error, ValueError):
            continue
        if name in _HASHES:
            found.append({"alg": _HASHES[name], "content": raw.hex()})
    return found


def _python_platform(folder: Path) -> Component:
    project = tomllib.loads((folder / "pyproject.toml").read_text("utf-8"))["project"]
    name = _normal(str(project["name"]))
    return _component(Locked("PyPI", name, str(project.get("version", "0")), 0))
