"""Secrets among the settings are marked as such, and hold nothing."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from gates.check import check
from gates.checks.lint_manifest._settings import settings_object
from gates.model import Finding, Stage
from gates.module import Document, Key, Module, label
from gates.module.references import References, references
from gates.module.subschemas import Place, Subschema

WORDS = frozenset(
    {"password", "passwd", "pwd", "passphrase", "secret", "token", "credential", "apikey"}
)
"""A name that ends in one of these is that of a secret."""
KEYS = frozenset(
    {"api", "private", "secret", "access", "signing", "encryption", "auth", "shared", "license"}
)
"""So is one that ends in one of these and "key"."""

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
        token, credential, api_key, private_key and the like.
    """
    document = settings_object(module)
    found = references(document)
    secrets: dict[Place, None] = {}
    for schema in found.schemas:
        if not schema.is_property or not schema.declares:
            continue
        name, marked = str(schema.pointer[-1]), _is_marked(found, schema)
        secret = _secret_values(found, schema, name)
        if marked:
            secrets[schema.place] = None
        elif secret is not None:
            secrets[schema.place if secret is schema else (*schema.place, "[]")] = None
            if not _is_marked(found, secret):
                yield settings_secrets.finding(
                    f"the setting {label(schema.place)} is a secret by its name, "
                    'but has no "format": "password"',
                    document.key(*schema.pointer),
                    fix='add "format": "password"',
                )
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


def _words(name: str) -> list[str]:
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name)
    return [word for word in re.split(r"[^a-z0-9]+", spaced.lower()) if word]


def _is_secret_name(name: str) -> bool:
    words = _words(name)
    return bool(words) and (
        words[-1] in WORDS or (len(words) > 1 and words[-1] == "key" and words[-2] in KEYS)
    )


def _types(found: References, schema: Subschema) -> set[str]:
    types: set[str] = set()
    for each in found.chain(schema):
        given = each.value.get("type")
        named = given if isinstance(given, list) else [given]
        types |= {one for one in named if isinstance(one, str)}
    return types


def _secret_values(found: References, schema: Subschema, name: str) -> Subschema | None:
    """The schema of the secret texts that a property of this name holds; None where of none."""
    types = _types(found, schema)
    if "array" in types and name.endswith("s") and _is_secret_name(name[:-1]):
        return found.by_pointer.get((*schema.pointer, "items"))
    if _is_secret_name(name) and (not types or "string" in types):
        return schema
    return None


def _is_marked(found: References, schema: Subschema) -> bool:
    return any(each.value.get("format") == "password" for each in found.chain(schema))


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
    waiting: list[tuple[tuple[Key, ...], object, Place]] = [((), value, place)]
    while waiting:
        inner, each, at = waiting.pop()
        if isinstance(each, dict):
            waiting += [((*inner, key), below, (*at, key)) for key, below in each.items()]
        elif isinstance(each, list):
            waiting += [((*inner, n), below, (*at, "[]")) for n, below in enumerate(each)]
        elif isinstance(each, str) and at in secrets:
            yield inner, each


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
