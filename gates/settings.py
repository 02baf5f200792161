"""What a run is told: `Settings` from the command line and environment, `Policy` from files.

A policy comes from three layers, each on top of the one before: the built-in standard, the
organisation's `gates-policy.toml`, and `gates.toml` in the module's own repo, which may tighten
but not loosen. Every value knows the layer that it came from.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields, is_dataclass, replace
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

from gates.approvers import (
    ApprovalRule,
    Approver,
    read_approval_rule,
    read_approver,
    read_effective,
    read_soak,
)
from gates.errors import ConfigurationError
from gates.filesystem import is_file, resolved, status
from gates.identities import (
    SIGNING,
    Identity,
    TrustFile,
    TrustRoot,
    read_identity,
    read_trust_file,
    read_trust_root,
)
from gates.model import Level

POLICY_FILE = "gates-policy.toml"
MODULE_FILE = "gates.toml"
PLATFORM_VERSION = "1.0.0"
PERMISSIVE = (
    "0BSD", "Apache-2.0", "Artistic-2.0", "BlueOak-1.0.0", "BSD-1-Clause", "BSD-2-Clause",
    "BSD-3-Clause", "BSL-1.0", "CC-BY-3.0", "CC-BY-4.0", "CC0-1.0", "EPL-2.0", "ISC",
    "LGPL-2.1-only", "LGPL-2.1-or-later", "LGPL-3.0-only", "LGPL-3.0-or-later", "MIT", "MIT-0",
    "MIT-CMU", "MPL-2.0", "PostgreSQL", "PSF-2.0", "Python-2.0", "Unicode-3.0", "Unlicense",
    "WTFPL", "Zlib", "ZPL-2.1",
)  # fmt: skip
"""Licences that ask nothing of who offers a service with the package, beyond naming it and giving
changes to the package itself back."""
EXTENSIONS = (
    "btree_gin", "btree_gist", "citext", "cube", "earthdistance", "fuzzystrmatch", "hstore",
    "intarray", "ltree", "pg_partman", "pg_trgm", "pgcrypto", "postgis", "tablefunc", "unaccent",
    "uuid-ossp", "vector",
)  # fmt: skip
"""Extensions that bring types, operators and functions, and reach nothing outside the database."""
WALLS = ("bubblewrap", "landlock", "loopback", "seccomp")
"""What can stand around the module's code. bubblewrap brings loopback, a network of its own."""
MATURITIES = (
    "PLANNED", "IN_DEVELOPMENT", "ALPHA", "BETA", "RC", "GA", "MAINTENANCE", "DEPRECATED",
    "RETIRED",
)  # fmt: skip
"""Of a module, in the order of its life."""
IMAGE = ("never", "when-possible", "required")
"""When the image of a module is built, from the loosest to the tightest."""
REUSE = ("on", "read", "fresh", "off")
"""How kept results of checks are used."""
LARGEST_FILE = 1 << 20
"""Bytes that a policy file may have."""


def missing_walls(stood: str, required: Iterable[str]) -> list[str]:
    """Those of the required walls that a sandbox ("bubblewrap+landlock", "none") did not have."""
    walls = set(stood.split("+"))
    return sorted(set(required) - walls - ({"loopback"} if "bubblewrap" in walls else set()))


@dataclass(frozen=True)
class Waiver:
    """An accepted loosening: which findings, why, who asked, who approved, until when."""

    check: str
    reason: str
    owner: str
    approver: str
    expires: date
    path: str | None = None
    """Only findings in this file; exactly one of path and fingerprint is given."""
    fingerprint: str | None = None
    module: str | None = None
    """Slug of the only module that it is for; None for every one."""


@dataclass(frozen=True)
class Approval:
    """Leave for a module to be offered in a maturity that needs one."""

    module: str
    """Its slug."""
    maturity: str
    approver: str
    until: date | None = None
    """The last day; None has no end."""


@dataclass(frozen=True)
class SessionWay:
    """How a session of the platform becomes one of a tenant."""

    sql: tuple[str, ...] = ("SELECT set_config('request.jwt.claims', :claims, true)",)
    """Statements with :tenant_id, :organization_id, :user_id or :claims (all of them as JSON)."""
    tenant: str = "(auth.jwt() ->> 'tenant_id')::uuid"
    """The SQL expression for the tenant of the session."""


