"""The module's slug and version, as in module.json."""

SLUG = "visit-log"
VERSION = "0.9.0"
