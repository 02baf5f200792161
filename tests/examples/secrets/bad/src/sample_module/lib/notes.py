"""Notes."""

from __future__ import annotations

PASSWORD = "hunter2-tr0ub4dor"  # pragma: allowlist secret
