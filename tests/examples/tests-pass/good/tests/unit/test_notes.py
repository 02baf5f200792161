"""Notes."""

import pytest

from sample_module.lib.titles import shorten


@pytest.mark.xfail(reason="not yet")
def test_it_knows_words() -> None:
    assert shorten("Buy milk today", 5, correlation_id="test") == "Buy"


@pytest.mark.skip(reason="needs a server")
def test_with_server() -> None:
    raise AssertionError
