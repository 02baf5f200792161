"""Where an installation keeps things and what it may reach: command line and environment."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from gates.errors import ConfigurationError
from gates.identities import (
    SIGNING,
)
from gates.records import dataclass, replace

REUSE = ("on", "read", "fresh", "off")
"""How kept results of checks are used."""


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

    @property
    def catalog_folder(self) -> Path | None:
        """The data directory of an embedded catalog; None for one by URL."""
        return None if "://" in self.catalog else Path(self.catalog).absolute()

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
