"""Tests that other files run."""

from __future__ import annotations

import pytest


class TotalTests:
    @pytest.mark.parametrize("number", [1, 2])
    @pytest.mark.filterwarnings("error")
    def test_one(self, number: int) -> None:
        assert sum([number]) == number


def test_shared() -> None:
    assert sum([]) == 0
