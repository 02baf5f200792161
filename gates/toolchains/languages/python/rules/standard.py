"""What may be used of Python itself without an approval: modules, members, built-in functions.

Everything that is not listed is a finding, also what a later version of Python brings.
"""

from __future__ import annotations

import sys

MODULES = frozenset(
    {
        "_typeshed", "abc", "array", "asyncio", "base64", "binascii", "bisect", "bz2",
        "calendar", "cmath", "collections", "collections.abc", "colorsys", "concurrent.futures",
        "contextlib", "contextvars", "copy", "csv", "dataclasses", "datetime", "decimal", "difflib",
        "email", "email.headerregistry", "email.message", "email.mime.application",
        "email.mime.base", "email.mime.image", "email.mime.multipart", "email.mime.text",
        "email.parser", "email.policy", "email.utils", "enum", "errno", "fnmatch", "fractions",
        "functools", "glob", "graphlib", "gzip", "hashlib", "heapq", "hmac", "html",
        "html.entities",
        "html.parser", "http", "http.client", "http.cookiejar", "http.cookies",
        "importlib.metadata", "importlib.resources", "io", "ipaddress", "itertools", "json",
        "json.decoder", "json.encoder", "keyword", "lzma", "math", "mimetypes", "numbers",
        "operator", "os", "os.path", "pathlib", "posixpath", "pprint", "queue", "quopri", "random",
        "re", "reprlib", "sched", "secrets", "select", "selectors", "shutil", "smtplib", "socket",
        "ssl", "stat", "statistics", "string", "stringprep", "struct", "sys", "tarfile", "tempfile",
        "textwrap", "threading", "time", "token", "tokenize", "tomllib", "traceback", "types",
        "typing", "typing_extensions", "unicodedata", "urllib", "urllib.error", "urllib.parse",
        "urllib.request", "urllib.response", "uuid", "warnings", "weakref", "xml", "xml.dom",
        "xml.dom.minidom", "xml.etree", "xml.etree.ElementTree", "xml.sax.saxutils", "zipfile",
        "zlib", "zoneinfo",
    }
)  # fmt: skip
"""The modules that may be imported, each by its whole name."""
MEMBERS = {
    "asyncio": frozenset(
        {
            "ALL_COMPLETED", "AbstractEventLoop", "Barrier", "BoundedSemaphore",
            "BrokenBarrierError", "CancelledError", "Condition", "Event", "FIRST_COMPLETED",
            "FIRST_EXCEPTION", "Future", "Handle", "IncompleteReadError", "InvalidStateError",
            "LifoQueue", "LimitOverrunError", "Lock", "PriorityQueue", "Queue", "QueueEmpty",
            "QueueFull", "QueueShutDown", "Runner", "Semaphore", "Server", "StreamReader",
            "StreamWriter", "Task", "TaskGroup", "Timeout", "TimeoutError", "TimerHandle",
            "all_tasks", "as_completed", "create_task", "current_task", "ensure_future", "gather",
            "get_event_loop", "get_running_loop", "iscoroutine", "iscoroutinefunction", "isfuture",
            "new_event_loop", "open_connection", "run", "run_coroutine_threadsafe",
            "set_event_loop", "shield", "sleep", "start_server", "timeout", "timeout_at",
            "to_thread", "wait", "wait_for", "wrap_future",
        }
    ),
    "concurrent.futures": frozenset(
        {
            "ALL_COMPLETED", "BrokenExecutor", "CancelledError", "Executor", "FIRST_COMPLETED",
            "FIRST_EXCEPTION", "Future", "InvalidStateError", "ThreadPoolExecutor", "TimeoutError",
            "as_completed", "wait",
        }
    ),
    "os": frozenset(
        {
            "DirEntry", "F_OK", "PathLike", "R_OK", "W_OK", "X_OK", "access", "altsep", "cpu_count",
            "curdir", "devnull", "extsep", "fsdecode", "fsencode", "fspath", "fsync", "getcwd",
            "getpid", "linesep", "listdir", "makedirs", "mkdir", "name", "pardir", "path",
            "pathsep", "remove", "removedirs", "rename", "replace", "rmdir", "scandir", "sep",
            "stat", "stat_result", "strerror", "unlink", "urandom", "utime", "walk",
        }
    ),
    "pprint": frozenset({"isreadable", "isrecursive", "pformat", "saferepr"}),
    "sys": frozenset(
        {
            "argv", "byteorder", "exc_info", "exception", "float_info", "getdefaultencoding",
            "getfilesystemencoding", "getrecursionlimit", "getsizeof", "hash_info", "hexversion",
            "implementation", "int_info", "intern", "maxsize", "maxunicode", "platform", "version",
            "version_info",
        }
    ),
    "threading": frozenset(
        {
            "Barrier", "BoundedSemaphore", "BrokenBarrierError", "Condition", "Event", "Lock",
            "RLock", "Semaphore", "TIMEOUT_MAX", "Thread", "ThreadError", "Timer", "active_count",
            "current_thread", "enumerate", "get_ident", "get_native_id", "local", "main_thread",
        }
    ),
    "traceback": frozenset(
        {
            "FrameSummary", "StackSummary", "TracebackException", "extract_stack", "extract_tb",
            "format_exc", "format_exception", "format_exception_only", "format_list",
            "format_stack", "format_tb",
        }
    ),
    "types": frozenset(
        {
            "BuiltinFunctionType", "CoroutineType", "EllipsisType", "FunctionType", "GeneratorType",
            "GenericAlias", "MappingProxyType", "MethodType", "ModuleType", "NoneType",
            "NotImplementedType", "SimpleNamespace", "TracebackType", "UnionType", "coroutine",
            "get_original_bases",
        }
    ),
    "urllib.request": frozenset(
        {
            "BaseHandler", "HTTPBasicAuthHandler", "HTTPCookieProcessor", "HTTPErrorProcessor",
            "HTTPHandler", "HTTPPasswordMgrWithDefaultRealm", "HTTPRedirectHandler",
            "HTTPSHandler", "OpenerDirector", "ProxyHandler", "Request", "build_opener",
            "pathname2url", "url2pathname", "urlopen",
        }
    ),
    "warnings": frozenset(
        {"catch_warnings", "deprecated", "filterwarnings", "simplefilter", "warn"}
    ),
}  # fmt: skip
"""Of the modules that reach outside, the members that may be used."""
TYPING = frozenset(
    {
        "AnyStr", "assert_never", "assert_type", "cast", "dataclass_transform", "deprecated",
        "final", "get_args", "get_origin", "get_overloads", "get_protocol_members", "is_protocol",
        "is_typeddict", "overload", "override", "reveal_type", "runtime_checkable",
    }
)  # fmt: skip
"""The functions of typing that evaluate no text; what begins with a capital letter is a type."""
RULES = {
    "os.environ": "environment-access", "os.environb": "environment-access",
    "os.getenv": "environment-access", "os.getenvb": "environment-access",
    "os.putenv": "environment-access", "os.unsetenv": "environment-access",
    "os.path.expanduser": "environment-access", "os.path.expandvars": "environment-access",
    "posixpath.expanduser": "environment-access", "posixpath.expandvars": "environment-access",
    "pathlib.Path.expanduser": "environment-access", "pathlib.Path.home": "environment-access",
    "pathlib.PurePath.expanduser": "environment-access",
    "urllib.request.getproxies": "environment-access",
    "urllib.request.getproxies_environment": "environment-access",
    "urllib.request.proxy_bypass": "environment-access",
    "os._exit": "errors-thrown", "os.abort": "errors-thrown", "os.kill": "errors-thrown",
    "sys.exit": "errors-thrown", "threading.excepthook": "errors-thrown",
    "threading.ExceptHookArgs": "errors-thrown",
    "sys.stdout": "platform-logger", "sys.stderr": "platform-logger",
    "sys.__stdout__": "platform-logger", "sys.__stderr__": "platform-logger",
    "pprint.pprint": "platform-logger", "pprint.pp": "platform-logger",
    "pprint.PrettyPrinter": "platform-logger", "traceback.print_exc": "platform-logger",
    "traceback.print_exception": "platform-logger", "traceback.print_last": "platform-logger",
    "traceback.print_list": "platform-logger", "traceback.print_stack": "platform-logger",
    "traceback.print_tb": "platform-logger", "traceback.TracebackException.print":
    "platform-logger", "warnings.showwarning":
    "platform-logger", "warnings.warn_explicit": "platform-logger",
    "calendar.TextCalendar.prmonth": "platform-logger", "calendar.TextCalendar.prweek":
    "platform-logger", "calendar.TextCalendar.pryear": "platform-logger", "calendar.prcal":
    "platform-logger", "calendar.prmonth": "platform-logger", "calendar.prweek": "platform-logger",
}  # fmt: skip
"""The rule that a member breaks, where it is another than that of capabilities."""
CLASSES = {
    "asyncio.events.AbstractEventLoop": frozenset(
        {
            "call_at", "call_exception_handler", "call_later", "call_soon", "call_soon_threadsafe",
            "close", "create_connection", "create_datagram_endpoint", "create_future",
            "create_server", "create_task", "getaddrinfo", "getnameinfo", "is_closed", "is_running",
            "run_forever", "run_in_executor", "run_until_complete", "shutdown_asyncgens",
            "shutdown_default_executor", "sock_accept", "sock_connect", "sock_recv",
            "sock_sendall", "start_tls", "stop", "time",
        }
    ),
}  # fmt: skip
"""Of classes that reach outside, the members that may be used, also by what derives of them."""
FRAMES = frozenset(
    {
        "ag_code", "ag_frame", "cr_code", "cr_frame", "cr_origin", "f_back", "f_builtins", "f_code",
        "f_generator", "f_globals", "f_locals", "f_trace", "gi_code", "gi_frame", "tb_frame",
    }
)  # fmt: skip
"""Members by which a value leads to the frame and the namespace that it runs in."""
FUNCTIONS = frozenset(
    {
        "abs", "aiter", "all", "anext", "any", "ascii", "bin", "callable", "chr", "delattr",
        "divmod", "format", "getattr", "hasattr", "hash", "hex", "id", "isinstance", "issubclass",
        "iter", "len", "max", "min", "next", "oct", "open", "ord", "pow", "repr", "round",
        "setattr", "sorted", "sum", "vars",
    }
)  # fmt: skip
"""The built-in functions that may be used, also as values; classes are no functions."""
BUILTIN_RULES = {
    "exit": "errors-thrown", "quit": "errors-thrown", "help": "platform-logger",
    "print": "platform-logger", "copyright": "platform-logger", "credits": "platform-logger",
    "license": "platform-logger",
}  # fmt: skip
"""As `RULES`, for built-in functions."""
OTHERS = {
    "logging": "platform-logger",
    "syslog": "platform-logger",
    "getpass": "environment-access",
}
"""The rule that a module breaks, where it is another than that of capabilities."""