@dataclass(frozen=True)
class Policy:
    """Thresholds and levels that the organisation sets."""

    coverage: float = 70.0
    """Smallest line coverage of the module's tests, in per cent."""
    coverage_branches: float = 0.0
    """Smallest branch coverage of the module's tests, in per cent; 0 asks for none."""
    coverage_file: float = 0.0
    """Smallest line coverage of each file under src, in per cent; 0 asks for none."""
    coverage_changed: float | None = None
    """Smallest coverage of the lines changed since the merge base, in per cent; None is as much as
    `coverage` asks for of all lines."""
    coverage_drop: float = 5.0
    """Percentage points that line coverage may fall by since the last release."""
    base_branch: str = "main"
    """The branch that changes are merged into."""
    test_timeout: float = 300.0
    """Seconds that the module's whole test suite may take."""
    tool_timeout: float = 300.0
    """Seconds that one run of a tool may take."""
    statement_timeout: float = 30.0
    """Seconds that one statement of a migration may take."""
    migration_timeout: float = 120.0
    """Seconds that all migrations may take together, each time they are run."""
    register_timeout: float = 10.0
    """Seconds that `register()` may take to load and answer."""
    platform_version: str = PLATFORM_VERSION
    """The platform's own version, for compatibility ranges."""
    advisories: Path | None = None
    """An offline advisory snapshot; None asks the registries' own services."""
    advisories_max_age_days: int = 30
    """An older snapshot is inconclusive."""
    npm_workspace: Path | None = None
    """An npm workspace root whose packages the platform supplies beside a module."""
    python_packages: tuple[Path, ...] = ()
    """Folders of Python packages that the platform supplies beside a module."""
    baseline: tuple[Path, ...] = ()
    """SQL files that are applied after the built-in platform baseline, or instead of it."""
    baseline_replaces: bool = False
    """Whether they stand in for the built-in baseline."""
    extensions: tuple[str, ...] = EXTENSIONS
    """What a migration may name in CREATE EXTENSION."""
    session: SessionWay = SessionWay()
    """How a session becomes one of a tenant."""
    policy_shapes: tuple[str, ...] = ()
    """Expressions, besides the comparison with the session's tenant, that a permissive policy may
    be; :table and :column stand for the table and its tenant_id."""
    rows: int = 10_000
    """Rows in each released table while the locks of new migrations are measured."""
    max_lock_seconds: float = 2.0
    """Seconds that reads or writes of a table with so many rows may wait for one migration."""
    image: str = "when-possible"
    """Whether the image of a module's Dockerfile is built: one of `IMAGE`."""
    image_network: bool = False
    """Whether that may reach the network, for base images and in its commands."""
    allowed_licenses: tuple[str, ...] = PERMISSIVE
    """SPDX ids of the licences that a package which runs with a module may have."""
    sandbox: tuple[str, ...] = ("landlock", "seccomp")
    """The walls that a release asks for around all code of the module that ran."""
    required_checks: tuple[str, ...] = ()
    """Ids of checks, from other packages, that must have run."""
    trusted_keys: tuple[str, ...] = ()
    """Key ids whose evidence a release accepts; empty accepts the key of this installation."""
    trusted_identities: tuple[Identity, ...] = ()
    """Workflows whose evidence a release accepts, beside that of the trusted keys; with any, this
    installation's own key counts only where `trusted_keys` names it."""
    trust_file: TrustFile | None = None
    """A signed file of keys and identities with roles, in place of the two above."""
    trust_root: TrustRoot | None = None
    """What their certificates and log entries are verified against."""
    trust_root_max_age_days: int = 90
    """An older trust root verifies nothing."""
    trust_services: Path | None = None
    """Where evidence is signed by identity: a signing configuration of Sigstore (JSON). None asks
    for that of its public instance."""
    reuse_max_age_hours: float = 24.0
    """An older result of a check is not reused, and evidence that reused one is refused."""
    reuse_in_release: bool = True
    """Whether a release accepts evidence in which results of earlier runs were reused."""
    clean_tree: bool = False
    """Whether a release asks for evidence of a commit, with no file that is not in it."""
    evidence_max_age_hours: float = 24.0
    """A stage that began longer ago is run again before a release."""
    separate_keys: bool = False
    """Whether nobody who signed a stage up to the scan may sign publish or release."""
    least_gates: str = ""
    """The oldest version of the gate whose evidence counts; "" is that of the one that asks."""
    baseline_maturities: tuple[str, ...] = ("PLANNED", "IN_DEVELOPMENT", "ALPHA", "BETA", "RC")
    """Maturities in which a version may be released while its baseline holds findings. From GA on a
    version promises the standard to tenants, and a list of exceptions would be no promise."""
    levels: Mapping[str, Level] = field(default_factory=dict)
    """The level of a check's findings, where it is not the check's own."""
    waivers: tuple[Waiver, ...] = ()
    approvals: tuple[Approval, ...] = ()
    """Which modules may be offered as ALPHA or BETA; where `approval_rules` has one for offers,
    that takes their place."""
    approvers: tuple[Approver, ...] = ()
    """The people whose signed approvals count."""
    approval_rules: tuple[ApprovalRule, ...] = ()
    """How many signed approvals a release needs, of whom."""
    soak_hours: Mapping[str, float] = field(default_factory=dict)
    """By maturity: hours that the module has stood in the one before, in the catalog."""
    effective_on: Mapping[str, date] = field(default_factory=dict)
    """By check: the day from which its findings are errors; before, they are warnings."""
    sources: Mapping[str, str] = field(default_factory=dict, compare=False)
    """Where each value that is not the standard's came from."""

    @cached_property
    def digest(self) -> str:
        """SHA-256 over every value but the places they came from; files count by content."""

        values = {each.name: self.plain(each.name) for each in fields(self) if each.compare}
        return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()

    def for_module(self, slug: str) -> Policy:
        """What holds for one module: without the waivers that name another."""
        kept = tuple(each for each in self.waivers if each.module in (None, slug))
        return self if kept == self.waivers else replace(self, waivers=kept)

    def plain(self, member: str) -> object:
        """One of its values as JSON data; files are their digests."""
        return _plain(getattr(self, member))


