"""The difference between the declarations of two versions, as TypeScript's compiler sees it.

Declarations that are the same, token by token and in all that they name, are not asked about. For
every other one the compiler is given programs that code outside could hold: one that compiles
against the old version and not against the new one is a break, and is its example. A program that
does not compile against the version that it was written from shows nothing.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from gates.contract.code.api import Api
from gates.contract.code.compiled import TIME_LIMIT, ask_compiler, same_declarations
from gates.contract.model import Bump, Change
from gates.errors import CouldNotCheckError
from gates.model import Location

if TYPE_CHECKING:
    from gates.toolchains import Tools

_TAKES = {"read": "+", "set": "+", "written": "-"}
"""Where a type must stand for a kind of program to be one that is written: given, or taken."""


def compare_typescript(old: Api, new: Api, tools: Tools | None) -> Iterator[Change]:
    """What who imports the old version finds changed in the new one.

    `tools` are those of a check of the new version: both are read with its packages.
    Raises `CouldNotCheckError` without them, where its packages cannot be installed, where the
    new version's declarations have errors that the old one's have not, and where the compiler
    does not get as far as the exports in time.
    """
    if same_declarations(old, new):
        return
    if tools is None:
        raise CouldNotCheckError(
            "the declarations of TypeScript are compared by its compiler, in the stage build",
            hint="gates build",
        )
    from gates.toolchains.languages.typescript import packages as npm
    from gates.toolchains.languages.typescript.compiler import OPTIONS, ambient
    from gates.toolchains.languages.typescript.platform_tools import platform_tools

    packages = npm.install_packages(tools)
    folder = tools.folder / "code" / "versions"
    folder.mkdir(parents=True, exist_ok=True)
    npm.link_packages(packages, folder)
    readable = npm.make_sandbox(tools, packages).read
    options = {**OPTIONS, "types": ambient(packages)}
    library = platform_tools(tools) / "node_modules" / "typescript"
    answer = ask_compiler(old, new, tools, folder, library, options, readable)
    yield from changes(old, new, answer)


def changes(old: Api, new: Api, answer: Mapping[str, Any]) -> Iterator[Change]:
    """The compiler's answer as changes. Raises as `compare_typescript` does."""
    before, after = ({_error(e): e for e in answer["broken"][side]} for side in ("old", "new"))
    if fresh := [each for key, each in after.items() if key not in before]:
        first = fresh[0]
        raise CouldNotCheckError(
            f"the declarations of {new.version} have errors: {first['path']}:{first['line']}:"
            f" {first['message'][0]}",
            hint="gates build",
        )
    for version, side in ((old.version, "old"), (new.version, "new")):
        if not answer["exports"][side]:
            raise CouldNotCheckError(f"the declarations of {version} export nothing")
    yield from _Answer(old, new, answer).changes()
    if gone := [each for key, each in before.items() if key not in after]:
        first = gone[0]
        yield Change(
            "code", "code:*", Bump.MINOR,
            f"the declarations of {old.version} have errors that those of {new.version} have not"
            f" ({first['message'][0]}): whether code that relies on them still compiles could not"
            " be shown",
            old=Location(_source(first["path"])), proved=False,
        )  # fmt: skip


def _error(each: Mapping[str, Any]) -> tuple[object, ...]:
    return (each["code"], *each["message"][:1])


