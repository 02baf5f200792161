"""Endpoints: what a caller could ask before and can ask now.

An endpoint is its method and its path; the name of a path parameter is no part of it, since
`/api/x/:id`, `/api/x/{id}` and `/api/x/:key` take the same URLs. A new endpoint may stand in for
one that is gone; one that was there before never answered for it, and would not know its URL.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from gates.contract.declared.entries import Entry, entries, gone, pairs, texts
from gates.contract.model import Bump, Change
from gates.module import Document

_PARAMETER = re.compile(r":[A-Za-z_]\w*|\{(\*?)[A-Za-z_]\w*(:[^{}/]+)?\}")
_SEPARATOR = re.compile(r"[.:]")
Endpoint = tuple[str, str]
MOST_COVERS = 500
"""Endpoints or permissions with parameters that are looked through for one that includes another;
no module has more, and a manifest made to take for ever does not."""


def compare_endpoints(old: Document, new: Document) -> Iterator[Change]:
    """Every difference that a caller, or somebody who watches over callers, can notice."""
    before, after = _endpoints(old), _endpoints(new)
    methods: dict[str, list[str]] = {}
    covers: dict[str, list[tuple[str, _Same]]] = {}
    for (method, path), same in after.items():
        methods.setdefault(path, []).append(method)
        if "{" in path and (method, path) not in before:
            covers.setdefault(method, []).append((path, same))
    for (method, path), entry in gone(before, after):
        wider = covers.get(method, [])[:MOST_COVERS]
        takers = (each for pattern, each in wider if _takes(pattern, path))
        cover = next((each[0] for each in takers if each.admits(entry)), None)
        yield _removed(entry[0], methods.get(path, []), cover)
    for _, entry in gone(after, before):
        yield Change(
            "endpoints", _symbol(entry[0]), Bump.MINOR, f"{_label(entry[0])} is new",
            new=entry[0].at(),
        )  # fmt: skip
    for _, one, other in pairs(before, after):
        yield from _changed(one, other)


class _Same(list[Entry]):
    """All entries of one endpoint: a module may list it twice, and then both count."""

    @property
    def authenticated(self) -> bool:
        return any(each.true("authenticated", default=True) for each in self)

    @property
    def permissions(self) -> set[str]:
        return {name for each in self for name in texts(each.get("permissions"))}

    def admits(self, other: _Same) -> bool:
        """Whether those whom another endpoint let in are let in here, and nobody else."""
        return (self.authenticated, self.permissions) == (other.authenticated, other.permissions)


def _endpoints(document: Document) -> dict[Endpoint, _Same]:
    found: dict[Endpoint, _Same] = {}
    for each in entries(document, "api_endpoints"):
        if each.text("path") and each.text("method"):
            key = each.text("method"), same_urls(each.text("path"))
            found.setdefault(key, _Same()).append(each)
    return found


def same_urls(path: str) -> str:
    """A path without the names of its parameters: equal for paths that take the same URLs."""
    return _PARAMETER.sub(r"{\1\2}", path)


def _label(entry: Entry) -> str:
    return f"{entry.text('method')} {entry.text('path')}"


def _symbol(entry: Entry) -> str:
    return f"endpoint:{_label(entry)}"


def _removed(entry: Entry, others: list[str], cover: Entry | None) -> Change:
    label = _label(entry)
    if cover is not None:
        return Change(
            "endpoints", _symbol(entry), Bump.MINOR,
            f"{label} is not listed any more; {_label(cover)} takes its URL, and whether it answers"
            " the same could not be shown",
            entry.at(), cover.at(), proved=False,
        )  # fmt: skip
    now = f"; the path answers to {' and '.join(others)} alone" if others else ""
    return Change(
        "endpoints", _symbol(entry), Bump.MAJOR,
        f"{label} is gone{now}, so that whoever calls it gets an error",
        old=entry.at("method" if others else "path"), example=f"{label} was answered, and is not",
    )  # fmt: skip


def _takes(path: str, other: str) -> bool:
    """Whether a path with parameters takes every URL of another path, segment by segment."""
    own, theirs = path.split("/"), other.split("/")
    for index, segment in enumerate(own):
        if segment in ("{*}", "{:path}"):  # any number of segments, but not none
            return index == len(own) - 1 and len(theirs) > index
        if index >= len(theirs) or segment not in ("{}", theirs[index]):
            return False
    return len(own) == len(theirs)


def _changed(old: _Same, new: _Same) -> Iterator[Change]:
    one, other = old[0], new[0]
    label, symbol = _label(one), _symbol(one)
    if not old.authenticated and new.authenticated:
        yield Change(
            "endpoints", symbol, Bump.MAJOR,
            f"{label} asks for a session now, so that callers without one are refused",
            one.at("authenticated"), other.at("authenticated"),
            f"{label} without a session was answered, and is refused",
        )  # fmt: skip
    elif old.authenticated and not new.authenticated:
        yield Change(
            "endpoints", symbol, Bump.MINOR,
            f"{label} answers without a session now: no caller breaks, but what it shows is public;"
            " make sure that this is meant",
            one.at("authenticated"), other.at("authenticated"),
        )  # fmt: skip
    wild = [each for each in sorted(old.permissions) if "*" in each][:20]
    held = ", ".join(sorted(old.permissions)[:5]) or "no permission"
    for name in sorted(new.permissions - old.permissions):
        wider = next((each for each in wild if _covers(each, name)), None)
        yield Change(
            "endpoints", symbol, Bump.MINOR if wider else Bump.MAJOR,
            f"{label} asks for {name}"
            + (f", which {wider} may include" if wider else ", which callers did not need before"),
            one.at("permissions"), other.at("permissions"),
            None if wider else f"{label} by a session with {held} was answered, and is refused",
            proved=wider is None,
        )  # fmt: skip
    for name in sorted(old.permissions - new.permissions):
        if name not in wild or not any(_covers(name, each) for each in new.permissions):
            yield Change(
                "endpoints", symbol, Bump.MINOR,
                f"{label} does not ask for {name} any more: no caller breaks, but more may call it",
                one.at("permissions"), other.at("permissions"),
            )  # fmt: skip
    if one.text("path") != other.text("path"):
        yield Change(
            "endpoints", symbol, Bump.PATCH,
            f"{label} names its parameters as {other.text('path')} now; the URLs are the same",
            one.at("path"), other.at("path"),
        )  # fmt: skip
    if one.get("description") != other.get("description"):
        yield Change(
            "endpoints", symbol, Bump.PATCH, f"{label} is described in other words",
            one.at("description"), other.at("description"),
        )  # fmt: skip


def _covers(wide: str, narrow: str) -> bool:
    """Whether a permission with wildcards, such as `alerts.*`, may include another one."""
    own, theirs = _SEPARATOR.split(wide), _SEPARATOR.split(narrow)
    longer = own[-1] == "*" and len(theirs) >= len(own)
    return (longer or len(own) == len(theirs)) and all(
        one in ("*", other) for one, other in zip(own, theirs, strict=False)
    )