def _plain(value: object) -> object:
    if isinstance(value, Path):
        return _content_digest(value)
    if isinstance(value, Mapping):
        return {key: _plain(each) for key, each in sorted(value.items())}
    if isinstance(value, tuple):
        return [_plain(each) for each in value]
    if is_dataclass(value) and not isinstance(value, type):
        return {
            each.name: _plain(getattr(value, each.name)) for each in fields(value) if each.compare
        }
    return value.isoformat() if isinstance(value, date) else value


@dataclass(frozen=True)
class Settings:
    """Where this installation keeps things and what it may reach."""

    state: Path
    """Keys, catalog and registry of this installation."""
    cache: Path
    """What can be made again: toolchains, environments, database templates, work folders."""
    key: Path
    """The private signing key, PEM; made on first use."""
    catalog: str
    """A PostgreSQL URL, or the data directory of an embedded server."""
    registry: str
    """The folder of an OCI image layout, or `oci://HOST/PREFIX`."""
    registry_ca: Path | None = None
    """Certificates (PEM) of the registry's authorities, beside those of the system."""
    database_url: str | None = None
    """The server that proofs run on; None starts an embedded one."""
    policy: Path | None = None
    """The organisation's policy file; None looks for one above the module."""
    offline: bool = False
    """Reach nothing outside this machine."""
    keyless: bool = False
    """Sign evidence by the identity of the workflow that runs, and not with `key`."""
    reuse: str = "on"
    """Kept results of checks: "on", "read" (use them and keep none), "fresh" (keep them and use
    none) or "off"."""
    audit_reuse: int = 0
    """How many checks whose kept results hold are run all the same, and compared."""
    results: str = ""
    """A registry, as `registry`, that kept results of checks are read from and sent to beside the
    cache; "" for none."""
    candidate: Path | None = None
    """Folder of another module that the catalog is to hold as if it were released already."""

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] = os.environ, **given: object) -> Settings:
        """Settings from `GATES_*` variables; what is given (and not None) wins."""
        known = {
            "GATES_STATE_DIR", "GATES_CACHE_DIR", "GATES_SIGNING_KEY", "GATES_CATALOG",
            "GATES_REGISTRY", "GATES_DATABASE_URL", "GATES_POLICY", "GATES_OFFLINE",
            "GATES_SIGNING", "GATES_REUSE", "GATES_RESULTS", "GATES_REGISTRY_CA",
        }  # fmt: skip
        if unknown := sorted(
            name for name in environ if name.startswith("GATES_") and name not in known
        ):
            raise ConfigurationError(
                f"unknown environment variable {', '.join(unknown)}",
                hint=f"known ones are {', '.join(sorted(known))}",
            )
        state = Path(environ.get("GATES_STATE_DIR") or _default_state()).absolute()
        cache = Path(environ.get("GATES_CACHE_DIR") or _default_cache()).absolute()
        policy = environ.get("GATES_POLICY")
        authorities = environ.get("GATES_REGISTRY_CA")
        if (signing := environ.get("GATES_SIGNING") or SIGNING[0]) not in SIGNING:
            raise ConfigurationError(f"GATES_SIGNING must be {' or '.join(SIGNING)}")
        if (reuse := environ.get("GATES_REUSE") or REUSE[0]) not in REUSE:
            raise ConfigurationError(f"GATES_REUSE must be {', '.join(REUSE[:-1])} or {REUSE[-1]}")
        settings = cls(
            state=state,
            cache=cache,
            key=Path(environ.get("GATES_SIGNING_KEY") or state / "signing-key.pem").absolute(),
            catalog=environ.get("GATES_CATALOG") or str(state / "catalog"),
            registry=environ.get("GATES_REGISTRY") or str(state / "registry"),
            database_url=environ.get("GATES_DATABASE_URL") or None,
            registry_ca=Path(authorities).absolute() if authorities else None,
            policy=Path(policy).absolute() if policy else None,
            offline=environ.get("GATES_OFFLINE", "") not in ("", "0"),
            keyless=signing == SIGNING[1],
            reuse=reuse,
            results=environ.get("GATES_RESULTS", ""),
        )
        chosen: dict[str, Any] = {key: each for key, each in given.items() if each is not None}
        return replace(settings, **chosen)


