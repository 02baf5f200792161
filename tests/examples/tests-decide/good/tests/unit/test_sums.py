"""Tests in a class, with a fixture and a helper that are named like tests."""

from __future__ import annotations

import pytest

from tests.support.totals import TotalTests, test_shared

__all__ = ["TestSum", "test_shared"]


@pytest.fixture
def test_numbers() -> list[int]:
    return [1, 2]


class TestSum(TotalTests):
    def test_sum(self, test_numbers: list[int]) -> None:
        def total() -> int:
            return sum(test_numbers)

        assert total() == 3
