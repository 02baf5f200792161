"""A registry on a server, by the distribution specification 1.1. Needs the extra `registry`."""

from gates.registry.remote.remote import Remote

__all__ = ["Remote"]
