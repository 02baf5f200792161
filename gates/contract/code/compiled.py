"""The declarations of two versions, put before TypeScript's compiler."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gates.contract.code.api import Api
from gates.errors import ToolFailedError

if TYPE_CHECKING:
    from gates.toolchains import Tools

_SCRIPTS = Path(__file__).with_name("declarations")
TIME_LIMIT = 120.0
"""Seconds of processor time that the compiler has for one comparison."""


def same_declarations(old: Api, new: Api) -> bool:
    """Whether both versions' declarations are equal, byte by byte."""
    return _contents(old) == _contents(new)


def _contents(api: Api) -> tuple[object, ...]:
    """All that declarations are read from: of package.json, what says how files are imported."""
    try:
        manifest = json.loads(api.files.get("package.json", b"{}"))
    except ValueError:
        manifest = {}
    how = {key: manifest.get(key) for key in ("type", "imports", "exports")}
    files = {path: data for path, data in api.files.items() if path != "package.json"}
    return api.entry, how, files


def ask_compiler(
    old: Api,
    new: Api,
    tools: Tools,
    folder: Path,
    library: Path,
    options: Mapping[str, object],
    read: Iterable[Path] = (),
    seconds: float = TIME_LIMIT,
    wait: float | None = None,
) -> Mapping[str, Any]:
    """What the compiler says of both versions; see declarations/main.mjs.

    `folder` holds the packages that both are read with, `library` is the package `typescript`,
    `read` what else the compiler may read, `options` are the compiler's. What is not answered after
    `seconds` of processor time is named in the answer. Raises `ToolFailedError` where the compiler
    does not get as far as the exports, or has not got those seconds after `wait` on the clock.
    """
    from gates.toolchains.processes import disk
    from gates.toolchains.sandbox import Sandbox

    with disk():
        for side, api in (("old", old), ("new", new)):
            for path, data in {"package.json": b'{"type": "module"}', **api.files}.items():
                target = folder / side / path
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(data)
        forced = {"noEmit": True, "skipLibCheck": False}
        wait = tools.session.policy.tool_timeout * 0.8 if wait is None else wait
        request = {
            "old": old.entry, "new": new.entry, "options": {**options, **forced},
            "seconds": seconds, "wait": wait,
        }  # fmt: skip
        (folder / "request.json").write_text(json.dumps(request), "utf-8")
    ran = tools.run(
        "node",
        [_SCRIPTS / "main.mjs", library, folder],
        cwd=folder,
        subjects=2,
        sandbox=Sandbox(read=(*read, library, _SCRIPTS)),
    )
    try:
        answer = json.loads(ran.stdout)
    except ValueError as error:
        raise ToolFailedError(f"the compiler's answer is not JSON: {ran.end()}") from error
    if not isinstance(answer, dict):
        raise ToolFailedError("the compiler's answer is not understood")
    if answer.get("ended") == "clock":
        pending = answer.get("pending") or ["the exports"]
        raise ToolFailedError(
            f"the compiler did not get {seconds:g} s of processor time in {wait:g} s: it was at"
            f" {pending[0]}",
            hint="run it again on a machine that is less busy, or with a longer `tool_timeout`",
        )
    if "exports" not in answer:
        raise ToolFailedError(f"the compiler did not read the declarations in {seconds:g} s")
    return answer
