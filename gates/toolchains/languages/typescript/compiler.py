"""The TypeScript compiler under the platform's own options, and how its output is read."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path

from gates.errors import ToolFailedError
from gates.model import Location
from gates.recorder import UNREPEATABLE, note
from gates.toolchains.canary import plant, prove
from gates.toolchains.languages.typescript import packages as npm
from gates.toolchains.languages.typescript import platform_tools
from gates.toolchains.problem import Problem, inside
from gates.toolchains.processes import disk
from gates.toolchains.tools import Tools

PROJECT = "tsconfig.gates.json"
OPTIONS: dict[str, object] = {
    "target": "ES2023",
    "lib": ["ES2023"],
    "module": "NodeNext",
    "moduleResolution": "NodeNext",
    "jsx": "react-jsx",
    "esModuleInterop": True,
    "forceConsistentCasingInFileNames": True,
    "noFallthroughCasesInSwitch": True,
    "noImplicitOverride": True,
    "noImplicitReturns": True,
    "resolveJsonModule": True,
    "skipLibCheck": True,
    "strict": True,
}
"""The platform's options; the module's own tsconfig is not read."""

_LINE = re.compile(r"(?P<path>\S.*?)\((?P<line>\d+),(?P<column>\d+)\): error (?P<text>.*)")
_GLOBAL = re.compile(r"error (?P<text>TS\d+: .*)")


def write_project(
    tools: Tools, files: Sequence[str], extra: dict[str, object], name: str = PROJECT
) -> Path:
    """A tsconfig in the module's copy that compiles exactly these files, with `extra` options."""
    packages = npm.install_packages(tools)
    options = {**OPTIONS, "types": ambient(packages), **extra}
    path = tools.module_copy / name
    with disk():
        path.write_text(json.dumps({"compilerOptions": options, "files": list(files)}), "utf-8")
    return path


def ambient(packages: npm.Packages) -> list[str]:
    """The packages whose global types a module may use, of those that it has locked."""
    own = packages.folder / packages.member / "node_modules"
    return [
        name
        for name in ("node",)
        if any((modules / "@types" / name).is_dir() for modules in (own, packages.modules))
    ]


def compile_typescript(
    tools: Tools, files: Sequence[str], extra: dict[str, object]
) -> tuple[Problem, ...]:
    """Compile these files of the module's copy; what the compiler objects to.

    A canary is compiled with them, and written with what they become. With `noCheck` no fault is
    looked for, and there is none.

    Raises `ToolFailedError` where it fails without saying why, and as `prove`.
    """
    canaries = []
    if not extra.get("noCheck"):
        text = 'const canary: number = "canary"; export {};'
        canaries.append(plant(tools, files[0], ".ts", text, "TS2322"))
    project = write_project(tools, [*files, *(each.path for each in canaries)], extra)
    ran = tools.run(
        platform_tools.platform_tool(tools, "tsc"),
        ["-p", project, "--pretty", "false", "--listFiles"],
        ok=(0, 1, 2),
        subjects=len(files),
    )
    seen, problems = parse_tsc(ran.stdout, tools.module_copy)
    if reads_elsewhere(ran.stdout, (tools.module_copy, tools.session.settings.cache)):
        note(UNREPEATABLE, "a file that is not the module's")
    if bool(problems) != bool(ran.exit_status):
        raise ToolFailedError(f"tsc ended with status {ran.exit_status} and said: {ran.end()}")
    # Types are not looked at where the syntax or the set-up is wrong.
    proved = prove("tsc", problems, canaries, files=files, seen=seen, stopped=True)
    return tuple(proved)


def reads_elsewhere(output: bytes, places: Sequence[Path]) -> bool:
    """Whether `tsc --listFiles` read a file that lies in none of these folders."""
    listed = (each for each in output.decode("utf-8", "replace").splitlines() if each[:1] == "/")
    known = tuple(f"{root}/" for each in places for root in {each, each.resolve()})
    return any(_LINE.fullmatch(each) is None and not each.startswith(known) for each in listed)


def parse_tsc(output: bytes, copy: Path) -> tuple[set[str], list[Problem]]:
    """The files of the module that `tsc --pretty false --listFiles` read, and its errors.

    Lines that go on are the error's detail. Raises `ToolFailedError` for other output.
    """
    seen: set[str] = set()
    found: list[Problem] = []
    more: list[str] = []
    for line in output.decode("utf-8", "replace").splitlines():
        if not line.strip():
            continue
        if line.startswith(" ") and found:
            more.append(line.strip())
            found[-1] = Problem(
                found[-1].message, found[-1].location, found[-1].rule, detail="\n".join(more)
            )
            continue
        more = []
        if match := _LINE.fullmatch(line):
            place = Location(match["path"], int(match["line"]), int(match["column"]))
            if match["path"].startswith(("../", "/")):  # the types of a package, not the module's
                place = Location("package.json")
        elif match := _GLOBAL.fullmatch(line):
            place = Location("package.json")
        elif line.startswith("/"):
            if (path := inside(line, copy)) is not None:
                seen.add(path)
            continue
        else:
            raise ToolFailedError(f"tsc printed a line that is not understood: {line[:200]}")
        rule, _, text = match["text"].partition(": ")
        found.append(Problem(text, place, rule))
    return seen, found
