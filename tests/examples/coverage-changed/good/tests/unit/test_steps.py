import pytest
from sample_module.lib.steps import rounded


@pytest.mark.parametrize("value", range(13))
def test_rounded(value: int) -> None:
    assert rounded(value) == value + 1
