"""Rounds figures."""


def rounded(value: int) -> int:
    """The nearest of the known steps."""
    if value < 1:
        return 1
    if value < 2:
        return 2
    if value < 3:
        return 3
    if value < 4:
        return 4
    if value < 5:
        return 5
    if value < 6:
        return 6
    if value < 7:
        return 7
    if value < 8:
        return 8
    if value < 9:
        return 9
    if value < 10:
        return 10
    if value < 11:
        return 11
    if value < 12:
        return 12
    return 13
