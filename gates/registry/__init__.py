"""Where bundles are published: an OCI image layout on disk, versions immutable."""

from gates.registry.registry import Published, Registry

__all__ = ["Published", "Registry"]
