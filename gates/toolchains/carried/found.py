"""What was found inside of packages. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from gates.records import dataclass, field


@dataclass(frozen=True)
class Carrier:
    """The package that holds another one, as it is installed; or the module itself."""

    name: str
    version: str
    folder: str
    """Where it lies: "node_modules/next"; a Python package's name; "" for the module."""

    def __str__(self) -> str:
        return f"{self.name} {self.version}"


@dataclass(frozen=True)
class Carried:
    """A package inside of another one, by what is written there."""

    ecosystem: str
    """As in OSV: "PyPI" or "npm"; "" for an archive of code that nothing in it names."""
    name: str
    version: str
    """"" where nothing says it."""
    carrier: Carrier
    path: str
    """What says so, from the root of the tree; members of archives behind " > "."""
    manifest: str = ""
    """The manifest itself, where it may state licences."""
    certain: bool = True
    """Whether a file says which package of a registry it is; else code says its own version, in a
    folder of that name, and may be a part of the package or another one."""

    def __str__(self) -> str:
        return f"{self.name} {self.version}".strip()


@dataclass(frozen=True)
class Closed:
    """What could not be looked into."""

    path: str
    carrier: Carrier
    reason: str


@dataclass
class Findings:
    """All of a tree."""

    named: list[Carried] = field(default_factory=list)
    """With a name and a version: they can be asked about."""
    unnamed: list[Carried] = field(default_factory=list)
    """Without a version, or known by a folder's name alone."""
    closed: list[Closed] = field(default_factory=list)

    def add(self, other: Findings) -> None:
        """Take in what was found in another tree."""
        self.named += other.named
        self.unnamed += other.unnamed
        self.closed += other.closed

    def unique(self) -> Iterator[Carried]:
        """The named packages, each version in each carrier once."""
        seen: set[tuple[str, str, str, str]] = set()
        for each in self.named:
            key = (each.ecosystem, each.name, each.version, each.carrier.folder)
            if key not in seen:
                seen.add(key)
                yield each
