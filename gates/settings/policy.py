"""What a policy says, and what its parts are."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Mapping
from datetime import date
from functools import cached_property
from pathlib import Path

from gates.approvers import ApprovalRule, Approver
from gates.identities import Identity, TrustFile, TrustRoot
from gates.model import Level
from gates.records import dataclass, field, fields, is_dataclass, replace

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
