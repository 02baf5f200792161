"""The same on Debian's docker-registry, with TLS of an authority of its own and a login: it has no
referrers, and so the index under a tag. What is not tried on it: tokens, referrers, faults; the
server of `server.py` has them."""

from __future__ import annotations

import datetime
import ipaddress
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from gates.errors import CouldNotCheckError, RefusedError
from gates.registry import Content, Registry
from gates.registry.remote.remote import Remote
from tests.registry import debian
from tests.registry.server import PASSWORD, USER
from tests.registry.test_remote import BUNDLE, CONTENT, OTHER, QUICK, fetched, push

PATIENT = type(QUICK)(first_pause=0.01)


def write_certificate(path: Path) -> None:
    """A key with a certificate for this machine that vouches for itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "a registry")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name)
        .public_key(key.public_key()).serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False
        )
        .add_extension(x509.BasicConstraints(True, None), True)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    server = debian.program()
    if server is None:
        pytest.skip("this machine has no apt-get to fetch docker-registry with")
    root = tmp_path_factory.mktemp("registry")
    write_certificate(root / "server.pem")
    with debian.running(server, root) as port:
        yield f"127.0.0.1:{port}", root / "server.pem"


@pytest.fixture
def registry(place: tuple[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Registry:
    host, authority = place
    auths = {host: {"username": USER, "password": PASSWORD}}
    (tmp_path / "config.json").write_text(json.dumps({"auths": auths}))
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    where = f"oci://{host}/m"
    return Registry(Remote.open(where, authorities=authority, patience=PATIENT, chunk=2000))


def test_a_bundle_with_its_evidence(registry: Registry) -> None:
    assert registry.place.probe() == "answers"
    assert registry.find("mod", "1.0.0+b.1") is None
    pushed = push(registry)
    for stage in ("lint", "test", "lint"):
        registry.attach(pushed, stage, f"envelope of {stage}".encode())
    assert fetched(registry) == BUNDLE
    assert [stage for stage, _ in registry.referrers(pushed)] == ["lint", "test"]
    assert not push(registry, CONTENT).new
    with pytest.raises(RefusedError, match="already published with other content"):
        push(registry, OTHER)


def test_another_authority_is_not_believed(place: tuple[str, Path], registry: Registry) -> None:
    assert registry.where.endswith("/m")
    with pytest.raises(CouldNotCheckError, match=r"certificate of .* is not trusted") as caught:
        Registry.open(f"oci://{place[0]}/m").find("mod", "1.0.0")
    assert "GATES_REGISTRY_CA" in str(caught.value.hint)


def test_a_wrong_login_is_told(registry: Registry, tmp_path: Path) -> None:
    config = (tmp_path / "config.json").read_text().replace(PASSWORD, "guessed")
    (tmp_path / "config.json").write_text(config)
    with pytest.raises(CouldNotCheckError, match="the login does not count") as caught:
        registry.push("mod", "2.0.0", Content.of_bytes(b"x"), "x.tgz")
    assert "guessed" not in str(caught.value)
