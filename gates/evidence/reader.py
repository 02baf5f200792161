"""JSON data from outside, read member by member with the type that it must have."""

from __future__ import annotations

from gates.evidence.envelope import MalformedError
from gates.lazy import pattern

_HEX = pattern(r"[0-9a-f]{64}\Z")


class Reader:
    """Typed access to JSON data from outside; raises `MalformedError` with the member's name."""

    def __init__(self, value: object, name: str) -> None:
        if not isinstance(value, dict):
            raise MalformedError(f"{name} is no object")
        self.value = value
        self._name = name

    def text(self, key: str) -> str:
        """A member that is a text."""
        value = self.value.get(key)
        if not isinstance(value, str):
            raise MalformedError(f"{key} of {self._name} is no text")
        return value

    def hex(self, key: str) -> str:
        """A member that is 64 hex digits."""
        value = self.text(key)
        if not _HEX.match(value):
            raise MalformedError(f"{key} of {self._name} is no digest of 64 hex digits")
        return value

    def number(self, key: str) -> float:
        """A member that is a number from 0 on."""
        value = self.value.get(key)
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1e15:
            raise MalformedError(f"{key} of {self._name} is no number from 0 on")
        return float(value)

    def whole(self, key: str) -> int:
        """A member that is a whole number from 0 on."""
        number = self.value.get(key)
        if isinstance(number, bool) or not isinstance(number, int) or not 0 <= number < 1e15:
            raise MalformedError(f"{key} of {self._name} is no whole number from 0 on")
        return number

    def member(self, key: str) -> Reader:
        """A member that is an object."""
        return Reader(self.value.get(key), f"{key} of {self._name}")

    def optional(self, key: str) -> Reader | None:
        """A member that is an object, or null, or not there."""
        return None if self.value.get(key) is None else self.member(key)

    def items(self, key: str) -> list[Reader]:
        """A member that is a list of objects."""
        value = self.value.get(key)
        if not isinstance(value, list):
            raise MalformedError(f"{key} of {self._name} is no list")
        return [Reader(each, f"{key} of {self._name}") for each in value]

    def has(self, key: str) -> bool:
        """Whether there is such a member."""
        return key in self.value

    def texts(self, key: str) -> dict[str, str]:
        """A member that is an object of texts."""
        value = self.value.get(key)
        if not isinstance(value, dict) or not all(isinstance(v, str) for v in value.values()):
            raise MalformedError(f"{key} of {self._name} is no table of texts")
        return dict(value)
