"""Whether an example value of an environment variable could be somebody's secret."""

from __future__ import annotations

import re

_URL = re.compile(r"[a-z][a-z0-9+.-]*://(?:(?P<user>[^:@/?#]*)(?::(?P<password>[^@/?#]*))?@)?.*")
_NAMES = re.compile(
    r"(?:^|_)(?:PASSWORD|PASSWD|SECRET|TOKEN|CREDENTIALS?|(?:API|PRIVATE|ACCESS|SIGNING)_KEY)$"
)
_KNOWN = {"admin", "axon", "dev", "guest", "postgres", "root", "test", "user", "local"}
"""What stands in examples of local servers."""


def real_secret(name: str, value: str, *, secret: bool) -> bool:
    """Whether a value must not stand in a file that everybody sees.

    `secret` is what module.json says; a name can say so too. Of a URL the password counts alone.
    """
    from gates.checks.lint_manifest.settings_secrets import looks_real

    if not value or not (secret or _NAMES.search(name)):
        return False
    if url := _URL.fullmatch(value):
        value = url["password"] or ""
    if value.lower() in _KNOWN or value.lower() == (url["user"] or "").lower() if url else False:
        return False
    # A word or two in small letters, or a path, is no key that somebody was given.
    plain = re.fullmatch(r"[a-z]*(?:[ _./-][a-z]+)*|/[\w./-]*", value) is not None
    return not plain and looks_real(value)
