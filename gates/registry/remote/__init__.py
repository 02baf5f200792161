"""A registry on a server, by the distribution specification 1.1. Needs the extra `registry`."""

from gates.registry.remote.remote import HURRIED, Remote

__all__ = ["HURRIED", "Remote"]
