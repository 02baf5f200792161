"""What a version needs: platform versions, other modules, packages.

SemVer 2.0.0 (FAQ, "What should I do if I update my own dependencies?") calls a changed dependency
compatible as long as nobody is left behind. So:

- a platform version that was fit and is not is a break: a tenant cannot update the platform;
- a version of another module that was fit and is not is a break where no compatible update of that
  module leads to one that is; otherwise it asks for a minor version;
- a module that must be there and need not have been is a break.
"""

from __future__ import annotations

from collections.abc import Iterator

from gates.catalog.versions import Precedence, parse, valid_range
from gates.contract.declared.entries import Entry, entries_by, gone, pairs, texts, whole_text
from gates.contract.declared.ranges import refused_now, stranded
from gates.contract.model import Bump, Change
from gates.module import Document

_MATRIX = "compatibility_matrix"


def compare_platform(old: Document, new: Document) -> Iterator[Change]:
    """Platform versions that are not fit any more, or are fit now; and features."""
    for key, narrower, label in (
        ("min_axon_version", 1, "oldest"),
        ("max_axon_version", -1, "newest"),
    ):
        one, other = old.get(_MATRIX, key), new.get(_MATRIX, key)
        if one == other or not _version(one) or not _version(other):
            continue
        step = (Precedence(other) > Precedence(one)) - (Precedence(other) < Precedence(one))
        if not step:
            continue
        breaks = step == narrower
        lost = f", so that tenants on platform {one} cannot take this version" if breaks else ""
        yield Change(
            "compatibility", f"platform:{key}", Bump.MAJOR if breaks else Bump.MINOR,
            f"the {label} platform version is {other}, it was {one}{lost}",
            old.at(_MATRIX, key), new.at(_MATRIX, key),
            f"platform {one} was accepted, and is not" if breaks else None,
        )  # fmt: skip
    before = texts(old.get(_MATRIX, "supported_features"))
    after = texts(new.get(_MATRIX, "supported_features"))
    for name in [each for each in before if each not in after]:
        yield Change(
            "compatibility", f"platform:feature {name}", Bump.MINOR,
            f"the platform's {name} is not among the supported features any more; whom that breaks"
            " could not be shown",
            old.at(_MATRIX, "supported_features", before.index(name)), None, proved=False,
        )  # fmt: skip
    for name in [each for each in after if each not in before]:
        yield Change(
            "compatibility", f"platform:feature {name}", Bump.MINOR,
            f"the platform's {name} is among the supported features now",
            new=new.at(_MATRIX, "supported_features", after.index(name)),
        )  # fmt: skip


def _version(value: object) -> bool:
    return isinstance(value, str) and parse(value) is not None


def compare_dependencies(old: Document, new: Document) -> Iterator[Change]:
    """Other modules that must be there, may be there, or need to be there in other versions."""
    before, after = entries_by(old, _slug, "dependencies"), entries_by(new, _slug, "dependencies")
    for slug, entry in gone(before, after):
        yield Change(
            "dependencies", f"dependency:{slug}", Bump.MINOR, f"{slug} is not used any more",
            old=entry.at(),
        )  # fmt: skip
    for slug, entry in gone(after, before):
        if _optional(entry):
            yield Change(
                "dependencies", f"dependency:{slug}", Bump.MINOR,
                f"{slug} is used where it is there",
                new=entry.at(),
            )  # fmt: skip
        else:
            yield _needed(slug, None, entry)
    for slug, one, other in pairs(before, after):
        yield from _changed(slug, one, other)


def _slug(entry: Entry) -> str | None:
    return whole_text(entry) or entry.text("slug") or None


def _optional(entry: Entry) -> bool:
    return entry.true("optional", default=False)


def _range(entry: Entry) -> str | None:
    return entry.text("version") or None


def _needed(slug: str, old: Entry | None, new: Entry) -> Change:
    return Change(
        "dependencies", f"dependency:{slug}", Bump.MAJOR,
        f"the module {slug} must be there now, so that tenants without it cannot take this version",
        old.at("optional") if old else None, new.at(), f"a tenant without {slug}",
    )  # fmt: skip


def _changed(slug: str, old: Entry, new: Entry) -> Iterator[Change]:
    symbol = f"dependency:{slug}"
    if _optional(old) and not _optional(new):
        yield _needed(slug, old, new)
    elif _optional(new) and not _optional(old):
        yield Change(
            "dependencies", symbol, Bump.MINOR, f"the module {slug} need not be there any more",
            old.at(), new.at("optional"),
        )  # fmt: skip
    one, other = _range(old), _range(new)
    if one == other:
        return
    places = old.at("version"), new.at("version")
    if (one and not valid_range(one)) or (other and not valid_range(other)):
        yield Change(
            "dependencies", symbol, Bump.MINOR,
            f"{_shown(other)} of {slug} is asked for, it was {_shown(one)}; one of the two is no"
            " range, so whom that breaks could not be shown",
            *places, proved=False,
        )  # fmt: skip
        return
    refused = refused_now(one, other)
    if not refused:
        wider = refused_now(other, one)
        yield Change(
            "dependencies", symbol, Bump.MINOR if wider else Bump.PATCH,
            f"{_shown(other)} of {slug} will do, it was {_shown(one)}"
            + ("" if wider else ": the same versions in other words"),
            *places,
        )  # fmt: skip
        return
    left = None if _optional(old) and _optional(new) else stranded(one, other)
    example = left or refused[0]
    yield Change(
        "dependencies", symbol, Bump.MAJOR if left else Bump.MINOR,
        f"{_shown(other)} of {slug} is needed, it was {_shown(one)}: {example} was accepted and is"
        + (
            " not, and no compatible update of it is"
            if left
            else " not; tenants that have it must update it first"
        ),
        *places, f"a tenant with {slug} {example}",
    )  # fmt: skip


def _shown(range_: str | None) -> str:
    return "any version" if range_ is None else range_


def compare_packages(old: Document, new: Document) -> Iterator[Change]:
    """Packages that the module brings itself: inside matters of the module."""
    before, after = old.get("packages", default={}), new.get("packages", default={})
    if not isinstance(before, dict) or not isinstance(after, dict):
        return
    for name in sorted({*before, *after}):
        if before.get(name) != after.get(name):
            yield Change(
                "dependencies", f"package:{name}", Bump.PATCH,
                f"the package {name} is {after.get(name, 'not used any more')},"
                f" it was {before.get(name, 'not used')}",
                old.at("packages", name) if name in before else None,
                new.at("packages", name) if name in after else None,
            )  # fmt: skip