def _default_state() -> Path:
    # Root's home is closed to other users, and PostgreSQL never runs as root: its data directory
    # must be where the user that it runs as can reach it.
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        return Path("/var/lib/axon-gates")
    import platformdirs

    return platformdirs.user_data_path("axon-gates")


def _default_cache() -> Path:
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        return Path("/var/cache/axon-gates")
    import platformdirs

    return platformdirs.user_cache_path("axon-gates")


def load_policy(module_root: Path, organisation: Path | None = None) -> Policy:
    """The policy for a module: the standard, the organisation's file, the module's `gates.toml`.

    Without `organisation`, the nearest `gates-policy.toml` in a folder above the module counts,
    never one inside it: a module does not choose its own policy.
    Raises `ConfigurationError` for an unknown key, a wrong type, or a loosening.
    """
    policy = Policy()
    if organisation is None:
        above = (parent / POLICY_FILE for parent in module_root.absolute().parents)
        organisation = next((path for path in above if path.is_file()), None)
    elif not is_file(organisation):
        raise ConfigurationError(f"there is no policy file {organisation}")
    if organisation is not None:
        policy = _apply(policy, _read(organisation), organisation, tighten_only=False)
    own = module_root / MODULE_FILE
    if own.is_file() and not own.is_symlink():
        policy = _apply(policy, _read(own), own, tighten_only=True)
    return policy


def _read(path: Path) -> dict[str, Any]:
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST_FILE + 1)
        if len(data) > LARGEST_FILE:
            raise ConfigurationError(f"{path} is larger than {LARGEST_FILE >> 20} MiB")
        return tomllib.loads(data.decode("utf-8"))
    except (OSError, ValueError) as error:
        raise ConfigurationError(f"{path}: {error}") from error
    except RecursionError as error:
        raise ConfigurationError(f"{path} is nested too deeply") from error


