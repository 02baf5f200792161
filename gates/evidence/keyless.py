"""Signing without a key: by the identity of the GitHub Actions workflow that runs.

The workflow's token is exchanged at Fulcio for a certificate of a few minutes, whose key signs one
statement and is forgotten; the signature is entered in a transparency log. Needs the permission
`id-token: write` and the network.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from gates.errors import ConfigurationError, CouldNotCheckError, ToolMissingError
from gates.evidence import bundle as bundles
from gates.evidence.bundle import INSTALL, MISSING, Bundle
from gates.evidence.envelope import parse_json
from gates.evidence.keys import Trust
from gates.settings import Policy

if TYPE_CHECKING:
    from sigstore.models import SigningConfig
    from sigstore.oidc import IdentityToken

PERMISSION = "give the job the permission `id-token: write`, or sign with a key"


def sign(payload: bytes, policy: Policy, trust: Trust, *, offline: bool = False) -> Bundle:
    """A bundle around the statement `payload`, signed by the workflow that runs.

    What comes back was verified against the pinned trust root, but not held against
    `trust.identities`. Raises `CouldNotCheckError` with one sentence wherever it cannot be had;
    no sentence repeats what a service answered, since that may hold the token.
    """
    if offline:
        raise CouldNotCheckError(
            "evidence cannot be signed by identity: that needs the network, and the run is offline",
            hint="leave out --offline, or sign with a key",
        )
    if trust.root is None:
        raise ConfigurationError(
            "evidence cannot be signed by identity: the policy has no trust.root to verify it with"
        )
    try:
        from sigstore import dsse, models
        from sigstore.sign import SigningContext
        from sigstore_models.trustroot.v1 import ClientTrustConfig
    except ImportError as error:
        raise ToolMissingError(MISSING, hint=INSTALL) from error

    class Opaque(dsse.Statement):
        """The library's own statement accepts no dirHash1 digest; what it signs are the bytes."""

        def __init__(self, contents: bytes) -> None:
            self._contents = contents

    root = bundles.load_root(trust)
    token = _token()
    with _step("the services that sign could not be found"):
        services = _services(policy.trust_services)
        config = models.ClientTrustConfig(
            ClientTrustConfig(
                media_type=models.ClientTrustConfig.ClientTrustConfigType.CONFIG_0_1.value,
                trusted_root=root._inner,  # noqa: SLF001 - the library composes them nowhere else
                signing_config=services._inner,  # noqa: SLF001
            )
        )
        context = SigningContext.from_trust_config(config)
    with contextlib.ExitStack() as stack:
        with _step("the certificate authority gave no certificate"):
            signer = stack.enter_context(context.signer(token))
        with _step("the transparency log took no entry"):
            made = signer.sign_dsse(Opaque(payload))
    signed = bundles.parse(parse_json(made.to_json().encode()))
    if problems := signed.unverified(trust):
        raise CouldNotCheckError(f"evidence cannot be signed by identity: it {problems[0]}")
    return signed


def _token() -> IdentityToken:
    """The token of the job that runs."""
    from sigstore.oidc import IdentityToken, detect_credential

    # Only GitHub's token is asked for: others' certificates have no called workflow to name.
    if not os.environ.get("GITHUB_ACTIONS"):
        raise CouldNotCheckError(
            "evidence cannot be signed by identity: this is no job of GitHub Actions",
            hint="sign with a key outside of it",
        )
    with _step("the workflow has no token that says who it is", hint=PERMISSION):
        return IdentityToken(detect_credential() or "")


def _services(path: Path | None) -> SigningConfig:
    from sigstore.models import ClientTrustConfig, SigningConfig

    if path is None:
        return ClientTrustConfig.production().signing_config
    return SigningConfig.from_file(str(path))


@contextlib.contextmanager
def _step(sentence: str, hint: str | None = None) -> Iterator[None]:
    try:
        yield
    except CouldNotCheckError:
        raise
    except Exception as error:  # noqa: BLE001 - its services fail in more ways than can be named
        raise CouldNotCheckError(
            f"evidence cannot be signed by identity: {sentence} ({type(error).__name__})", hint=hint
        ) from None
