"""Functions that are not a module's to call. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from gates.database.sql.folding import evaluate
from gates.database.sql.forbidden import BECOMES, CLAIMS, SETTINGS, Found
from gates.database.sql.script import Node, strings, walk

_FILES = "a module does not touch the files of the server"
_OTHERS = "a module leaves other sessions and the server alone"
_OUTSIDE = "a module does not reach outside its database: call the platform's API from its code"
_JOBS = "list it in jobs of module.json: the platform runs a module's jobs"

_CALLS = {
    "pg_read_file": _FILES, "pg_read_binary_file": _FILES, "pg_stat_file": _FILES,
    "pg_ls_dir": _FILES, "lo_import": _FILES, "lo_export": _FILES, "pg_file_write": _FILES,
    "pg_file_unlink": _FILES, "pg_file_rename": _FILES, "pg_file_sync": _FILES,
    "pg_terminate_backend": _OTHERS, "pg_cancel_backend": _OTHERS, "pg_reload_conf": _OTHERS,
    "pg_rotate_logfile": _OTHERS, "pg_switch_wal": _OTHERS, "pg_promote": _OTHERS,
    "pg_create_restore_point": _OTHERS, "pg_stat_reset": _OTHERS, "pg_stat_reset_shared": _OTHERS,
    "pg_advisory_unlock_all": _OTHERS, "pg_logical_emit_message": _OTHERS,
    "pg_create_logical_replication_slot": _OTHERS, "pg_drop_replication_slot": _OTHERS,
    "pg_create_physical_replication_slot": _OTHERS, "http": _OUTSIDE, "http_get": _OUTSIDE,
    "http_post": _OUTSIDE,
}  # fmt: skip
_FAMILIES = {"dblink": _OUTSIDE, "pg_ls_": _FILES, "postgres_fdw_": _OUTSIDE}
_SCHEMAS = {"cron": _JOBS, "net": _OUTSIDE}


def calls(kind: str, node: Node) -> Iterator[Found]:
    """The calls in a statement, and in those inside its tree, that a module may not make."""
    for name, inner in walk({kind: node}):
        if name != "FuncCall":
            continue
        parts = strings(inner.get("funcname"))
        called = parts[-1].lower() if parts else ""
        if called == "set_config":
            yield from _set_config(inner)
        elif len(parts) > 1 and parts[-2] in _SCHEMAS:
            yield f"calling {'.'.join(parts)}()", _SCHEMAS[parts[-2]], inner
        elif called in _CALLS:
            yield f"calling {called}()", _CALLS[called], inner
        else:
            for begins, instead in _FAMILIES.items():
                if called.startswith(begins):
                    yield f"calling {called}()", instead, inner


def _set_config(call: Node) -> Iterator[Found]:
    arguments = call.get("args") or [{}]
    for name in evaluate(arguments[0], lambda _: None):
        setting = name.lower()
        if setting.startswith(CLAIMS):
            yield f"set_config('{setting}')", BECOMES, call
        elif setting in SETTINGS:
            what, instead = SETTINGS[setting]
            yield f"set_config('{setting}'), which is {what},", instead, call
        elif not setting.isascii():
            yield "set_config() of a setting that only a run knows", "write its name out", call
