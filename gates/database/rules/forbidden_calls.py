"""Functions that are not a module's to call. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from gates.database.parsing.dynamic import UNKNOWN, literal_text
from gates.database.parsing.script import Node, calls_of, own_name, strings, walk
from gates.database.rules.forbidden import (
    BECOMES,
    CLAIMS,
    READING,
    SETTINGS,
    TEMP_FIRST,
    Found,
    makes_in_temp,
)
from gates.database.rules.session_state import NAMES

_FILES = "a module does not touch the files of the server"
_OTHERS = "a module leaves other sessions and the server alone"
_OUTSIDE = "a module does not reach outside its database: call the platform's API from its code"
_LARGE = "tenants share one role, and with it all large objects: keep bytes in a column (bytea)"
_JOBS = "list it in jobs of module.json: the platform runs a module's jobs"

_EVENTS = (
    "every session of the database may listen: send a literal or ids (NEW.id, NEW.tenant_id), or"
    " name the event in events of module.json, which is the platform's way"
)
CALLS = {
    "pg_read_file": _FILES, "pg_read_binary_file": _FILES, "pg_stat_file": _FILES,
    "pg_ls_dir": _FILES, "lo_import": _FILES, "lo_export": _FILES, "pg_file_write": _FILES,
    "pg_file_unlink": _FILES, "pg_file_rename": _FILES, "pg_file_sync": _FILES,
    "pg_terminate_backend": _OTHERS, "pg_cancel_backend": _OTHERS, "pg_reload_conf": _OTHERS,
    "pg_rotate_logfile": _OTHERS, "pg_switch_wal": _OTHERS, "pg_promote": _OTHERS,
    "pg_create_restore_point": _OTHERS, "pg_stat_reset": _OTHERS, "pg_stat_reset_shared": _OTHERS,
    "pg_advisory_unlock_all": _OTHERS, "pg_logical_emit_message": _OTHERS,
    "pg_create_logical_replication_slot": _OTHERS, "pg_drop_replication_slot": _OTHERS,
    "pg_create_physical_replication_slot": _OTHERS, "pg_export_snapshot": _OTHERS,
    "pg_replication_origin_session_setup": _OTHERS, "http": _OUTSIDE, "http_get": _OUTSIDE,
    "http_post": _OUTSIDE, "lowrite": _LARGE, "loread": _LARGE,
}  # fmt: skip
_FAMILIES = {"dblink": _OUTSIDE, "pg_ls_": _FILES, "postgres_fdw_": _OUTSIDE, "lo_": _LARGE}
_SCHEMAS = {"cron": _JOBS, "net": _OUTSIDE}

_LASTS = "the next tenant on the connection reads it: set_config(name, value, true)"
_IDS = frozenset({"id", "tenant_id"})
"""Columns that each table has, and that hold no text (section 4 of the standard)."""
_TRIGGER = frozenset({"tg_op", "tg_table_name", "tg_table_schema", "tg_name", "tg_when"})
_BUILDS = frozenset({
    "format", "concat", "concat_ws", "json_build_object", "jsonb_build_object", "json_build_array",
    "jsonb_build_array", "to_json", "to_jsonb", "lower", "upper", "now", "clock_timestamp",
})  # fmt: skip


def calls(kind: str, node: Node, *, now: bool = False) -> Iterator[Found]:
    """The calls in a statement, and in those inside its tree, that a module may not make. `now`
    says that the migration itself makes them."""
    if kind == "NotifyStmt" and UNKNOWN in f"{node.get('conditionname')} {node.get('payload')}":
        yield "NOTIFY with what only a run knows", _EVENTS, {}
    for inner in calls_of(kind, node):
        parts = strings(inner.get("funcname"))
        called = parts[-1].lower() if parts else ""
        if called == "pg_notify":
            if not all(_tells_ids(each) for each in inner.get("args", ())):
                yield "pg_notify() with what is in a row or variable", _EVENTS, inner
        elif called == "set_config":
            yield from _set_config(inner, now=now)
        elif len(parts) > 1 and parts[-2] in _SCHEMAS:
            yield f"calling {'.'.join(parts)}()", _SCHEMAS[parts[-2]], inner
        elif UNKNOWN in called and _may_be_forbidden(called.partition(UNKNOWN)[0]):
            yield "calling a function that only a run knows", "write its name out", inner
        elif called in CALLS:
            yield f"calling {called}()", CALLS[called], inner
        else:
            for begins, instead in _FAMILIES.items():
                if called.startswith(begins):
                    yield f"calling {called}()", instead, inner


def _may_be_forbidden(begins: str) -> bool:
    names = (*CALLS, *_FAMILIES, *NAMES, "set_config", "pg_notify", "query_to_xml")
    return any(each.startswith(begins) or begins.startswith(each) for each in names)


def _tells_ids(value: Node) -> bool:
    """Whether an expression is put together from literals, ids of a trigger's row, and what its
    trigger is called."""
    for kind, node in walk(value):
        if kind == "ColumnRef":
            names = strings(node.get("fields"))
            row = len(names) == 2 and names[0] in {"new", "old"}
            if not (row and names[1] in _IDS) and not (len(names) == 1 and names[0] in _TRIGGER):
                return False
        elif kind in {"SubLink", "ParamRef", "A_Indirection"} or (
            kind == "FuncCall" and own_name(strings(node.get("funcname"))) not in _BUILDS
        ):
            return False
    return True


def _set_config(call: Node, *, now: bool) -> Iterator[Found]:
    arguments = call.get("args") or [{}]
    name = literal_text(arguments[0])
    setting = (name or "").lower()
    value = literal_text(arguments[1]) if len(arguments) > 1 else None
    if name is None or UNKNOWN in setting:
        yield "set_config() of a setting that only a run knows", "write its name out", call
    elif setting.startswith(CLAIMS):
        yield f"set_config('{setting}')", BECOMES, call
    elif setting in SETTINGS:
        what, instead = SETTINGS[setting]
        yield f"set_config('{setting}'), which is {what},", instead, call
    elif setting in READING or (value and "pg_catalog" in value.split(",", 1)[-1]):
        yield f"set_config('{setting}')", "write SET, which is read as it is written", call
    elif value is None and "." not in setting:
        yield f"set_config('{setting}') of what only a run knows", "write its value out", call
    elif setting == "search_path" and value is not None and makes_in_temp(value.split(",")):
        yield "set_config('search_path') with pg_temp first", TEMP_FIRST, call
    elif (value is None or not now) and not _for_the_transaction(arguments):
        yield f"set_config('{setting}') for the whole session", _LASTS, call


def _for_the_transaction(arguments: list[Node]) -> bool:
    """Whether the third argument is the word true."""
    value = arguments[2].get("A_Const", {}) if len(arguments) > 2 else {}
    return bool(value.get("boolval", {}).get("boolval"))