def _number(value: object, _base: Path) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or value < 0:
        raise ValueError("must be a number, 0 or more")
    return float(value)


def _percent(value: object, base: Path) -> float:
    if (number := _number(value, base)) > 100:
        raise ValueError("must be between 0 and 100")
    return number


def _days(value: object, base: Path) -> int:
    days = _number(value, base)
    if days > 36_500:
        raise ValueError("must be at most 36,500 days")
    return int(days)


def _rows(value: object, _base: Path) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 1000 <= value <= 10_000_000:
        raise ValueError("must be a whole number from 1,000 to 10,000,000")
    return value


def _session(value: object, base: Path) -> SessionWay:
    if not isinstance(value, dict) or set(value) != {"sql", "tenant"}:
        raise ValueError("must be a table of sql (statements) and tenant (an expression)")
    way = SessionWay(_list(_text)(value["sql"], base), _text(value["tenant"], base))
    placeholders = re.findall(r"(?<![:\w]):([a-z_]+)", " ".join(way.sql))
    known = {"tenant_id", "organization_id", "user_id", "claims"}
    if unknown := sorted(set(placeholders) - known):
        listed = ", :".join(sorted(known))
        raise ValueError(f"unknown placeholder :{unknown[0]}; known are :{listed}")
    if not placeholders:
        raise ValueError("sql must name a tenant by :tenant_id, :organization_id or :claims")
    return way


def _flag(value: object, _base: Path) -> bool:
    if value is True or value is False:
        return value
    raise ValueError("must be true or false")


def _text(value: object, _base: Path) -> str:
    if not isinstance(value, str) or not value:
        raise ValueError("must be a text that is not empty")
    return value


def _version(value: object, base: Path) -> str:
    from semver import Version

    if not Version.is_valid(text := _text(value, base)):
        raise ValueError("must be a version such as 1.4.0")
    return text


def _path(value: object, base: Path) -> Path:
    path = resolved(base / _text(value, base))
    if status(path) is None:
        raise ValueError(f"there is no {path}")
    return path


def _list(
    one: Callable[[object, Path], Any],
) -> Callable[[object, Path], tuple[Any, ...]]:
    def many(value: object, base: Path) -> tuple[Any, ...]:
        if not isinstance(value, list):
            raise ValueError("must be a list")  # noqa: TRY004 - reported with its key
        return tuple(one(each, base) for each in value)

    return many


def _wall(value: object, _base: Path) -> str:
    if value not in WALLS:
        raise ValueError(f"must be a list of {', '.join(WALLS)}")
    return str(value)


def _maturity(value: object, _base: Path) -> str:
    if value not in MATURITIES:
        raise ValueError(f"must be a list of {', '.join(MATURITIES)}")
    return str(value)


def _image(value: object, _base: Path) -> str:
    if value not in IMAGE:
        raise ValueError(f"must be one of {', '.join(IMAGE)}")
    return str(value)


