"""The module's slug and version, as in module.json."""

SLUG = "shift-notes"
VERSION = "1.4.0"
