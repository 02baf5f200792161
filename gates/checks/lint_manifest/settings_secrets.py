"""Secrets among the settings are marked as such, and hold nothing."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from gates.check import check
from gates.checks.lint_manifest._settings import settings_object
from gates.checks.lint_manifest._settings_secret_names import is_name_of_secrets, is_secret_name
from gates.model import Finding, Stage
from gates.module import Document, Key, Module, label
from gates.module.references import References, references
from gates.module.subschemas import Place, Subschema

_REAL = re.compile(
    r"sk_live_|sk-[A-Za-z0-9]|gh[pousr]_|github_pat_|glpat-|xox[abprs]-|AKIA|ASIA|AIza|eyJ|"
    r"-----BEGIN|SG\.|npm_|pypi-|hooks\.slack\.com"
)
_PLACEHOLDER = re.compile(
    r"<[^>]*>|\$\{[^}]*\}|\{\{.*\}\}|\.\.\.|…|\*{3,}|x{3,}|•{3,}|0{6,}|change[-_ ]?me|your|my[-_]|"
    r"example|placeholder|redacted|dummy|fake|sample|insert|replace|goes[-_ ]here|not[-_ ]?real",
    re.IGNORECASE,
)


@check(Stage.LINT_MANIFEST)
def settings_secrets(module: Module) -> Iterator[Finding]:
    """Secrets among the settings carry format: password, and neither default nor real example.

    Why: the form hides and the platform encrypts what has this format, and nothing else. A default
        is the password of every tenant that never changed it; an example is copied.
    Bad: "api_key": {"type": "string"}; a format password with "default": "hunter2"
    Good: "api_key": {"type": "string", "format": "password", "examples": ["<your API key>"], ...}
    Fix: add "format": "password"; remove the default; write a placeholder such as "<your token>"
        as example. A secret is known by its format, or by a name that ends in password, secret,
        token, credential, api_key, private_key, connection_string and the like; so are the texts
        in a list or map called tokens, api_keys, credentials. Numbers, switches and closed choices
        are none, and neither are token_limit, password_policy or max_tokens.
    """
    document = settings_object(module)
    found = references(document)
    secrets: dict[Place, None] = {}
    for schema in found.schemas:
        if not schema.is_property or not schema.declares:
            continue
        if _is_marked(found, schema):
            secrets[schema.place] = None
            continue
        for secret in _secret_values(found, schema):
            secrets[secret.place] = None
            if not _is_marked(found, secret):
                yield settings_secrets.finding(
                    f"the setting {label(schema.place)} is a secret by its name, "
                    'but has no "format": "password"',
                    document.key(*schema.pointer),
                    fix=f'add "format": "password"{_where(schema, secret)}',
                )
                break
    for schema in found.schemas:
        if schema.value.get("format") == "password":
            secrets[schema.place] = None
    everywhere = _through_references(found, secrets)
    for schema in found.schemas:
        yield from _held(document, schema, everywhere)


def _through_references(found: References, secrets: Iterable[Place]) -> frozenset[Place]:
    """The places of secrets, also where a definition that holds one is referred to."""
    known = set(secrets)
    news = list(known)
    while news and len(known) < 1000:
        secret = news.pop()
        for pointer, target in found.targets.items():
            if not isinstance(target, Subschema) or secret[: len(target.place)] != target.place:
                continue
            place = (*found.by_pointer[pointer].place, *secret[len(target.place) :])
            if place not in known and len(place) <= 12:
                known.add(place)
                news.append(place)
    return frozenset(known)


def _same_value(found: References, schema: Subschema) -> Iterator[Subschema]:
    """A schema with all that describe the same value, those of branches included."""
    seen: set[Place] = set()
    waiting = [schema]
    while waiting:
        for each in found.chain(waiting.pop()):
            if each.pointer in seen:
                continue
            seen.add(each.pointer)
            yield each
            for keyword in ("anyOf", "oneOf", "then", "else"):
                inner = each.value.get(keyword)
                count = len(inner) if isinstance(inner, list) else 0
                places = [(*each.pointer, keyword, n) for n in range(count)]
                waiting += [
                    found.by_pointer[place]
                    for place in places or [(*each.pointer, keyword)]
                    if place in found.by_pointer
                ]


def _types(found: References, schema: Subschema) -> set[str]:
    types: set[str] = set()
    for each in _same_value(found, schema):
        given = each.value.get("type")
        named = given if isinstance(given, list) else [given]
        types |= {one for one in named if isinstance(one, str)}
    return types


def _secret_values(found: References, schema: Subschema) -> Iterator[Subschema]:
    """The schemas of the secret texts that a property holds by its name: itself, its items, or the
    values of a map.
    """
    name, types = str(schema.pointer[-1]), _types(found, schema)
    owner = schema.place[-2] if len(schema.place) > 1 else ""
    if is_name_of_secrets(name) and types & {"array", "object"}:
        inner = [each for one in _same_value(found, schema) for each in _members(found, one)]
        texts = [each for each in inner if _accepts_any_text(found, each)]
        yield from [each for each in texts if _is_marked(found, each)] or texts
        if not inner and "array" in types:
            yield schema
    elif is_secret_name(name, owner if isinstance(owner, str) else "") and _accepts_any_text(
        found, schema
    ):
        yield schema


def _members(found: References, schema: Subschema) -> Iterator[Subschema]:
    """The schemas of the items of a list, or of the values of a map."""
    for keyword in ("items", "additionalProperties", "prefixItems", "patternProperties"):
        value = schema.value.get(keyword)
        keys: list[Key] = list(range(len(value))) if isinstance(value, list) else []
        keys += list(value) if keyword == "patternProperties" and isinstance(value, dict) else []
        places = [(*schema.pointer, keyword, key) for key in keys]
        for place in [*places, (*schema.pointer, keyword)]:
            if place in found.by_pointer:
                yield found.by_pointer[place]


def _accepts_any_text(found: References, schema: Subschema) -> bool:
    """Whether a value may be any text: a closed choice is no secret."""
    types = _types(found, schema)
    closed = any("enum" in each.value or "const" in each.value for each in found.chain(schema))
    return not closed and (not types or "string" in types)


def _where(schema: Subschema, secret: Subschema) -> str:
    """Where the format belongs, if not to the setting itself."""
    if secret is schema:
        return " to its items" if is_name_of_secrets(str(schema.pointer[-1])) else ""
    return " to the schema of its values" if secret.place[-1] == "*" else " to its items"


def _is_marked(found: References, schema: Subschema) -> bool:
    return any(each.value.get("format") == "password" for each in _same_value(found, schema))


def _held(document: Document, schema: Subschema, secrets: frozenset[Place]) -> Iterator[Finding]:
    """Secrets that a schema gives away, its own or those of properties below it."""
    for keyword in ("default", "const", "examples", "enum"):
        if keyword not in schema.value:
            continue
        value = schema.value[keyword]
        many = keyword in ("examples", "enum") and isinstance(value, list)
        for index, one in enumerate(value if many else [value]):
            place = (*schema.pointer, keyword, *([index] if many else []))
            for inner, text in _secret_texts(one, schema.place, secrets):
                where = (*place, *inner)
                name = label((*schema.place, *inner)) or document.path
                if keyword != "examples" and text:
                    what = {"default": "a default", "const": "a fixed value", "enum": "choices"}
                    yield settings_secrets.finding(
                        f"the secret {name} has {what[keyword]}",
                        document.at(*where),
                        fix=f'remove "{keyword}"',
                    )
                elif keyword == "examples" and looks_real(text):
                    yield settings_secrets.finding(
                        f"the example of the secret {name} looks real",
                        document.at(*where),
                        fix='write a placeholder, such as "<your token>"',
                    )


def _secret_texts(
    value: object, place: Place, secrets: frozenset[Place]
) -> Iterator[tuple[tuple[Key, ...], str]]:
    """The texts in a value that stand where a secret stands, with their place in the value."""
    leading = {each[:end] for each in secrets for end in range(len(each) + 1)}
    waiting: list[tuple[tuple[Key, ...], object, set[Place]]] = [((), value, {place} & leading)]
    while waiting:
        inner, each, at = waiting.pop()
        if isinstance(each, dict):
            steps = [(key, below, (key, "*")) for key, below in each.items()]
        elif isinstance(each, list):
            steps = [(n, below, (n, "[]")) for n, below in enumerate(each)]
        elif isinstance(each, str) and at & secrets:
            yield inner, each
            continue
        else:
            continue
        for part, below, names in steps:
            there = {(*one, name) for one in at for name in names} & leading
            if there:
                waiting.append(((*inner, part), below, there))


def looks_real(text: str) -> bool:
    """Whether an example could be somebody's secret, rather than a placeholder."""
    plain = text.strip()
    if not plain or len(set(plain)) <= 2:
        return False
    if _PLACEHOLDER.search(plain):
        return bool(_REAL.search(plain)) and not re.search(
            r"(?i)<[^>]*>|\.\.\.|…|\*{3}|x{3}", plain
        )
    return True