def _paths(value: object, base: Path) -> tuple[Path, ...]:
    found: list[Path] = []
    for pattern in _list(_text)(value, base):
        try:
            matches = sorted(base.glob(pattern))
        except (OSError, NotImplementedError, RecursionError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            raise ValueError(f"{pattern!r} cannot be looked for: {reason}") from error
        if not matches:
            raise ValueError(f"{pattern!r} matches nothing")
        found += [resolved(match) for match in matches]
    return tuple(found)


def _levels(value: object, _base: Path) -> Mapping[str, Level]:
    if not isinstance(value, dict):
        raise ValueError("must be a table of check ids and levels")  # noqa: TRY004
    return {str(key): Level(each) for key, each in value.items()}


def _waiver(value: object, _base: Path) -> Waiver:
    if not isinstance(value, dict):
        raise ValueError("must be a table")  # noqa: TRY004
    try:
        waiver = Waiver(**value)
    except TypeError as error:
        raise ValueError(str(error).replace("Waiver.__init__()", "a waiver")) from error
    if (waiver.path is None) == (waiver.fingerprint is None):
        raise ValueError("a waiver names a path or a fingerprint, and not both")
    if waiver.module is not None and not (isinstance(waiver.module, str) and waiver.module):
        raise ValueError("module must be the slug of a module")
    if type(waiver.expires) is not date:
        raise ValueError("expires must be a date such as 2027-01-31")
    if not all((waiver.reason.strip(), waiver.owner.strip(), waiver.approver.strip())):
        raise ValueError("reason, owner and approver must not be empty")
    return waiver


def _approval(value: object, _base: Path) -> Approval:
    if not isinstance(value, dict):
        raise ValueError("must be a table")  # noqa: TRY004
    try:
        approval = Approval(**value)
    except TypeError as error:
        raise ValueError(str(error).replace("Approval.__init__()", "an approval")) from error
    texts = (approval.module, approval.maturity, approval.approver)
    if not all(isinstance(each, str) and each.strip() for each in texts):
        raise ValueError("module, maturity and approver must not be empty")
    if approval.until is not None and type(approval.until) is not date:
        raise ValueError("until must be a date such as 2027-01-31")
    return approval


def _waits_longer(new: Mapping[str, float], old: Mapping[str, float]) -> bool:
    return all(new.get(maturity, 0.0) >= hours for maturity, hours in old.items())


Reader = Callable[[object, Path], Any]
Tighter = Callable[[Any, Any], bool]

_KEYS: dict[str, tuple[str, Reader, Tighter | None]] = {
    # key in the file: (field, reader, is the new value at least as tight as the old one?)
    "coverage": ("coverage", _percent, lambda new, old: new >= old),
    "tests.branch_coverage": ("coverage_branches", _percent, lambda new, old: new >= old),
    "tests.file_coverage": ("coverage_file", _percent, lambda new, old: new >= old),
    "tests.changed_coverage": (
        "coverage_changed",
        _percent,
        lambda new, old: old is not None and new >= old,
    ),
    "tests.coverage_drop": ("coverage_drop", _percent, lambda new, old: new <= old),
    "tests.base_branch": ("base_branch", _text, None),
    "test_timeout": ("test_timeout", _number, lambda new, old: new <= old),
    "tool_timeout": ("tool_timeout", _number, lambda new, old: new <= old),
    "statement_timeout": ("statement_timeout", _number, lambda new, old: new <= old),
    "migration_timeout": ("migration_timeout", _number, lambda new, old: new <= old),
    "register_timeout": ("register_timeout", _number, lambda new, old: new <= old),
    "platform_version": ("platform_version", _text, None),
    "advisories.snapshot": ("advisories", _path, None),
    "advisories.max_age_days": ("advisories_max_age_days", _days, lambda new, old: new <= old),
    "typescript.workspace": ("npm_workspace", _path, None),
    "python.packages": ("python_packages", _paths, None),
    "database.baseline": ("baseline", _paths, None),
    "database.baseline_replaces": ("baseline_replaces", _flag, None),
    "database.extensions": ("extensions", _list(_text), lambda new, old: set(new) <= set(old)),
    "database.session": ("session", _session, None),
    "database.policy_shapes": (
        "policy_shapes",
        _list(_text),
        lambda new, old: set(new) <= set(old),
    ),
    "database.rows": ("rows", _rows, lambda new, old: new >= old),
    "database.max_lock_seconds": ("max_lock_seconds", _number, lambda new, old: new <= old),
    "build.image": ("image", _image, lambda new, old: IMAGE.index(new) >= IMAGE.index(old)),
    "build.image_network": ("image_network", _flag, lambda new, old: new <= old),
    "licenses.allowed": (
        "allowed_licenses",
        _list(_text),
        lambda new, old: {each.casefold() for each in new} <= {each.casefold() for each in old},
    ),
    "sandbox.required": ("sandbox", _list(_wall), lambda new, old: set(new) >= set(old)),
    "checks.required": ("required_checks", _list(_text), lambda new, old: set(new) >= set(old)),
    "trust.keys": ("trusted_keys", _list(_text), None),
    "trust.identities": ("trusted_identities", _list(read_identity), None),
    "trust.file": ("trust_file", read_trust_file, None),
    "trust.root": ("trust_root", read_trust_root, None),
    "trust.root_max_age_days": ("trust_root_max_age_days", _days, lambda new, old: new <= old),
    "trust.services": ("trust_services", _path, None),
    "reuse.max_age_hours": ("reuse_max_age_hours", _number, lambda new, old: new <= old),
    "reuse.in_release": ("reuse_in_release", _flag, lambda new, old: new <= old),
    "release.clean_tree": ("clean_tree", _flag, lambda new, old: new >= old),
    "baseline.maturities": (
        "baseline_maturities",
        _list(_maturity),
        lambda new, old: set(new) <= set(old),
    ),
    "evidence.max_age_hours": ("evidence_max_age_hours", _number, lambda new, old: new <= old),
    "evidence.separate_keys": ("separate_keys", _flag, lambda new, old: new >= old),
    "evidence.least_gates": ("least_gates", _version, None),
    "levels": ("levels", _levels, None),
    "waivers": ("waivers", _list(_waiver), None),
    "approvals": ("approvals", _list(_approval), None),
    "approvers": ("approvers", _list(read_approver), None),
    "approval_rules": ("approval_rules", _list(read_approval_rule), None),
    "soak_hours": ("soak_hours", read_soak, _waits_longer),
    "effective_on": ("effective_on", read_effective, None),
}
_ORDER = tuple(Level)


def _apply(policy: Policy, document: dict[str, Any], path: Path, *, tighten_only: bool) -> Policy:
    flat: dict[str, object] = {}
    for key, value in document.items():
        if isinstance(value, dict) and key not in _KEYS:
            flat |= {f"{key}.{inner}": each for inner, each in value.items()}
        else:
            flat[key] = value
    changed: dict[str, Any] = {}
    sources = dict(policy.sources)
    for key, value in flat.items():
        if key not in _KEYS:
            raise ConfigurationError(
                f"{path}: unknown key {key!r}", hint=f"known keys are {', '.join(sorted(_KEYS))}"
            )
        name, reader, tighter = _KEYS[key]
        try:
            new = reader(value, path.parent)
        except ValueError as error:
            raise ConfigurationError(f"{path}: {key}: {error}") from error
        old = getattr(policy, name)
        if key == "levels":
            if tighten_only and any(
                _ORDER.index(each) > _ORDER.index(old.get(check, Level.ERROR))
                for check, each in new.items()
            ):
                raise ConfigurationError(f"{path}: levels: a module may not lower a level")
            new = {**old, **new}
        elif tighten_only and (tighter is None or not tighter(new, old)):
            raise ConfigurationError(
                f"{path}: {key}: a module may tighten the policy, not loosen or redirect it",
                hint=f"ask for a waiver in {POLICY_FILE}, or remove the key",
            )
        changed[name] = new
        sources[name] = str(path)
    return replace(policy, **changed, sources=sources)


def _content_digest(path: Path) -> str:
    """SHA-256 of a file, or of the sorted names and files of a folder without its dot folders.

    Of an npm workspace only the manifest, the lock and npm's settings count: the module itself lies
    in it too.
    """
    if path.is_file():
        return hashlib.sha256(path.read_bytes()).hexdigest()
    if (lock := path / "package-lock.json").is_file():
        read = (path / "package.json").read_bytes() + lock.read_bytes()
        if (npm := path / ".npmrc").is_file():
            read += b"\0" + npm.read_bytes()
        return hashlib.sha256(read).hexdigest()
    skipped = {"node_modules", "__pycache__"}
    total = hashlib.sha256()
    for folder, names, files in os.walk(path):
        names[:] = sorted(
            each for each in names if each not in skipped and not each.startswith(".")
        )
        for name in sorted(files):
            file = Path(folder, name)
            if file.is_file() and not file.is_symlink():
                content = hashlib.sha256(file.read_bytes()).hexdigest()
                total.update(f"{content}  {file.relative_to(path).as_posix()}\n".encode())
    return total.hexdigest()
