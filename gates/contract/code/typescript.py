"""The difference between the declarations of two versions, as TypeScript's compiler sees it.

For every export the compiler is given statements that hold against the old version: one that it
refuses against the new version is code that compiled and does not.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gates.contract.code.api import Api
from gates.contract.model import Bump, Change
from gates.errors import CouldNotCheckError, ToolFailedError
from gates.model import Location

if TYPE_CHECKING:
    from gates.toolchains import Tools

_UNRESOLVED = {2305, 2307, 2614, 2694, 2724, 2792, 7016}
"""What the compiler calls an import, or a name in it, that it does not find."""
_SCRIPT = Path(__file__).with_name("declarations.mjs")


def compare_typescript(old: Api, new: Api, tools: Tools | None) -> Iterator[Change]:
    """What who imports the old version finds changed in the new one.

    `tools` are those of a check of the new version: both are read with its packages.
    Raises `CouldNotCheckError` without them, where its packages cannot be installed, and where
    the new version's declarations have errors of their own.
    """
    if tools is None:
        raise CouldNotCheckError(
            "the declarations of TypeScript are compared by its compiler, in the stage build",
            hint="gates build",
        )
    answer = ask_compiler(old, new, tools)
    if wrong := answer["broken"]["new"]:
        first = wrong[0]
        raise CouldNotCheckError(
            f"the declarations of {new.version} have errors: {first['path']}:{first['line']}:"
            f" {first['message'][0]}",
            hint="gates build",
        )
    yield from _Answer(old, new, answer).changes()


def ask_compiler(old: Api, new: Api, tools: Tools) -> Mapping[str, Any]:
    """What the compiler says of both versions' declarations; see declarations.mjs."""
    from gates.toolchains.languages.typescript import packages as npm
    from gates.toolchains.languages.typescript.compiler import OPTIONS, ambient
    from gates.toolchains.languages.typescript.platform_tools import platform_tools
    from gates.toolchains.processes import disk
    from gates.toolchains.sandbox import Sandbox

    folder = tools.folder / "code" / "versions"
    with disk():
        for side, api in (("old", old), ("new", new)):
            for path, data in api.files.items():
                target = folder / side / path
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(data)
    packages = npm.install_packages(tools)
    npm.link_packages(packages, folder)
    options = {**OPTIONS, "noEmit": True, "skipLibCheck": False, "types": ambient(packages)}
    request = {"old": f"old/{old.entry}", "new": f"new/{new.entry}", "options": options}
    with disk():
        manifest = new.files.get("package.json", b'{"type": "module"}')
        (folder / "package.json").write_bytes(manifest)
        (folder / "request.json").write_text(json.dumps(request), "utf-8")
    library = platform_tools(tools) / "node_modules" / "typescript"
    sandbox = npm.make_sandbox(tools, packages)
    ran = tools.run(
        "node",
        [_SCRIPT, library, folder],
        cwd=folder,
        subjects=2,
        sandbox=Sandbox(read=(*sandbox.read, library, *_SCRIPT.parent.glob("*.mjs"))),
    )
    try:
        answer = json.loads(ran.stdout)
    except ValueError as error:
        raise ToolFailedError(f"the compiler's answer is not JSON: {ran.end()}") from error
    if not isinstance(answer, dict):
        raise ToolFailedError("the compiler's answer is not understood")
    return answer


