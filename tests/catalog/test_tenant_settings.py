"""Settings are stored as the schema allows; the database never accepts what jsonschema refuses."""

from __future__ import annotations

import json
from typing import Any

import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from psycopg.types.json import Jsonb

from gates.errors import RefusedError
from gates.tenants import store_settings
from gates.tenants.settings import problems_of
from tests.catalog.tenants import ONE, SAMPLE, Platform

NUMBERS = some.one_of(
    some.integers(-6, 6), some.sampled_from([0.1, 0.30000000000000004, 2.5, 1.0, -1e21, 1e-7]),
    some.integers(2**53 - 1, 2**53 + 2),
)  # fmt: skip
NAMES = some.sampled_from(["a", "b", "c", "x y", "é", "𝄞"])
VALUES = some.recursive(
    some.none() | some.booleans() | NUMBERS | some.sampled_from(["", "a", "ab", "é𝄞", "abc"]),
    lambda inner: some.lists(inner, max_size=3) | some.dictionaries(NAMES, inner, max_size=3),
    max_leaves=6,
)
SIZES = some.integers(0, 3)
TYPES = some.sampled_from(["null", "boolean", "integer", "number", "string", "array", "object"])


def schemas(inner: some.SearchStrategy[Any]) -> some.SearchStrategy[Any]:
    several = some.lists(inner, min_size=1, max_size=3)
    return some.fixed_dictionaries(
        {},
        optional={
            "type": TYPES | some.lists(TYPES, min_size=1, unique=True),
            "enum": some.lists(VALUES, min_size=1, max_size=3),
            "const": VALUES,
            "minimum": NUMBERS, "maximum": NUMBERS,
            "exclusiveMinimum": NUMBERS, "exclusiveMaximum": NUMBERS,
            "multipleOf": some.sampled_from([1, 2, 3, 0.5]),
            "minLength": SIZES, "maxLength": SIZES, "minItems": SIZES, "maxItems": SIZES,
            "uniqueItems": some.booleans(),
            "minProperties": SIZES, "maxProperties": SIZES,
            "required": some.lists(NAMES, unique=True, max_size=2),
            "dependentRequired": some.dictionaries(
                NAMES, some.lists(NAMES, unique=True, max_size=2), max_size=2),
            "properties": some.dictionaries(NAMES, inner, max_size=3),
            "additionalProperties": inner, "propertyNames": inner, "items": inner,
            "prefixItems": several, "allOf": several, "anyOf": several, "oneOf": several,
            "not": inner, "if": inner, "then": inner, "else": inner,
            "$ref": some.just("#/$defs/one"),
            "format": some.sampled_from(["password", "date"]),
            "pattern": some.just("^a"),
        },
    )  # fmt: skip


SCHEMAS = some.recursive(
    some.booleans() | some.builds(lambda name: {"type": name}, TYPES), schemas, max_leaves=8
)


JUDGED = """SELECT u, ARRAY(SELECT to_jsonb(core_settings_problems(%(schema)s, v))
    FROM jsonb_array_elements(%(values)s) WITH ORDINALITY AS one(v, n)
    WHERE cardinality(u) = 0 ORDER BY n)
    FROM core_settings_unknown(%(schema)s) AS u"""
NOT_JUDGED = ["a number has more digits than a double"]


@settings(max_examples=80)
@given(
    SCHEMAS,
    SCHEMAS.filter(lambda one: "$ref" not in json.dumps(one)),
    some.lists(VALUES, min_size=4, max_size=4),
)
def test_never_accepts_what_jsonschema_refuses(
    session: Any, schema: Any, referred: Any, values: Any
) -> None:
    if isinstance(schema, dict):
        schema = schema | {"$defs": {"one": referred}}
    try:
        given_ = {"schema": Jsonb(schema), "values": Jsonb(values)}
        ((unknown, judged),) = session.execute(JUDGED, given_).fetchall()
    except psycopg.errors.FeatureNotSupported:
        return  # it says that it does not judge this
    for value, problems in zip(values, judged, strict=not unknown):
        expected = problems_of(schema, value)
        assert not expected or problems, f"accepted: {expected}"
        assert expected or problems in ([], NOT_JUDGED), "refused what is valid"


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"exclusiveMaximum": 0.1}, "0.09999999999999999999999"),
        ({"not": {"const": 0.1}}, "0.1000000000000000000001"),
        ({"type": "integer"}, "1e400"),
        ({"uniqueItems": True}, "[1, 1.0]"),
        ({"type": "number"}, "true"),
        ({"enum": [1]}, "true"),
        ({"maxLength": 1}, '"a\\u0301"'),
        ({"additionalProperties": False}, '{"a": 1}'),
        (False, "1"),
    ],
)
def test_edges_are_refused(session: Any, schema: Any, value: str) -> None:
    ((problems,),) = session.execute(
        "SELECT core_settings_problems(%s, %s::jsonb)", (Jsonb(schema), value)
    ).fetchall()
    assert problems


