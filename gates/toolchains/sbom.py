"""The bill of materials of a module: CycloneDX 1.6 in JSON, made from what it has locked.

Its serial number comes from what it holds and its time is that of every build, so that the same
lock gives the same bytes. Source: CycloneDX 1.6; package URLs as in the package-url specification.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote
from uuid import NAMESPACE_URL, uuid5

from gates.errors import CouldNotCheckError, ToolMissingError
from gates.module import Module
from gates.records import asdict, dataclass
from gates.toolchains.session import Session
from gates.toolchains.tools import SOURCE_DATE_EPOCH, Tools

if TYPE_CHECKING:
    from cyclonedx.model import HashType
    from cyclonedx.model.component import Component

CARRIED_IN = "gates:carried-in"
"""The property of a component that another one's archive holds: the name and version of that."""
_SCHEMAS = "http://cyclonedx.org/schema"
_HASHES = {"sha256": "SHA-256", "sha384": "SHA-384", "sha512": "SHA-512"}


@dataclass(frozen=True)
class Part:
    """One package of a module."""

    url_type: str
    """Its ecosystem, as package URLs name it: "pypi"."""
    name: str
    version: str
    digests: tuple[str, ...] = ()
    """Those of its files: "sha256:<hex>"."""
    license: str = ""
    development: bool = False
    """Whether the module is built and tested with it, and does not run with it."""
    supplied: bool = False
    """Whether it is the platform's own, which no lock of a module holds."""
    carried_in: tuple[str, ...] = ()
    """The packages whose archives hold it, as "name version", where no lock lists it."""


def make_bill(session: Session) -> bytes:
    """The bill of materials of the session's module, made once for both builds: nothing of it
    comes from what they build.

    Raises `LockError` or `CouldNotCheckError` where there is no usable lock, and `TreeError` where
    the packages that are installed from it are others.
    """
    return session.once("bill", lambda: _make_bill(session))


def _make_bill(session: Session) -> bytes:
    from gates.toolchains.carried.packages import carried_in, list_parts
    from gates.toolchains.languages import language_of

    language = language_of(session.module)
    packages = language.read_lock(session)
    tools = Tools(session)
    language.install_packages(tools)
    parts = language.list_components(session, packages)
    return write_bill(session.module, [*parts, *list_parts(carried_in(tools), parts)])


def write_bill(module: Module, parts: Iterable[Part]) -> bytes:
    """The whole document, with each name and version once.

    Raises `ToolMissingError` without the library that writes it.
    """
    try:
        from cyclonedx.model.bom import Bom
        from cyclonedx.model.component import Component
        from cyclonedx.output.json import JsonV1Dot6
    except ImportError as error:
        raise _missing(error) from error

    unique = {(each.url_type, each.name, each.version): each for each in parts}
    kept = [unique[key] for key in sorted(unique)]
    main = Component(
        name=module.slug, version=module.version, bom_ref=f"{module.slug}@{module.version}"
    )
    components = [_component(each) for each in kept]
    bom = Bom(components=components)
    content = json.dumps([module.slug, module.version, [asdict(each) for each in kept]])
    bom.serial_number = uuid5(NAMESPACE_URL, content)
    bom.metadata.timestamp = datetime.fromtimestamp(SOURCE_DATE_EPOCH, UTC)
    bom.metadata.component = main
    bom.register_dependency(main, components)
    text: str = JsonV1Dot6(bom).output_as_string(indent=2)
    return text.encode() + b"\n"


