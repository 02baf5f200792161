"""What the launcher is told: lines of a name and a value, which are read without any import."""

from __future__ import annotations


class Config:
    """The launcher's first argument, read."""

    def __init__(self, text: str) -> None:
        paths: dict[str, list[str]] = {"read": [], "write": [], "folder": []}
        numbers: dict[str, int] = {}
        for line in text.split("\n"):
            name, _, value = line.partition(" ")
            if name in paths:
                paths[name].append(value)
            else:
                numbers[name] = int(value)
        self.read, self.write = paths["read"], paths["write"]
        (self.folder,) = paths["folder"]
        """Where the program starts."""
        self.network = bool(numbers["network"])
        self.namespaces = bool(numbers["namespaces"])
        """Whether bubblewrap is around."""
        self.user = numbers.get("user")
        """Whom to become; None to stay."""
        self.file_limit, self.disk, self.memory = (
            numbers[name] for name in ("file_limit", "disk", "memory")
        )
        """Bytes: of one file, of all that is written, of all processes."""
        self.processes = numbers["processes"]
        self.report = numbers["report"]
        """The descriptor that the launcher answers on."""


def write_config(paths: list[tuple[str, str]], numbers: dict[str, int]) -> str:
    """The text that `Config` reads; no path may hold a line break."""
    lines = [f"{name} {value}" for name, value in (*paths, *numbers.items())]
    return "\n".join(lines)