class _Answer:
    """Reads the compiler's answer as changes."""

    def __init__(self, old: Api, new: Api, answer: Mapping[str, Any]) -> None:
        self._entry = new.entry
        self._versions = (json.dumps(old.version), json.dumps(new.version))
        self._old: Mapping[str, Any] = answer["exports"]["old"]
        self._new: Mapping[str, Any] = answer["exports"]["new"]
        self._answer = answer

    def changes(self) -> Iterator[Change]:
        """Every change, in the order of the old version's exports."""
        order = {name: number for number, name in enumerate(self._old)}
        told = sorted(self._answer["changed"], key=lambda each: order[each["name"]])
        for each in told:
            yield from self._declaration(each)
        for name in (each for each in self._new if each not in self._old):
            first = self._new[name]["first"]
            if first == name or first in self._old:  # said once, under the first of its names
                yield self._change(name, Bump.MINOR, f"{name} is new")
        for name in self._answer["pending"]:
            yield self._unshown(
                name, f"the compiler did not answer in {TIME_LIMIT:g} seconds of processor time"
                " and 4 GB of memory; a type that is written out takes less",
            )  # fmt: skip
        if self._answer["augmented"]:
            yield Change(
                "code", "code:*", Bump.MINOR,
                "what the declarations add to global names or to other packages changed: whether"
                " it breaks somebody could not be shown",
                new=Location(_source(self._entry)), proved=False,
            )  # fmt: skip

    def _change(
        self,
        name: str,
        bump: Bump,
        message: str,
        *,
        example: str | None = None,
        proved: bool = True,
        gone: bool = False,
    ) -> Change:
        whole = name if name in self._old or name in self._new else name.rpartition(".")[0]
        return Change(
            "code", f"code:{name}", bump, message, self._place(self._old, whole),
            self._place(self._new, whole), example, proved, gone,
        )  # fmt: skip

    def _unshown(self, name: str, why: str) -> Change:
        return self._change(
            name, Bump.MINOR,
            f"{name} changed, and whether what worked with it still does could not be shown: {why}",
            proved=False,
        )  # fmt: skip

    def _place(self, exports: Mapping[str, Any], name: str) -> Location | None:
        """The source that declares it; the entrypoint for what another package declares. Lines
        of declarations are not those of sources."""
        if name not in exports:
            return None
        return Location(_source(exports[name]["path"] or self._entry))

    def _declaration(self, told: Mapping[str, Any]) -> Iterator[Change]:
        name = told["name"]
        old, new = self._old[name], self._new.get(name)
        groups = [*told["groups"], *self._answer.get("instances", {}).get(name, ())]
        if any(each["kind"] == "gone" for each in groups):
            yield from self._gone(name, groups)
            return
        assert new is not None  # noqa: S101 - what is not gone is in both
        if told["kind"] == "enum":
            yield from self._enum(name, old["members"] or {}, new["members"] or {}, groups)
            return
        one, other = old.get("literal"), new.get("literal")
        if one and other and old["wide"] == new["wide"]:
            if one != other and (one, other) != self._versions:
                yield self._unshown(name, f"it is {other}, it was {one}")
            return
        broken = [each for each in groups if each["state"] == "refused"]
        accused = [each for each in broken if self._matters(told, each) is True]
        if accused:
            first = accused[0]
            what = f"{name}.{first['member']}" if first["member"] else name
            yield self._change(
                name, Bump.MAJOR, f"{what} {_WORDS[first['kind']]}: {first['message'][-1]}",
                example=first["program"],
            )  # fmt: skip
            return
        yield from self._milder(told, broken)

    def _milder(self, told: Mapping[str, Any], broken: list[Mapping[str, Any]]) -> Iterator[Change]:
        """What a declaration asks for that breaks nothing for certain."""
        name, groups = told["name"], told["groups"]
        doubtful = [each for each in broken if self._matters(told, each) is None]
        unsure = doubtful or [each for each in groups if each["state"] == "unsure"]
        if unsure:
            yield self._unshown(name, unsure[0]["message"][-1])
            return
        asked = {(each["kind"], each["member"]) for each in groups if each["state"] != "unfit"}
        unfit = [
            each for each in groups
            if each["state"] == "unfit" and (each["kind"], each["member"]) not in asked
            and each["kind"] not in ("written", "implemented", "built", "set")
        ]  # fmt: skip
        if told["broken"]:
            yield self._unshown(name, "its declaration has errors")
        elif unfit:
            why = (unfit[0].get("why") or ["it cannot be written from outside"])[-1]
            yield self._unshown(name, f"the comparison does not hold for the old version ({why})")
        elif told["left"]:
            why = f"the compiler does not say whether what implements {told['left'][0]} still fits"
            yield self._unshown(name, why)
        elif broken:
            suits = (
                "only the module makes it, others only read it"
                if broken[0]["kind"] == "written"
                else "only code outside makes it, and still can"
            )
            yield self._change(name, Bump.MINOR, f"{name} changed; {suits}")
        elif told["fresh"]:
            yield self._change(name, Bump.MINOR, f"{name} has {', '.join(told['fresh'])} too")
        elif self._new[name]["isType"] and not self._old[name]["isType"]:
            yield self._change(name, Bump.MINOR, f"{name} is a type too")
        elif any(
            each["state"] in ("refused", "unsure")
            and each["kind"] not in ("written", "implemented")
            for each in told["grown"]
        ):
            yield self._change(name, Bump.MINOR, f"{name} offers more than it did")

    def _matters(self, told: Mapping[str, Any], group: Mapping[str, Any]) -> bool | None:
        """Whether a refused program is one that others write: None where nobody knows."""
        if told["inner"] and "positions" not in group:
            return None  # no import of others names it
        places = group.get("positions", told["positions"])
        sign = _TAKES.get(group["kind"])
        if sign is None or not places:
            return True
        if sign not in places:
            return None if "?" in places and sign == "-" else False
        if group["kind"] == "written" and told["handle"] and "+" in places:
            return None  # it is there to be had from the module, and may be made by others
        return True

    def _gone(self, name: str, groups: list[Mapping[str, Any]]) -> Iterator[Change]:
        shown = [each for each in groups if each["state"] == "refused"]
        if not shown:
            yield self._unshown(name, "it is not exported as it was")
            return
        new = self._new.get(name)
        if new is None:
            added = [each for each in self._new if each not in self._old]
            heirs = get_close_matches(name, added, n=1)
            hint = f"; is it called {heirs[0]} now?" if heirs else ""
            message = f"{name} is not exported any more, so that its import fails{hint}"
        else:
            message = f"{name} is no longer {'a type' if new['isValue'] else 'a value'}"
        yield self._change(name, Bump.MAJOR, message, example=shown[0]["program"])

    def _enum(
        self,
        name: str,
        old: Mapping[str, str],
        new: Mapping[str, str],
        groups: list[Mapping[str, Any]],
    ) -> Iterator[Change]:
        shown = {each["member"]: each["program"] for each in groups if each["state"] == "refused"}
        for member, value in old.items():
            full = f"{name}.{member}"
            if member in new and new[member] == value:
                continue
            if member not in shown:
                yield self._unshown(full, "it has no value that is known")
                continue
            what = f"is {new[member]}, it was {value}" if member in new else "is gone"
            yield self._change(
                full, Bump.MAJOR, f"{full} {what}", example=shown[member], gone=member not in new
            )
        for member in (each for each in new if each not in old):
            yield self._change(f"{name}.{member}", Bump.MINOR, f"{name}.{member} is new")


_WORDS = {
    "value": "does not fit where it did",
    "built": "cannot be made as it was",
    "arity": "takes other type arguments",
    "read": "does not suit code that reads it any more",
    "set": "cannot be set any more",
    "written": "does not suit code that makes it any more",
    "implemented": "cannot be extended as it was",
    "member": "changed",
}
"""What happens to code of each kind of program."""


def _source(path: str) -> str:
    """The source of a file of declarations: dist/lib/x.d.ts is made from src/lib/x.ts."""
    return re.sub(r"^dist/(.*)\.d\.([cm]?ts)$", r"src/\1.\2", path)
