"""The HTML report in a real browser: `pytest tests/browser`, or `nox -s browser`."""
