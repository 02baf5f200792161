"""The module's logger."""

from axon_logger import create_logger

from retention_report.lib.identity import SLUG

LOGGER = create_logger(SLUG)