@pytest.mark.parametrize(
    ("schema", "unknown"),
    [
        ({"pattern": "^a"}, ["pattern"]),
        ({"properties": {"pattern": {"type": "string"}}}, []),
        ({"properties": {"a": {"items": {"format": "email"}}}}, ["format"]),
        ({"format": "password", "x-order": {"pattern": 1}, "schema_version": "1.0.0"}, []),
        ({"$ref": "https://example.com"}, ["$ref"]),
        ({"$ref": "#/properties/a"}, ["$ref"]),
        ({"$dynamicRef": "#a", "contains": False}, ["$dynamicRef", "contains"]),
        ({"allOf": {"type": "string"}}, ["allOf"]),
        ({"anyOf": [{"contains": True}]}, ["contains"]),
        ([], ["a schema that is none"]),
        ({"not": 1}, ["a schema that is none"]),
    ],
)  # fmt: skip
def test_what_is_not_known_is_named(session: Any, schema: Any, unknown: list[str]) -> None:
    found = session.execute("SELECT core_settings_unknown(%s)", (Jsonb(schema),)).fetchall()
    assert found == [(unknown,)]


@pytest.mark.parametrize("number", ["0.1000000000000000000001", "9007199254740993", "1e400"])
def test_numbers_that_others_read_otherwise_are_not_judged(session: Any, number: str) -> None:
    found = session.execute(
        "SELECT core_settings_unknown(format('{\"maximum\": %%s}', %s::text)::jsonb)", (number,)
    ).fetchall()
    assert found == [(["a number with more digits than a double has"],)]


def test_a_circle_ends(session: Any) -> None:
    schema = {"$ref": "#/$defs/a", "$defs": {"a": {"$ref": "#/$defs/a"}}}
    with pytest.raises(psycopg.errors.CheckViolation, match="nested too deep"):
        session.execute("SELECT core_settings_problems(%s, '1')", (Jsonb(schema),))
    with pytest.raises(psycopg.errors.CheckViolation, match=r"has no \$defs/b"):
        session.execute("SELECT core_settings_problems('{\"$ref\": \"#/$defs/b\"}', '1')")


def test_a_tenant_stores_what_fits(platform: Platform) -> None:
    platform.provision(ONE)
    platform.admin.execute("SET ROLE tenant_app_role")
    platform.admin.execute(
        "SELECT set_config('request.jwt.claims', %s, false)", (json.dumps({"tenant_id": ONE}),)
    )
    call = "SELECT set_tenant_module_settings('sample-module', %s)"
    platform.rows(call, Jsonb({"title_length": 40}))
    for wrong, said in (
        ({"title_length": 5}, "/title_length is out of bounds"),
        ({"title_length": "40"}, "/title_length must be integer"),
        ({"order": "none"}, "/order must be one of"),
        ({"colour": 1}, "/colour may not be there"),
        ([], "settings must be object"),
    ):
        with pytest.raises(psycopg.errors.CheckViolation, match=said):
            platform.rows(call, Jsonb(wrong))
    assert platform.rows(
        "SELECT settings, module_version, version FROM tenant_module_settings"
    ) == [({"title_length": 40}, "1.0.0", 1)]
    platform.rows(call, Jsonb({"order": "newest"}))
    assert platform.one("SELECT settings FROM tenant_module_settings") == ({"order": "newest"},)


def test_what_the_database_does_not_know_the_tool_judges(platform: Platform) -> None:
    platform.provision(ONE)
    platform.admin.execute("ALTER TABLE core_module_versions DISABLE TRIGGER keep_version")
    platform.admin.execute(
        "UPDATE core_module_versions SET settings_schema = settings_schema"
        ' || \'{"properties": {"mail": {"type": "string", "format": "email"}}}\''
    )
    platform.admin.execute(
        "SELECT set_config('request.jwt.claims', %s, false)", (json.dumps({"tenant_id": ONE}),)
    )
    with pytest.raises(psycopg.errors.FeatureNotSupported, match="does not know format"):
        platform.rows("SELECT set_tenant_module_settings(%s, '{}')", SAMPLE)
    with pytest.raises(psycopg.errors.FeatureNotSupported):
        platform.rows("SELECT store_tenant_module_settings(%s, %s, '{}', '0.9.0')", ONE, SAMPLE)
    assert store_settings(platform.catalog, ONE, SAMPLE, '{"mail": "a@example.com"}') == "1.0.0"
    for wrong in ('{"mail": "secret-word"}', '{"mail": NaN}', "{", "[]", '{"mail": 1}'):
        with pytest.raises(RefusedError) as refused:
            store_settings(platform.catalog, ONE, SAMPLE, wrong)
        assert "secret-word" not in refused.value.message
    assert platform.rows("SELECT settings FROM tenant_module_settings") == [
        ({"mail": "a@example.com"},)
    ]


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "text"}, {"type": {}}, {"enum": 1}, {"minimum": {}}, {"required": "a"},
        {"properties": 1}, {"items": "x"}, {"multipleOf": 0}, {"dependentRequired": {"a": 1}},
        {"anyOf": []}, {"minItems": "x"}, {"propertyNames": 1}, {"additionalProperties": "x"},
    ],
)  # fmt: skip
def test_a_schema_of_a_form_that_it_may_not_have_fits_nothing(session: Any, schema: Any) -> None:
    value = {"a": [{"a": 1}], "n": 4}
    of_list = {"items": schema, "allOf": [schema]}
    schema = {"properties": {"a": of_list, "n": schema}, "allOf": [schema]}
    try:
        ((unknown, judged),) = session.execute(
            JUDGED, {"schema": Jsonb(schema), "values": Jsonb([value])}
        ).fetchall()
    except psycopg.Error:
        return
    assert unknown or judged[0]