NAMES = frozenset({"__all__", "__doc__", "__file__", "__name__", "__package__", "__version__"})
"""Names between double bars that a file may use."""
ATTRIBUTES = NAMES | frozenset(
    {
        "__cause__", "__class__", "__context__", "__dict__", "__func__", "__members__",
        "__module__", "__mro__", "__notes__", "__origin__", "__qualname__", "__self__", "__slots__",
        "__traceback__", "__wrapped__",
    }
)  # fmt: skip
"""The same of values: none of them leads to a namespace that is not the value's own."""
REFUSED = (
    "asyncio.subprocess", "concurrent.futures.process", "http.server", "importlib.abc",
    "importlib.machinery", "importlib.util", "urllib.robotparser", "xml.sax",
)  # fmt: skip
"""Parts of listed modules that are not listed, by where things are defined."""
_TOPS = {each.split(".")[0].lstrip("_") for each in MODULES} | {
    "collections_abc", "genericpath", "linecache", "locale", "opcode", "thread", "typeshed",
}  # fmt: skip


def is_listed(name: str) -> bool:
    """Whether what has a full name is defined in a listed module, or in the private part of one."""
    if any(name == each or name.startswith(f"{each}.") for each in REFUSED):
        return name.startswith("xml.sax.saxutils")
    return name.split(".")[0].lstrip("_") in _TOPS


def standard(name: str) -> str:
    """The standard module that a full name begins with; "" for a name of another."""
    top = name.split(".")[0]
    return top if top in sys.stdlib_module_names and top != "__future__" else ""


def rule_of(name: str, member: str) -> str | None:
    """The rule that a member of a module breaks; None for one that may be used."""
    if name in ("typing", "typing_extensions"):
        may = member in TYPING or (member[:1].isupper() and member != "ForwardRef")
    else:
        may = member in MEMBERS[name] if name in MEMBERS else f"{name}.{member}" not in RULES
    return None if may else RULES.get(f"{name}.{member}", "capabilities")
