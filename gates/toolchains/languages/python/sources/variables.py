"""The environment variables that a Python module's env.py reads, from its syntax tree."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import PurePosixPath

from gates.model import Location
from gates.module import Module
from gates.toolchains.languages.python.sources.trees import at
from gates.toolchains.languages.python.sources.values import Values
from gates.toolchains.sources.variables import Read, Variable

_BASE = "BaseSettings"
_READS = ("os.environ.get", "os.getenv", "environ.get", "getenv")


def read_variables(module: Module) -> Read:
    """The fields of pydantic-settings classes in files env.py, and direct reads of os.environ.

    Names follow pydantic-settings: `env_prefix` and the field's name in capitals, unless an alias
    names the variable ("Changing default names" in its documentation).
    """
    values = module.once(Values)
    found: list[Variable] = []
    unknown: list[tuple[str, Location]] = []
    for path in values.trees:
        if PurePosixPath(path).name == "env.py":
            file = _File(values, path)
            found += file.variables()
            unknown += file.unknown
    return Read.of(found, unknown)


class _File:
    """One file env.py."""

    def __init__(self, values: Values, path: str) -> None:
        self._values = values
        self._path = path
        self._tree = values.trees[path]
        self._classes = {n.name: n for n in self._tree.body if isinstance(n, ast.ClassDef)}
        self.unknown: list[tuple[str, Location]] = []

    def variables(self) -> Iterator[Variable]:
        """Every variable, class by class."""
        parents = {_last(base) for each in self._classes.values() for base in each.bases}
        for name, cls in self._classes.items():
            family = self._family(cls)
            if family is not None and name not in parents:
                yield from self._fields(family)
        for node in self._values.nodes(self._path):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in _READS and node.args:
                default = node.args[1] if len(node.args) > 1 else None
                yield from self._named(node.args[0], default)
            elif isinstance(node, ast.Subscript) and ast.unparse(node.value) in (
                "os.environ", "environ",
            ):  # fmt: skip
                yield from self._named(node.slice, None)

    def _family(self, cls: ast.ClassDef) -> list[ast.ClassDef] | None:
        """A settings class with those of the file that it is made from; None for another class."""
        found = [cls]
        settings = False
        for base in cls.bases:
            settings |= _last(base) == _BASE
            inner = self._classes.get(_last(base))
            if inner is not None and inner is not cls and (more := self._family(inner)) is not None:
                found, settings = [*more, *found], True
        return found if settings else None

    def _fields(self, family: list[ast.ClassDef]) -> Iterator[Variable]:
        prefix = self._text(family, "env_prefix")
        nested = self._text(family, "env_nested_delimiter")
        for name, (node, target) in _declared(family).items():
            field = _field(node)
            aliases = self._aliases(field)
            if not aliases and prefix is None:
                continue
            optional, default = self._default(node.value, field)
            inner = self._classes.get(_last(node.annotation))
            for each in aliases or (f"{prefix}{name}".upper(),):
                if inner is not None and nested:
                    yield from self._nested(inner, each, nested, optional=optional)
                else:
                    known = True if len(aliases) > 1 else optional
                    yield Variable(each, self._at(target), known, default)

    def _nested(
        self, cls: ast.ClassDef, start: str, delimiter: str, *, optional: bool, depth: int = 4
    ) -> Iterator[Variable]:
        """The fields of a model inside the settings: each is a variable of its own."""
        for name, (node, target) in _declared([cls]).items():
            known, default = self._default(node.value, _field(node))
            full = f"{start}{delimiter}{name}".upper()
            inner = self._classes.get(_last(node.annotation))
            if inner is not None and depth:
                yield from self._nested(
                    inner, full, delimiter, optional=optional or known, depth=depth - 1
                )
            else:
                yield Variable(full, self._at(target), optional or known, default)

    def _text(self, family: list[ast.ClassDef], key: str) -> str | None:
        """A setting of a class or its parents; "" where none has it, None for one not read."""
        found: str | None = ""
        for cls in family:
            if (given := _setting(cls, key)) is not None:
                texts = self._values.texts(given, self._path)
                found = texts[0] if texts and len(texts) == 1 else None
                if found is None:
                    self.unknown.append((ast.unparse(given), self._at(given)))
        return found

    def _aliases(self, field: ast.Call | None) -> tuple[str, ...]:
        for key in ("validation_alias", "alias"):
            given = next((k.value for k in field.keywords if k.arg == key), None) if field else None
            if given is None:
                continue
            choices = given.args if isinstance(given, ast.Call) else [given]
            found = []
            for each in choices:
                if (texts := self._values.texts(each, self._path)) is None:
                    self.unknown.append((ast.unparse(each), self._at(each)))
                else:
                    found += [text.upper() for text in texts]
            return tuple(found)
        return ()

    def _default(self, value: ast.expr | None, field: ast.Call | None) -> tuple[bool, str | None]:
        """Whether a field has a default, and which as far as it is written out."""
        if value is not None and value is not field:
            return not _is_open(value), self._literal(value)
        if field is None:
            return False, None
        named = {each.arg: each.value for each in field.keywords}
        if "default_factory" in named:
            return True, None
        default = field.args[0] if field.args else named.get("default")
        if default is None or _is_open(default):
            return False, None
        return True, self._literal(default)

    def _literal(self, node: ast.expr) -> str | None:
        found = self._values.plain(node, self._path)[0]
        if isinstance(found, ast.Call) and len(found.args) == 1:
            found = found.args[0]  # SecretStr("x"), Path("x")
        try:
            value = ast.literal_eval(found)
        except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
            return None
        return as_text(value)

    def _named(self, node: ast.expr, default: ast.expr | None) -> Iterator[Variable]:
        texts = self._values.texts(node, self._path)
        if texts is None:
            self.unknown.append((ast.unparse(node), self._at(node)))
            return
        for text in texts:
            literal = self._literal(default) if default is not None else None
            yield Variable(text, self._at(node), True if literal is not None else None, literal)

    def _at(self, node: ast.AST) -> Location:
        return at(self._path, node, self._values.module.lines(self._path))


def _declared(family: list[ast.ClassDef]) -> dict[str, tuple[ast.AnnAssign, ast.Name]]:
    """The fields of a class and its parents, which come first, by name."""
    fields = {}
    for cls in family:
        for node in cls.body:
            if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
                hidden = node.target.id.startswith("_") or node.target.id == "model_config"
                shared = ast.unparse(node.annotation).startswith(("ClassVar", "typing.ClassVar"))
                if not hidden and not shared:
                    fields[node.target.id] = (node, node.target)
    return fields


def as_text(value: object) -> str | None:
    """A default as an environment holds it: true and false in small letters, numbers as written."""
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, str | int | float) else None


def _is_open(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is Ellipsis


def _last(node: ast.expr) -> str:
    return ast.unparse(node).partition("[")[0].rpartition(".")[2]


def _field(node: ast.AnnAssign) -> ast.Call | None:
    """The call of Field that describes a field: its value, or in Annotated."""
    places = [node.value, *ast.walk(node.annotation)]
    calls = [each for each in places if isinstance(each, ast.Call)]
    return next((each for each in calls if _last(each.func) == "Field"), None)


def _setting(cls: ast.ClassDef, key: str) -> ast.expr | None:
    """A setting of a settings class: in its head, in model_config, or in a class Config."""
    found = {each.arg: each.value for each in cls.keywords}
    for node in cls.body:
        if isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            if any(isinstance(each, ast.Name) and each.id == "model_config" for each in targets):
                if isinstance(node.value, ast.Call):
                    found |= {each.arg: each.value for each in node.value.keywords}
                elif isinstance(node.value, ast.Dict):
                    pairs = zip(node.value.keys, node.value.values, strict=True)
                    found |= {str(k.value): v for k, v in pairs if isinstance(k, ast.Constant)}
        elif isinstance(node, ast.ClassDef) and node.name == "Config":
            for inner in node.body:
                if isinstance(inner, ast.Assign) and isinstance(inner.targets[0], ast.Name):
                    found[inner.targets[0].id] = inner.value
    return found.get(key)
