"""Which settings are secrets by their name, in any spelling: api_key, apiKey, APIKey, api-key."""

from __future__ import annotations

import re

SECRETS = frozenset(
    {
        "password", "passwd", "pwd", "passphrase", "passcode", "secret", "token", "credential",
        "apikey", "bearer", "mnemonic", "authorization",
    }
)  # fmt: skip
"""A name that ends in one of these is that of a secret."""
KEYS = frozenset(
    {
        "api", "private", "secret", "access", "signing", "encryption", "auth", "shared", "license",
        "hmac", "ssh", "pgp", "gpg", "tls", "ssl", "rsa", "aes", "jwt", "master", "account",
        "webhook", "deploy", "subscription", "integration", "admin", "decryption",
    }
)  # fmt: skip
"""So is one that ends in one of these and "key"."""
LOGINS = frozenset(
    {
        "smtp", "imap", "ftp", "sftp", "db", "database", "user", "admin", "mail", "email", "ldap",
        "proxy", "redis", "basic", "auth", "root", "login", "mysql", "postgres", "broker",
    }
)  # fmt: skip
"""So is one that ends in one of these and "pass"."""
STORES = frozenset(
    {
        "connection", "conn", "database", "db", "redis", "postgres", "postgresql", "mysql", "mongo",
        "mongodb", "amqp", "rabbitmq", "broker",
    }
)  # fmt: skip
"""So is one that ends in one of these and a word for an address: it holds user and password."""
ADDRESSES = frozenset({"string", "str", "uri", "url", "dsn"})
PAIRS = frozenset(
    {
        ("session", "cookie"), ("auth", "cookie"), ("account", "json"), ("private", "pem"),
        ("totp", "seed"), ("otp", "seed"), ("wallet", "seed"), ("seed", "phrase"),
        ("access", "pat"), ("github", "pat"), ("gitlab", "pat"), ("sas", "url"),
        ("basic", "auth"), ("recovery", "code"), ("backup", "code"),
    }
)  # fmt: skip
"""So is one that ends in these two."""
HOOKS = frozenset({"slack", "discord", "teams"})
"""A web hook of one of these lets everybody write who knows its address."""
NOTHING = frozenset({"value", "text", "plain", "raw", "pem", "base64", "b64", "hex", "encoded"})
"""Words at the end that say nothing about what it is."""
COUNTS = frozenset(
    {
        "max", "min", "maximum", "minimum", "total", "num", "number", "count", "use", "uses", "has",
        "require", "requires", "show", "hide", "allow", "allows", "enable", "enabled", "is",
        "rotate", "validate", "verify", "csrf", "public", "cancel", "next", "page", "design",
        "stop", "special", "banned", "prompt", "completion", "input", "output",
    }
)  # fmt: skip
"""Words at the beginning that make it a number or a switch about secrets, or no secret."""
_PARTS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|[^A-Za-z0-9]+")


def words(name: str) -> list[str]:
    """The words of a name in small letters, numbers at its end left out."""
    found = [each.lower() for each in _PARTS.split(name) if each]
    found = [re.sub(r"(?<=[a-z]{3})\d+$", "", each) for each in found]
    while len(found) > 1 and (found[-1].isdigit() or found[-1] in NOTHING):
        found.pop()
    return found


def is_secret_name(name: str, owner: str = "") -> bool:
    """Whether a setting of this name holds a secret, in an object of the name `owner`."""
    return _is_secret(words(name), owner)


def is_name_of_secrets(name: str) -> bool:
    """Whether a list or a map of this name holds secrets: tokens, api_keys, credentials."""
    named = words(name)
    if not named or not named[-1].endswith("s") or named[-1].endswith("ss"):
        return False
    return _is_secret([*named[:-1], named[-1].removesuffix("s")], "")


def _is_secret(named: list[str], owner: str) -> bool:
    if not named or named[0] in COUNTS:
        return False
    last = named[-1]
    if last in SECRETS or last == "credentials":
        return True
    before = named[-2] if len(named) > 1 else (words(owner) or [""])[-1]
    return (
        (last == "key" and before in KEYS)
        or (last == "pass" and before in LOGINS)
        or (last in ADDRESSES and before in STORES)
        or (before, last) in PAIRS
        or (named[-2:] == ["webhook", "url"] and bool(HOOKS & set(named)))
    )