def validate_bill(data: bytes) -> None:
    """Hold a bill against the schema of CycloneDX 1.6 that the library carries, formats included.

    The library's own validator says the same of it, and takes ten seconds for 300 packages.
    Raises `CouldNotCheckError` where it says something else, `ToolMissingError` as `write_bill`.
    """
    from jsonschema_rs import Registry, validator_for

    try:
        from cyclonedx.schema import SchemaVersion, _res
    except ImportError as error:
        raise _missing(error) from error

    def read(path: str) -> Any:  # noqa: ANN401 - JSON
        return json.loads(Path(path).read_text("utf-8"))

    schema = read(str(_res.BOM_JSON_STRICT[SchemaVersion.V1_6]))
    parts = (_res.SPDX_JSON, _res.JSF, _res.CRYPTOGRAPHY_DEFS)
    # The schema names the others by these files' names, beside its own address.
    named = [(f"{_SCHEMAS}/{Path(each).name}", read(each)) for each in parts]
    registry = Registry(named)
    validator = validator_for(schema, registry=registry, validate_formats=True, offline=True)
    try:
        document = json.loads(data)
    except ValueError as error:
        raise CouldNotCheckError(f"the bill of materials cannot be read: {error}") from error
    for fault in validator.iter_errors(document):
        where = "/".join(str(each) for each in fault.instance_path)
        raise CouldNotCheckError(
            f"the bill of materials is not as CycloneDX 1.6 says, at /{where}:"
            f" {fault.message[:300]}"
        )


def read_bill(data: bytes) -> list[Part]:
    """The packages of a bill of materials. Raises `ValueError` for one of another form."""
    document = json.loads(data)
    if document.get("bomFormat") != "CycloneDX" and "components" not in document:
        raise ValueError("it is no bill of materials of CycloneDX")
    return [_part(each) for each in document.get("components", ())]


def read_digest(text: str) -> str:
    """A digest as a lock writes it ("sha512-<base64>", "sha256:<hex>"), as bills hold it; or "".

    Source: W3C's Subresource Integrity; pip's `--hash`.
    """
    name, _, digest = text.partition("-")
    if digest and name in _HASHES:
        try:
            content = base64.b64decode(digest.partition("?")[0], validate=True).hex()
        except (binascii.Error, ValueError):
            return ""
        return f"{name}:{content}" if content else ""
    name, _, digest = text.partition(":")
    return f"{name}:{digest.lower()}" if digest and name in _HASHES else ""


def _component(part: Part) -> Component:
    from cyclonedx.model import Property
    from cyclonedx.model.component import Component, ComponentScope
    from cyclonedx.model.license import DisjunctiveLicense
    from packageurl import PackageURL

    group, _, name = part.name.rpartition("/")
    url = PackageURL(part.url_type, group or None, name, part.version)
    return Component(
        name=name,
        group=group or None,
        version=part.version,
        purl=url,
        bom_ref=url.to_string(),
        scope=ComponentScope.EXCLUDED if part.development else ComponentScope.REQUIRED,
        hashes=[_hash(each) for each in part.digests],
        licenses=[DisjunctiveLicense(name=part.license)] if part.license else [],
        properties=[Property(name=CARRIED_IN, value=each) for each in part.carried_in],
    )


def _hash(digest: str) -> HashType:
    from cyclonedx.model import HashAlgorithm, HashType

    name, _, content = digest.partition(":")
    return HashType(alg=HashAlgorithm(_HASHES[name]), content=content)


def _part(entry: Mapping[str, Any]) -> Part:
    scheme, _, rest = str(entry["purl"]).partition(":")
    kind, _, path = rest.partition("/")
    name, _, version = path.rpartition("@")
    if scheme != "pkg" or not kind or not name or not version:
        raise ValueError(f"{entry['purl']!r} is no package URL of a known kind")
    names = {alg: name for name, alg in _HASHES.items()}
    digests = [f"{names[each['alg']]}:{each['content']}" for each in entry.get("hashes", ())]
    development = entry.get("scope") == "excluded"
    carried_in = [e["value"] for e in entry.get("properties", ()) if e["name"] == CARRIED_IN]
    return Part(
        kind, unquote(name), unquote(version), tuple(digests), development=development,
        carried_in=tuple(carried_in),
    )  # fmt: skip


def _missing(error: Exception) -> ToolMissingError:
    return ToolMissingError(
        f"the library for bills of materials is not installed ({error})",
        hint="pip install 'axon-gates[bill]'",
    )
