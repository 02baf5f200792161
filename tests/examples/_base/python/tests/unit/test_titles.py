"""Titles are tidied and cut."""

from __future__ import annotations

import pytest

from sample_module.lib.titles import shorten


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("Buy milk", "Buy milk"),
        ("  Buy \n milk ", "Buy milk"),
        ("Buy milk today", "Buy milk…"),
    ],
)
def test_shorten(title: str, expected: str) -> None:
    assert shorten(title, 10, correlation_id="test") == expected
