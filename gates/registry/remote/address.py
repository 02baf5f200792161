"""Where a registry is: `oci://HOST[:PORT]/PREFIX`, and what its parts are called there. Pure."""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import urlsplit

from gates.errors import ConfigurationError, RefusedError
from gates.records import dataclass

SCHEMES = {"oci": "https", "oci+http": "http"}
_PART = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_REPOSITORY = re.compile(rf"{_PART}(?:/{_PART})*\Z")
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}\Z")
"""Source of both: distribution specification 1.1, "Pulling manifests"."""
_LONGEST = 255
"""Characters of host and repository together that clients take."""


@dataclass(frozen=True)
class Address:
    """A server, and the repositories under a prefix on it."""

    scheme: str
    """`https`; `http` on this machine's own addresses alone."""
    host: str
    """With its port where that was given."""
    prefix: str
    """Of every repository; may be empty."""

    @classmethod
    def parse(cls, text: str) -> Address:
        """Read `oci://HOST[:PORT]/PREFIX`, or `oci+http://` for a server on this machine.

        Raises `ConfigurationError`; the text, which may hold a password, is in no message.
        """
        try:
            parts = urlsplit(text)
            port, name = parts.port, parts.hostname or ""
        except ValueError:
            raise _wrong("it is no address") from None
        if parts.scheme not in SCHEMES:
            raise _wrong(f"it begins with {parts.scheme}://")
        if parts.username is not None or parts.password is not None:
            raise _wrong("it holds a login", "docker login, which keeps it outside of the address")
        if parts.query or parts.fragment or not name:
            raise _wrong("it has to be a host and a prefix")
        prefix = parts.path.strip("/")
        if prefix and not _REPOSITORY.match(prefix):
            raise _wrong("a prefix is of lower-case letters, digits, single . _ and -, and /")
        scheme = SCHEMES[parts.scheme]
        if scheme == "http" and not is_loopback(name):
            raise _wrong("oci+http:// is for this machine's own addresses alone", "oci://")
        host = f"[{name}]" if ":" in name else name
        return cls(scheme, host if port is None else f"{host}:{port}", prefix)

    @property
    def origin(self) -> str:
        """`https://host[:port]`."""
        return f"{self.scheme}://{self.host}"

    @property
    def text(self) -> str:
        """The address as it is written in settings."""
        scheme = next(name for name, each in SCHEMES.items() if each == self.scheme)
        return f"{scheme}://{self.host}" + (f"/{self.prefix}" if self.prefix else "")

    def repository(self, slug: str) -> str:
        """The repository of a module. Raises `RefusedError` for a slug that can name none."""
        name = f"{self.prefix}/{slug}" if self.prefix else slug
        if "/" in slug or not _REPOSITORY.match(name) or len(self.host) + len(name) >= _LONGEST:
            raise RefusedError([f"{slug!r} can be no repository of {self.text}"])
        return name


def tag_of(version: str) -> str:
    """The tag of a version: `+` is `_` there, which no version has.

    Raises `RefusedError` for a version that can be no tag.
    """
    tag = version.replace("+", "_")
    if "_" in version or not _TAG.match(tag):
        raise RefusedError([f"the version {version!r} can be no tag in a registry"])
    return tag


def is_loopback(host: str) -> bool:
    """Whether a host, without a port, is this machine by its address or as `localhost`."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


_FORM = "oci://HOST/PREFIX, or the folder of an OCI image layout"


def _wrong(why: str, hint: str = _FORM) -> ConfigurationError:
    return ConfigurationError(f"the registry's address cannot be used: {why}", hint=hint)
