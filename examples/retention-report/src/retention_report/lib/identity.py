"""The module's slug and version, as in module.json."""

SLUG = "retention-report"
VERSION = "1.0.0"
