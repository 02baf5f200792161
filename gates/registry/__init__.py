"""Where bundles are published, versions immutable: an OCI image layout on disk, or a server."""

from gates.registry.documents import Content
from gates.registry.registry import Published, Registry

__all__ = ["Content", "Published", "Registry"]
