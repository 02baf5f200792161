"""Environment variables: whether an installation that was set up still starts, and as before."""

from __future__ import annotations

from collections.abc import Iterator

from gates.contract.declared.entries import Entry, entries_by, gone, named, pairs
from gates.contract.model import Bump, Change
from gates.module import Document


def compare_environment(old: Document, new: Document) -> Iterator[Change]:
    """A break is an environment that the old version starts in and the new one does not."""
    key = "environment_variables"
    before, after = entries_by(old, named, key), entries_by(new, named, key)
    for name, entry in gone(before, after):
        yield Change(
            "environment", f"environment:{name}", Bump.MINOR,
            f"{name} is not read any more: the module starts as before, and whether it does the"
            " same where the variable was set could not be shown",
            old=entry.at(), proved=False,
        )  # fmt: skip
    for name, entry in gone(after, before):
        yield _added(name, entry)
    for name, one, other in pairs(before, after):
        yield from _changed(name, one, other)


def _needed(entry: Entry) -> bool:
    """Whether the module does not start where the variable is not set."""
    return entry.true("required", default=False) and entry.get("default_value") is None


def _added(name: str, entry: Entry) -> Change:
    if _needed(entry):
        return Change(
            "environment", f"environment:{name}", Bump.MAJOR,
            f"{name} must be set and has no default: the module does not start where it did",
            new=entry.at(), example=f"an environment without {name}",
        )  # fmt: skip
    return Change(
        "environment", f"environment:{name}", Bump.MINOR, f"{name} can be set", new=entry.at()
    )


def _changed(name: str, old: Entry, new: Entry) -> Iterator[Change]:
    symbol = f"environment:{name}"
    one, other = old.get("default_value"), new.get("default_value")
    if _needed(new) and not _needed(old):
        why = "lost its default" if one is not None else "must be set now"
        yield Change(
            "environment", symbol, Bump.MAJOR,
            f"{name} {why}, so that the module does not start where it ran without it",
            old.at("default_value" if one is not None else "required"), new.at("required"),
            f"an environment without {name}",
        )  # fmt: skip
    elif _needed(old) and not _needed(new):
        yield Change(
            "environment", symbol, Bump.MINOR, f"{name} need not be set any more",
            old.at("required"), new.at("required"),
        )  # fmt: skip
    elif one != other:
        yield Change(
            "environment", symbol, Bump.MINOR,
            f"the default of {name} is {_shown(other)}, it was {_shown(one)}: what the module does"
            " changes where the variable is not set",
            old.at("default_value"), new.at("default_value"),
        )  # fmt: skip
    if old.true("secret", default=False) != new.true("secret", default=False):
        opened = old.true("secret", default=False)
        yield Change(
            "environment", symbol, Bump.MINOR if opened else Bump.PATCH,
            f"{name} is no secret any more: its value may be shown; make sure that this is meant"
            if opened
            else f"{name} is a secret now: its value is not shown any more",
            old.at("secret"), new.at("secret"),
        )  # fmt: skip


def _shown(value: object) -> str:
    return "nothing" if value is None else repr(value)
