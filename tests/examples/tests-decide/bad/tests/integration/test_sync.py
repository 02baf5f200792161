"""Never collected: only tests/unit and tests/e2e are."""


def test_sync() -> None:
    assert False
