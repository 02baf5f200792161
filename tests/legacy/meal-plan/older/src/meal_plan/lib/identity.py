"""The module's slug and version, as in module.json."""

SLUG = "meal-plan"
VERSION = "0.4.0"
