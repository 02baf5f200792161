"""Other spellings of a small source: what means the same and is written in another way."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator, Mapping

Made = tuple[str, Mapping[str, str]]
"""How, and the files; `{number}` in a file's name is that of the spelling."""
CLASSES = (
    "Exception", "KeyError", "LookupError", "OSError", "RuntimeError", "SystemExit", "TypeError",
    "ValueError",
)  # fmt: skip
FUNCTIONS = ("__import__", "compile", "eval", "exec", "globals", "print", "quit")
_ERRORS = r"(?:Error|TypeError|RangeError)"


def spellings(language: str, text: str, name: str) -> Iterator[Made]:
    """Every other spelling of a source whose file has this name, without its suffix."""
    if language != "python":
        yield from _typescript(text, name)
        return
    yield from (made for made in _python(text, name) if all(map(_parses, made[1].values())))


def _parses(text: str) -> bool:
    try:
        ast.parse(text)
    except SyntaxError:
        return False
    return True


def _python(text: str, name: str) -> Iterator[Made]:
    tree = ast.parse(text)
    file, shared = f"{name}_{{number}}.py", f"{name}_{{number}}_shared.py"
    head = "from retention_report.corpus." + f"{name}_{{number}}_shared import "
    for node in tree.body:
        if not isinstance(node, ast.Import | ast.ImportFrom):
            continue
        line = ast.unparse(node)
        for alias in node.names:
            own = alias.asname or alias.name.split(".")[0]
            if not any(isinstance(e, ast.Name) and e.id == own for e in ast.walk(tree)):
                continue
            given = "again" + own
            yield "value", {file: _put(text, node, f"{line}\n{given} = {own}", own, given)}
            yield (
                "re-export",
                {
                    shared: f"{line}\n__all__ = ['{own}']\n",
                    file: _put(text, node, head + f"{own} as {given}", own, given),
                },
            )
            if isinstance(node, ast.ImportFrom):
                whole = f"import {node.module} as everything"
                yield "whole", {file: _put(text, node, whole, own, f"everything.{alias.name}")}
                continue
            if "." not in alias.name or alias.asname:
                whole = f"import {alias.name} as {given}"
                yield "alias", {file: _put(text, node, whole, own, given)}
            for member in sorted(set(re.findall(rf"\b{own}\.(\w+)", text)) - {"path"}):
                call = f"getattr({own}, '{member}')"
                yield "computed", {file: text.replace(f"{own}.{member}", call)}
                single = f"from {alias.name.split('.')[0]} import {member} as {given}"
                if "." not in alias.name:
                    changed = text.replace(f"{own}.{member}", given)
                    yield "single", {file: f"{single}\n{changed}"}
    for known in (*CLASSES, *FUNCTIONS):
        if not re.search(rf"(?<![\w.]){known}\b(?! as)", text):
            continue
        changed = re.sub(rf"(?<![\w.]){known}\b", "again", text)
        yield "value", {file: f"again = {known}\n{changed}"}
        yield "builtins", {file: f"import builtins\nagain = builtins.{known}\n{changed}"}
        yield "re-export", {shared: f"again = {known}\n", file: f"{head}again\n{changed}"}
        if known in CLASSES and "raise" in text:
            yield "subclass", {file: f"class again({known}):\n    pass\n\n\n{changed}"}


def _put(text: str, node: ast.stmt, line: str, own: str, given: str) -> str:
    """The source with another import, and another name wherever the imported one is used."""
    lines = text.splitlines()
    before, after = lines[: node.lineno - 1], lines[node.end_lineno or node.lineno :]
    change: Callable[[str], str] = lambda part: re.sub(rf"(?<![\w.\"]){own}\b", given, part)  # noqa: E731
    return "\n".join([*before, line, *map(change, after)]) + "\n"


