"""Notes."""

from sample_module.lib.titles import shorten


def test_it_is_shortened() -> None:
    assert shorten("Buy milk today", 5, correlation_id="test") == "Buy"


def test_it_does_not_crash() -> None:
    shorten(None, 5, correlation_id="test")
