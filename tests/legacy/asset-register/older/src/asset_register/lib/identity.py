"""The module's slug and version, as in module.json."""

SLUG = "asset-register"
VERSION = "2.0.1"