def _typescript(text: str, name: str) -> Iterator[Made]:
    file, shared = f"{name}_{{number}}.ts", f"{name}_{{number}}_shared.ts"
    path = f"./{name}_{{number}}_shared.js"
    for known in ("process", "console"):
        imported = re.search(rf"^import.*\b{known}\b.*\n", text, re.MULTILINE)
        uses = re.findall(rf"(?<![\w.\"]){known}\.(\w+)", text)
        if imported or not uses or f"declare const {known}" in text:
            continue
        (member, *_) = uses
        whole = rf"(?<![\w.\"]){known}\b"
        changed = re.sub(whole, "again", text)
        one = re.sub(rf"(?<![\w.\"]){known}\.{member}\b", "again", text)
        yield "value", {file: f"const again = {known};\n{changed}"}
        yield "destructure", {file: f"const {{ {member}: again }} = {known};\n{one}"}
        yield "default", {file: f'import again from "node:{known}";\n{changed}'}
        yield (
            "default by name",
            {file: f'import {{ default as again }} from "node:{known}";\n{changed}'},
        )
        yield "namespace", {file: f'import * as again from "node:{known}";\n{changed}'}
        yield "single", {file: f'import {{ {member} as again }} from "node:{known}";\n{one}'}
        yield (
            "re-export",
            {
                shared: f"export const again = {known};\n",
                file: f'import {{ again }} from "{path}";\n{changed}',
            },
        )
        yield (
            "handed on",
            {
                shared: f'export {{ {member} as again }} from "node:{known}";\n',
                file: f'import {{ again }} from "{path}";\n{one}',
            },
        )
        computed = rf'["{member[:1]}" + "{member[1:]}" as "{member}"]'
        yield "computed", {file: re.sub(rf"{known}\.{member}\b", f"{known}{computed}", text)}
        yield "brackets", {file: re.sub(rf"{known}\.{member}\b", f'{known}["{member}"]', text)}
        yield "globalThis", {file: re.sub(whole, f"globalThis.{known}", text)}
        yield "cast", {file: re.sub(whole, f"({known} satisfies object)", text)}
        yield "parameter", {file: f"const again = ((given = {known}) => given)();\n{changed}"}
    for found in re.finditer(rf"\bnew ({_ERRORS})\(", text):
        known = found[1]
        changed = re.sub(rf"\bnew {known}\(", "new Again(", text)
        yield "value", {file: f"const Again = {known};\n{changed}"}
        yield "subclass", {file: f"class Again extends {known} {{}}\n{changed}"}
        yield "without new", {file: re.sub(rf"\bnew {known}\(", f"{known}(", text)}
        yield "globalThis", {file: re.sub(rf"\bnew {known}\(", f"new globalThis.{known}(", text)}
        yield (
            "re-export",
            {
                shared: f"export {{ Again }};\nconst Again = {known};\n",
                file: f'import {{ Again }} from "{path}";\n{changed}',
            },
        )
        yield (
            "function",
            {
                file: f"const Again = (text?: string): {known} => new {known}(text);\n"
                + changed.replace("new Again(", "Again(")
            },
        )
    imports = re.compile(r'^import \{ (\w+)(?: as (\w+))? \} from ("[^"]+");\n', re.MULTILINE)
    for found in imports.finditer(text):
        member, own, source = found[1], found[2] or found[1], found[3]
        if member == "default" or "@axon" in source or source == '"zod"':
            continue
        rest = text.replace(found[0], "")
        use = rf"(?<![\w.\"]){own}\b"
        line = f"import * as everything from {source};\n"
        yield "namespace", {file: line + re.sub(use, f"everything.{member}", rest)}
        line = f"import {{ {member} as again }} from {source};\n"
        yield "alias", {file: line + re.sub(use, "again", rest)}
        yield "value", {file: found[0] + f"const again = {own};\n" + re.sub(use, "again", rest)}
        yield (
            "re-export",
            {
                shared: f"export {{ {member} as again }} from {source};\n",
                file: f'import {{ again }} from "{path}";\n' + re.sub(use, "again", rest),
            },
        )
        line = f"const {{ {member}: again }} = await import({source});\n"
        yield "late import", {file: line + re.sub(use, "again", rest)}
    for known in ("eval", "Function"):
        if re.search(rf"(?<![\w.]){known}\(", text):
            changed = re.sub(rf"(?<![\w.]){known}\(", "again(", text)
            yield "value", {file: f"const again = {known};\n{changed}"}
            yield "globalThis", {file: f"const {{ {known}: again }} = globalThis;\n{changed}"}
            yield "brackets", {file: f'const again = globalThis["{known}"];\n{changed}'}
