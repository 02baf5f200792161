"""Of the modules that reach outside, listed members may be used, and nothing else.

Whoever holds such a module itself can reach every member of it.
"""

from __future__ import annotations

from collections.abc import Iterator

from mypy.nodes import Context, ImportFrom, MypyFile

from gates.toolchains.languages.python.rules.program import Found, Program, SourceFile, found

MEMBERS = {
    "os": frozenset(
        {
            "DirEntry", "F_OK", "PathLike", "R_OK", "W_OK", "X_OK", "access", "altsep", "cpu_count",
            "curdir", "devnull", "extsep", "fsdecode", "fsencode", "fspath", "fsync", "getcwd",
            "getpid", "linesep", "listdir", "makedirs", "mkdir", "name", "pardir", "path",
            "pathsep", "remove", "removedirs", "rename", "replace", "rmdir", "scandir", "sep",
            "stat", "stat_result", "strerror", "unlink", "urandom", "utime", "walk",
        }
    ),
    "sys": frozenset(
        {
            "argv", "byteorder", "exc_info", "exception", "float_info", "getdefaultencoding",
            "getfilesystemencoding", "getrecursionlimit", "getsizeof", "hash_info", "hexversion",
            "implementation", "int_info", "intern", "maxsize", "maxunicode", "platform", "version",
            "version_info",
        }
    ),
    "types": frozenset(
        {
            "BuiltinFunctionType", "EllipsisType", "GenericAlias", "MappingProxyType", "MethodType",
            "NoneType", "NotImplementedType", "SimpleNamespace", "TracebackType", "UnionType",
            "get_original_bases",
        }
    ),
}  # fmt: skip
"""The members of each that need no approval."""
RULES = {
    "os.environ": "environment-access", "os.environb": "environment-access",
    "os.getenv": "environment-access", "os.getenvb": "environment-access",
    "os.putenv": "environment-access", "os.unsetenv": "environment-access",
    "os._exit": "errors-thrown", "os.abort": "errors-thrown", "os.kill": "errors-thrown",
    "sys.exit": "errors-thrown",
    "sys.stdout": "platform-logger", "sys.stderr": "platform-logger",
    "sys.__stdout__": "platform-logger", "sys.__stderr__": "platform-logger",
}  # fmt: skip
"""What another rule than that of capabilities says of a member."""


def find_members(program: Program, file: SourceFile) -> Iterator[Found]:
    """Each other use of these modules, and of the module's own files as values."""
    for each in file.references():
        if not isinstance(each.node, MypyFile):
            continue
        name = each.node.fullname
        asked = file.members.get(id(each))
        if name in MEMBERS and asked is not None:
            yield from _judge(program, file, asked, name, asked.name)
        elif asked is None and (name in MEMBERS or program.is_own(name)):
            yield found("capabilities", file, each, f"{name} itself is used as a value")
    for node in file.tree.imports:
        if isinstance(node, ImportFrom) and not node.relative and node.id in MEMBERS:
            for member, _ in node.names:
                yield from _judge(program, file, node, node.id, member)


def _judge(
    program: Program, file: SourceFile, node: Context, name: str, member: str
) -> Iterator[Found]:
    if member in MEMBERS[name]:
        return
    whole = f"{name}.{member}"
    rule = RULES.get(whole, "capabilities")
    if rule != "environment-access":
        message = f"{whole} is not among the members that may be used"
    elif not program.is_environment(file):
        message = f"{whole} is read outside env.py"
    elif not _validates(file):
        message = "env.py reads the environment without validating it"
    else:
        return
    yield found(rule, file, node, message)


def _validates(file: SourceFile) -> bool:
    return any(
        isinstance(each, ImportFrom) and each.id.split(".")[0] == "pydantic_settings"
        for each in file.tree.imports
    )
