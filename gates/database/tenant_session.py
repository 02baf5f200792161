"""How a session becomes a tenant, and the ids of the tenants that proofs make up. Pure.

The way is policy (`[database.session]`). The ids are derived from the module's content and the
run, so that no policy can be written for the tenants of a proof alone.
"""

from __future__ import annotations

import hashlib
import json
import re
import uuid
from collections.abc import Mapping

from gates.records import dataclass, field
from gates.settings import SessionWay

APP = "tenant_app_role"
SESSION_ROLES = (APP, "authenticated", "anon")
"""The roles that sessions of tenants may have."""
EVERY_COMMAND = ("SELECT", "INSERT", "UPDATE", "DELETE")
A = "aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa"
B = "bbbbbbbb-bbbb-4bbb-8bbb-bbbbbbbbbbbb"
"""Two tenants for proofs that do not ask who sees what; the isolation proof makes up its own."""

Entry = tuple[str, ...]
"""Statements that make a session somebody's, in a transaction; none make it nobody's."""

_PLACEHOLDER = re.compile(r"(?<![:\w]):(tenant_id|organization_id|user_id|claims)\b")
_NO_CLAIMS = (
    ("claims that are empty", ""),
    ("claims without a tenant", "{}"),
    ("a tenant that is null", '{"tenant_id": null}'),
    ("a tenant that is an empty text", '{"tenant_id": ""}'),
    ("a tenant that is no uuid", '{"tenant_id": "x"}'),
    ("a tenant that is a number", '{"tenant_id": 0}'),
    ("a tenant that is a list", '{"tenant_id": []}'),
    ("claims that are null", "null"),
    ("claims that are a list", "[]"),
    ("claims that are no JSON", "x"),
)
_PATTERNS = ("%", "_" * 36, ".*", "*")
"""Texts that stand for every id where a policy compares by LIKE or by a regular expression."""


def derived_uuid(salt: str, what: str) -> str:
    """A random-looking UUID (RFC 9562, version 4), always the same for the same two texts."""
    digest = hashlib.sha256(f"{salt}\0{what}".encode()).digest()
    return str(uuid.UUID(bytes=digest[:16], version=4))


def adjacent_tenants(salt: str) -> tuple[str, str, str]:
    """Ids of three tenants that are hard to tell apart: the second is the first with a greater last
    digit, the third the first with a smaller first one. So a policy that compares a part of an id,
    or by >= or <=, lets one of them see another."""
    digest = hashlib.sha256(f"{salt}\0digits".encode()).digest()
    middle = derived_uuid(salt, "tenant A")[1:-1]
    first, last = 1 + digest[0] % 15, digest[1] % 15
    less, more = digest[2] % first, last + 1 + digest[3] % (15 - last)
    return f"{first:x}{middle}{last:x}", f"{first:x}{middle}{more:x}", f"{less:x}{middle}{last:x}"


def organization_of(tenant: str) -> str:
    """The id of a tenant's organization, as the claims name it."""
    return derived_uuid(tenant, "organization")


def user_of(tenant: str) -> str:
    """The id of a tenant's user, as the claims name it ("sub")."""
    return derived_uuid(tenant, "user")


def claims(tenant: str) -> str:
    """The claims of a session of one tenant, as JSON. No two of its ids are the same."""
    return json.dumps(_claims(tenant))


def _claims(tenant: str) -> dict[str, object]:
    return {
        "tenant_id": tenant,
        "organization_id": organization_of(tenant),
        "sub": user_of(tenant),
        "role": "tenant_app_role",
    }


def quote(text: str) -> str:
    """An SQL string literal (with standard_conforming_strings, the default since 9.1)."""
    return "'" + text.replace("'", "''") + "'"


@dataclass(frozen=True)
class Sessions:
    """The platform's way, ready to be used."""

    way: SessionWay = field(default_factory=SessionWay)

    def enter(self, tenant: str) -> Entry:
        """Statements after which a session is one of the tenant."""
        values = {
            "tenant_id": tenant,
            "organization_id": organization_of(tenant),
            "user_id": user_of(tenant),
            "claims": claims(tenant),
        }
        return self._filled({name: quote(value) for name, value in values.items()})

    def nobodies(self) -> tuple[tuple[str, Entry], ...]:
        """Sessions that name no tenant, each with what it does instead. None of them may see a row;
        an error is as good as no row."""
        empty = dict.fromkeys(("tenant_id", "organization_id", "user_id"), "''")
        found = []
        if self._uses("claims"):
            found += [
                (label, self._filled({**empty, "claims": quote(raw)})) for label, raw in _NO_CLAIMS
            ]
        if self._uses("tenant_id") or self._uses("organization_id") or self._uses("user_id"):
            nothing = quote("{}")
            found.append(("a tenant that is empty", self._filled({**empty, "claims": nothing})))
            nulls = dict.fromkeys(empty, "NULL")
            found.append(("a tenant that is null", self._filled({**nulls, "claims": nothing})))
        return tuple(found)

    def patterns(self) -> tuple[tuple[str, Entry], ...]:
        """Sessions whose tenant is a pattern that every id meets."""
        found = []
        for pattern in _PATTERNS:
            ids = dict.fromkeys(("tenant_id", "organization_id", "user_id"), quote(pattern))
            given = {**_claims(pattern), "organization_id": pattern, "sub": pattern}
            entry = self._filled({**ids, "claims": quote(json.dumps(given))})
            found.append((f"whose tenant is the text '{pattern}'", entry))
        return tuple(found)

    def with_claims(self, tenant: str, more: Mapping[str, object]) -> Entry:
        """What makes a session the tenant's, with other claims added; () where it has none."""
        return self._claiming(tenant, {**_claims(tenant), **more})

    def only(self, tenant: str) -> Entry:
        """What makes a session the tenant's with no other claim; () where it has none."""
        return self._claiming(tenant, {"tenant_id": tenant})

    def _claiming(self, tenant: str, given: Mapping[str, object]) -> Entry:
        if not self._uses("claims"):
            return ()
        values = {
            "tenant_id": tenant,
            "organization_id": organization_of(tenant),
            "user_id": user_of(tenant),
            "claims": json.dumps(given),
        }
        return self._filled({name: quote(value) for name, value in values.items()})

    def crossed(self, tenant: str, other: str) -> tuple[tuple[str, Entry], ...]:
        """Sessions of one tenant whose claims name another where a tenant is not to be read."""
        if not self._uses("claims"):
            return ()
        empty = dict.fromkeys(("tenant_id", "organization_id", "user_id"), quote(tenant))
        ids = {"tenant_id": other, "tenant": other, "organization_id": organization_of(other)}
        return tuple(
            (f"names another tenant in its {key}", self._filled({**empty, "claims": quote(text)}))
            for key in ("user_metadata", "app_metadata")
            for text in [json.dumps({**_claims(tenant), key: ids})]
        )

    def _uses(self, name: str) -> bool:
        return any(name in _PLACEHOLDER.findall(each) for each in self.way.sql)

    def _filled(self, values: dict[str, str]) -> Entry:
        return tuple(
            _PLACEHOLDER.sub(lambda found: values[found[1]], each.strip().rstrip(";"))
            for each in self.way.sql
        )
