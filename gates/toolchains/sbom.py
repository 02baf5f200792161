"""The bill of materials of a module: CycloneDX 1.6 in JSON, made from what it has locked.

It holds no time and no random id, so that the same lock gives the same bytes.
Source: the CycloneDX 1.6 JSON schema; package URLs as in the package-url specification.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from gates.module import Module
from gates.toolchains.ecosystem import Ecosystem
from gates.toolchains.session import Session

Component = dict[str, Any]
_HASHES = {"sha256": "SHA-256", "sha384": "SHA-384", "sha512": "SHA-512"}


def make_bill(session: Session) -> bytes:
    """The bill of materials of the session's module.

    Raises `LockError` or `CouldNotCheckError` where there is no usable lock, and `TreeError` where
    the packages that are installed from it are others.
    """
    from gates.toolchains.languages import language_of
    from gates.toolchains.tools import Tools

    language = language_of(session.module)
    packages = language.read_lock(session)
    language.install_packages(Tools(session))
    components = language.list_components(session, packages)
    return document(session.module, components)


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


def make_component(
    ecosystem: Ecosystem, name: str, version: str, entry: Mapping[str, Any] | None = None
) -> Component:
    """One package. `entry` may hold its `integrity` (as in HTML) and `license` (a text)."""
    group, _, name = name.rpartition("/")
    path = "/".join(quote(part, safe="") for part in (group, name) if part)
    purl = f"pkg:{ecosystem.url_type}/{path}@{quote(version, safe='.-_')}"
    made: Component = {"type": "library", "bom-ref": purl}
    if group:
        made["group"] = group
    made |= {"name": name, "version": version, "purl": purl}
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