class _Answer:
    """Reads the compiler's answer as changes."""

    def __init__(self, old: Api, new: Api, answer: Mapping[str, Any]) -> None:
        self._entry = new.entry
        self._versions = (json.dumps(old.version), json.dumps(new.version))
        self._old: Mapping[str, Any] = answer["old"]
        self._new: Mapping[str, Any] = answer["new"]
        self._positions: Mapping[str, list[str]] = answer["positions"]
        self._refused: dict[tuple[str, str], list[str]] = {}
        for each in answer["answers"]:
            if not each["name"]:
                raise ToolFailedError(f"the compiler refused the comparison: {each['message'][0]}")
            self._refused.setdefault((each["name"], each["kind"]), each["message"])
        self._unread = list(answer["broken"]["old"])

    def changes(self) -> Iterator[Change]:
        """Every change, in the order of the old version's exports."""
        added = [name for name in self._new if name not in self._old]
        for name in self._old:
            if name in self._new:
                yield from self._same(name)
                continue
            heirs = get_close_matches(name, added, n=1)
            hint = f"; is it called {heirs[0]} now?" if heirs else ""
            yield self._change(
                name, Bump.MAJOR,
                f"{name} is not exported any more, so that its import fails{hint}",
                example=f"import {{ {name.partition('.')[0]} }}",
            )  # fmt: skip
        for name in added:
            yield self._change(name, Bump.MINOR, f"{name} is new")
        if self._unread:
            first = self._unread[0]
            gone = first["code"] in _UNRESOLVED
            what = "name types that are not there any more" if gone else "have errors"
            yield Change(
                "code", "code:*", Bump.MINOR,
                f"the declarations of the released version {what} ({first['message'][0]}): whether"
                " code that relies on them still compiles could not be shown",
                old=Location(_source(first["path"])), proved=False,
            )  # fmt: skip

    def _change(
        self,
        name: str,
        bump: Bump,
        message: str,
        *,
        example: str | None = None,
        proved: bool = True,
    ) -> Change:
        return Change(
            "code", f"code:{name}", bump, message, self._place(self._old, name),
            self._place(self._new, name), example, proved,
        )  # fmt: skip

    def _place(self, exports: Mapping[str, Any], name: str) -> Location | None:
        """The source that declares it; the entrypoint for what another package declares. Lines
        of declarations are not those of sources."""
        if name not in exports:
            return None
        export = exports[name]
        return Location(_source(export["path"] or self._entry))

    def _same(self, name: str) -> Iterator[Change]:
        old, new = self._old[name], self._new[name]
        for kind, word in (("isValue", "a value"), ("isType", "a type")):
            if old[kind] and not new[kind]:
                yield self._change(
                    name, Bump.MAJOR, f"{name} is no longer {word}",
                    example=f"{name} used as {word}",
                )  # fmt: skip
                return
        if old["isType"] and (new["needed"] > old["types"] or old["needed"] > new["types"]):
            yield self._change(
                name, Bump.MAJOR,
                f"{name} takes {new['types']} type arguments, it took {old['types']}",
                example=f"{name}<{', '.join('A' * old['types'])}>" if old["types"] else name,
            )  # fmt: skip
            return
        if old.get("members") is not None and new.get("members") is not None:
            yield from self._enum(name, old["members"], new["members"])
            return
        yield from self._value(name, old, new) if old["isValue"] else ()
        if (name, "value") not in self._refused:
            yield from self._type(name)

    def _enum(self, name: str, old: Mapping[str, str], new: Mapping[str, str]) -> Iterator[Change]:
        before, after = self._place(self._old, name), self._place(self._new, name)
        for member, value in old.items():
            symbol, full = f"code:{name}.{member}", f"{name}.{member}"
            if member not in new:
                yield Change(
                    "code", symbol, Bump.MAJOR, f"{full} is gone", before, after, full, gone=True
                )
            elif new[member] != value:
                yield Change(
                    "code", symbol, Bump.MAJOR, f"{full} is {new[member]}, it was {value}",
                    before, after, f"what was stored as {value} is no {full}",
                )  # fmt: skip
        for member in (each for each in new if each not in old):
            full = f"{name}.{member}"
            yield Change("code", f"code:{full}", Bump.MINOR, f"{full} is new", new=after)

    def _value(self, name: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Change]:
        one, other = old.get("literal"), new.get("literal")
        if one and other and old["wide"] == new["wide"]:
            if one != other and (one, other) != self._versions:
                yield self._change(
                    name, Bump.MINOR,
                    f"{name} is {other}, it was {one}: whether what worked with it still does"
                    " could not be shown", proved=False,
                )  # fmt: skip
            return
        refused = self._refused.get((name, "value")) or self._refused.get((name, "built"))
        if refused:
            yield self._change(
                name, Bump.MAJOR, f"{name} does not fit where it did: {refused[-1]}",
                example="\n".join([f"{name} was {old['text']} and is {new['text']}", *refused]),
            )  # fmt: skip
            return
        if old["most"] != -1 and new["most"] is not None and (
            old["most"] is None or old["most"] > new["most"]
        ):  # fmt: skip
            count = "any number of" if old["most"] is None else old["most"]
            yield self._change(
                name, Bump.MAJOR, f"{name}() takes {new['most']} arguments, it took {count}",
                example=f"{name}() with {'more' if old['most'] is None else old['most']} arguments",
            )  # fmt: skip
            return
        longer = old["most"] is not None and (new["most"] is None or new["most"] > old["most"])
        if ((name, "grown") in self._refused or longer) and old["text"] != new["text"]:
            yield self._change(name, Bump.MINOR, f"{name} offers more: it is {new['text']} now")

    def _type(self, name: str) -> Iterator[Change]:
        """A type that is only given may grow, one that is only taken may ask for less."""
        places = self._positions.get(name, [])
        told = False
        for kind, sign, breaks, suits in (
            ("read", "+", "code that reads it", "only code outside makes it, and still can"),
            ("written", "-", "code that makes it", "only the module makes it, others only read it"),
        ):  # fmt: skip
            refused = self._refused.get((name, kind))
            if not refused:
                continue
            told = True
            if not places or sign in places:
                yield self._change(
                    name, Bump.MAJOR, f"{name} does not suit {breaks} any more: {refused[-1]}",
                    example="\n".join(refused),
                )  # fmt: skip
            else:
                yield self._change(name, Bump.MINOR, f"{name} changed; {suits}")
        had = self._old[name]["properties"]
        fresh = [each for each in self._new[name]["properties"] if each not in had]
        if fresh and not told:
            yield self._change(name, Bump.MINOR, f"{name} has {', '.join(fresh)} too")


def _source(path: str) -> str:
    """The source of a file of declarations: dist/lib/x.d.ts is made from src/lib/x.ts."""
    return re.sub(r"^dist/(.*)\.d\.([cm]?ts)$", r"src/\1.\2", path)
