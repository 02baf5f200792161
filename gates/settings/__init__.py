"""What a run is told: `Settings` from the command line and environment, `Policy` from files.

A policy comes from three layers, each on top of the one before: the built-in standard, the
organisation's `gates-policy.toml`, and `gates.toml` in the module's own repo, which may tighten
but not loosen. Every value knows the layer that it came from.
"""

from __future__ import annotations

from gates.settings.installation import REUSE, Settings
from gates.settings.policy import (
    EXTENSIONS,
    IMAGE,
    MATURITIES,
    MODULE_FILE,
    PERMISSIVE,
    PLATFORM_VERSION,
    POLICY_FILE,
    WALLS,
    Approval,
    Policy,
    SessionWay,
    Waiver,
    missing_walls,
)
from gates.settings.policy_file import load_policy

__all__ = [
    "EXTENSIONS",
    "IMAGE",
    "MATURITIES",
    "MODULE_FILE",
    "PERMISSIVE",
    "PLATFORM_VERSION",
    "POLICY_FILE",
    "REUSE",
    "WALLS",
    "Approval",
    "Policy",
    "SessionWay",
    "Settings",
    "Waiver",
    "load_policy",
    "missing_walls",
]
