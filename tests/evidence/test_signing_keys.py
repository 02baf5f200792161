"""Keys: made once, kept private, trusted by id, path or text; what they sign is plain DSSE."""

from __future__ import annotations

import base64
import hashlib
import json
import multiprocessing
import os
import stat
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from hypothesis import given
from hypothesis import strategies as st

from gates.errors import ConfigurationError, CouldNotCheckError
from gates.evidence import Trust, envelope, key_files, keys, statement
from gates.model import CheckResult, Finding, Location, RanRecord, Stage, Verdict
from gates.settings import Policy, Settings
from tests.passing import World, result_of


def test_made_on_first_use(settings: Settings) -> None:
    assert keys.own_public_key(settings.key) is None
    assert not settings.key.exists()
    private = keys.signing_key(settings.key)
    assert stat.S_IMODE(settings.key.stat().st_mode) == 0o600
    assert settings.key.read_bytes().startswith(b"-----BEGIN PRIVATE KEY-----")
    public = keys.public_path(settings.key)
    assert public.name == "signing-key.pem.pub"
    assert public.read_bytes().startswith(b"-----BEGIN PUBLIC KEY-----")
    again = keys.signing_key(settings.key)
    assert keys.key_id(again.public_key()) == keys.key_id(private.public_key())
    assert sorted(each.name for each in settings.key.parent.iterdir()) == [
        "signing-key.pem",
        "signing-key.pem.pub",
    ]


def test_the_id_is_that_of_openssl(settings: Settings) -> None:
    private = keys.signing_key(settings.key)
    try:
        der = subprocess.run(
            ["openssl", "pkey", "-in", settings.key, "-pubout", "-outform", "DER"],
            check=True,
            capture_output=True,
        ).stdout
    except FileNotFoundError:
        pytest.skip("there is no openssl")
    assert keys.key_id(private.public_key()) == hashlib.sha256(der).hexdigest()


def first_use(path: Path, barrier: object, queue: object) -> None:
    barrier.wait()  # type: ignore[attr-defined]
    queue.put(keys.key_id(keys.signing_key(path).public_key()))  # type: ignore[attr-defined]


def test_two_first_uses_at_once_agree(folder: Path) -> None:
    context = multiprocessing.get_context("fork")
    for attempt in range(5):
        barrier, queue = context.Barrier(4), context.Queue()
        path = folder / f"state-{attempt}" / "key.pem"
        processes = [
            context.Process(target=first_use, args=(path, barrier, queue)) for _ in range(4)
        ]
        for each in processes:
            each.start()
        found = {queue.get(timeout=30) for _ in processes}
        for each in processes:
            each.join()
        assert len(found) == 1


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o660, 0o606])
def test_a_key_that_others_can_read_is_refused(settings: Settings, mode: int) -> None:
    keys.signing_key(settings.key)
    settings.key.chmod(mode)
    with pytest.raises(ConfigurationError, match="can be read or changed by other users") as error:
        keys.signing_key(settings.key)
    assert error.value.hint == f"chmod 600 {settings.key}"
    with pytest.raises(ConfigurationError):
        keys.own_public_key(settings.key)


@pytest.mark.parametrize("text", [b"", b"hello", b"-----BEGIN PRIVATE KEY-----\nAAAA\n"])
def test_a_file_that_is_no_key(settings: Settings, text: bytes) -> None:
    settings.key.parent.mkdir(parents=True)
    settings.key.write_bytes(text)
    settings.key.chmod(0o600)
    with pytest.raises(ConfigurationError, match="no private key in PEM"):
        keys.signing_key(settings.key)


def test_keys_of_another_kind_and_with_a_passphrase(settings: Settings) -> None:
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519
    from cryptography.hazmat.primitives.serialization import (
        BestAvailableEncryption,
        Encoding,
        NoEncryption,
        PrivateFormat,
    )

    settings.key.parent.mkdir(parents=True)
    settings.key.touch(0o600)
    other = ec.generate_private_key(ec.SECP256R1())
    settings.key.write_bytes(other.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    with pytest.raises(ConfigurationError, match="not an Ed25519 key"):
        keys.signing_key(settings.key)
    locked = ed25519.Ed25519PrivateKey.generate()
    settings.key.write_bytes(
        locked.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"x"))
    )
    with pytest.raises(ConfigurationError, match="without a passphrase"):
        keys.signing_key(settings.key)


def test_a_folder_or_pipe_in_place_of_the_key(settings: Settings) -> None:
    settings.key.mkdir(parents=True)
    with pytest.raises(ConfigurationError, match="is not a file"):
        keys.signing_key(settings.key)
    settings.key.rmdir()
    os.mkfifo(settings.key, 0o600)
    with pytest.raises(ConfigurationError, match="is not a file"):
        keys.signing_key(settings.key)


def test_a_key_that_cannot_be_made(settings: Settings, folder: Path) -> None:
    (folder / "state").write_text("a file in place of the folder")
    with pytest.raises(CouldNotCheckError, match="cannot be used"):
        keys.signing_key(settings.key)


def test_a_public_key_that_is_not_the_private_one_s(settings: Settings, folder: Path) -> None:
    keys.signing_key(settings.key)
    keys.signing_key(folder / "other.pem")
    public = keys.public_path(settings.key)
    public.write_bytes(keys.public_path(folder / "other.pem").read_bytes())
    with pytest.raises(ConfigurationError, match="is not the public key of"):
        keys.signing_key(settings.key)


def test_the_public_key_alone_verifies(make_module, settings: Settings) -> None:
    world = World(make_module("python"), settings)
    world.passed()
    settings.key.unlink()
    assert len(world.evidence.verify(Stage.RELEASE.before)) == 6


def test_trust(folder: Path, settings: Settings) -> None:
    own = keys.key_id(keys.signing_key(settings.key).public_key())
    other = keys.key_id(keys.signing_key(folder / "other.pem").public_key())
    other_file = keys.public_path(folder / "other.pem")

    def trusted(*entries: str) -> set[str]:
        policy = Policy(
            trusted_keys=entries, sources={"trusted_keys": str(folder / "gates-policy.toml")}
        )
        return set(Trust.of(policy, settings).keys)

    assert trusted() == {own}
    assert trusted(own) == {own}
    assert trusted(f"sha256:{own}") == {own}
    assert trusted("other.pem.pub") == {other}
    assert trusted(str(other_file), own) == {other, own}
    assert trusted(other_file.read_text()) == {other}
    assert trusted(other, "other.pem.pub") == {other}
    with pytest.raises(ConfigurationError, match=r"public key of .* is not known here"):
        trusted(other)
    with pytest.raises(ConfigurationError, match="neither a key id"):
        trusted("nowhere.pub")
    with pytest.raises(ConfigurationError, match="no PEM public key"):
        trusted("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n")
    with pytest.raises(ConfigurationError, match="no PEM public key"):
        trusted("other.pem")  # the private key is not the one to name


def test_an_installation_without_a_key_trusts_nobody(make_module, settings: Settings) -> None:
    world = World(make_module("python"), settings)
    world.passed()
    elsewhere = replace(settings, key=settings.key.with_name("new.pem"))
    found = replace(world.evidence, settings=elsewhere).inspect([Stage.LINT])[0]
    assert "unknown key" in found.reasons[0]
    assert not settings.key.with_name("new.pem").exists()


def test_an_envelope_verifies_without_our_code(make_module, settings: Settings) -> None:
    """By the letter of DSSE 1.0 and of in-toto's Statement v1."""
    world = World(make_module("python"), settings)
    world.passed()
    document = json.loads(world.evidence.envelope(Stage.BUILD) or b"")
    assert document["payloadType"] == "application/vnd.in-toto+json"
    payload = base64.b64decode(document["payload"])
    (signature,) = document["signatures"]
    kind = document["payloadType"].encode()
    pae = b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(payload), payload)
    public = keys.own_public_key(settings.key)
    assert public is not None
    public.verify(base64.b64decode(signature["sig"]), pae)
    assert signature["keyid"] == keys.key_id(public)
    value = json.loads(payload)
    assert value["_type"] == "https://in-toto.io/Statement/v1"
    assert value["predicateType"] == "https://schemas.axon.dev/gates/stage/v1"
    assert value["subject"] == [
        {"name": "sample-module@1.0.0", "digest": {"dirHash1": world.module.digest}},
        {"name": "sample-module-1.0.0.tgz", "digest": {"sha256": world.digest}},
    ]
    assert value["predicate"]["policy"] == {"digest": {"sha256": world.policy.digest}}
    assert set(value["predicate"]["environment"]) == {"gates", "python", "platform"}


def test_the_store_ignores_itself(make_module, settings: Settings) -> None:
    world = World(make_module("python"), settings)
    before = world.module.digest
    path = world.evidence.write(result_of(Stage.LINT)).path
    assert path == world.root / ".gates" / "evidence" / "lint.dsse.json"
    assert (world.root / ".gates" / ".gitignore").read_text() == "*\n"
    assert world.module.digest == before
    assert sorted(each.name for each in path.parent.iterdir()) == ["lint.dsse.json"]


def test_a_folder_of_its_own(make_module, settings: Settings, folder: Path) -> None:
    world = World(make_module("python"), settings)
    evidence = replace(world.evidence, folder=folder / "kept" / "here")
    evidence.write(result_of(Stage.LINT))
    assert [each.name for each in (folder / "kept" / "here").iterdir()] == ["lint.dsse.json"]
    assert evidence.inspect([Stage.LINT])[0].reasons == ()
    evidence.store.remove(Stage.LINT)
    evidence.store.remove(Stage.LINT)
    assert evidence.inspect([Stage.LINT])[0].reasons == (
        "the stage lint has no evidence [missing]",
    )


def test_after_the_build_its_bundle_is_the_subject(make_module, settings: Settings) -> None:
    world = World(make_module("python"), settings)
    evidence = world.evidence
    evidence.write(result_of(Stage.BUILD), bundle=f"sha256:{world.digest}")
    evidence.write(result_of(Stage.SCAN))
    found = evidence.verify([Stage.BUILD, Stage.SCAN])
    assert found[Stage.SCAN].bundle == found[Stage.BUILD].bundle == world.digest
    evidence.write(result_of(Stage.BUILD, Verdict.FAIL))
    evidence.write(result_of(Stage.SCAN))
    assert (
        "the evidence of scan names no bundle [no-bundle]"
        in evidence.inspect([Stage.SCAN])[0].reasons
    )


@given(st.text(), st.text(), st.floats(0, 1e6), st.text())
def test_any_text_survives(message: str, path: str, seconds: float, detail: str) -> None:
    finding = Finding("lint-works", message, Location(path, 1), detail=detail, excerpt=message)
    check = CheckResult(
        "lint-works",
        Verdict.FAIL,
        findings=(finding,),
        records=(RanRecord("tool", "1.0", 1, 3, seconds, detail),),
        reason=message,
    )
    result = result_of(Stage.LINT, checks=(check,), outputs={"name": message})

    class Module:
        slug, version, digest = "a", "1.0.0", "0" * 64

    payload = statement.build(result, Module, "1" * 64)  # type: ignore[arg-type]
    found = statement.read(payload)
    assert found.verdict is Verdict.FAIL
    assert "\\u0000" not in payload.decode()
    assert not any(
        0xD800 <= ord(each) < 0xE000
        for each in json.loads(payload)["predicate"]["checks"][0]["reason"]
    )
    assert envelope.canonical(json.loads(payload)) == payload


@given(st.binary(max_size=200), st.binary(max_size=80))
def test_envelopes_are_those_of_the_library_both_ways(payload: bytes, other: bytes) -> None:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from securesystemslib.dsse import Envelope as Dsse
    from securesystemslib.exceptions import VerificationError
    from securesystemslib.signer import (  # type: ignore[attr-defined]
        CryptoSigner,
        Signature,
        SSlibKey,
    )

    private = Ed25519PrivateKey.from_private_bytes(b"k" * 32)
    public = private.public_key()
    identity = keys.key_id(public)
    theirs = SSlibKey.from_crypto(public, keyid=identity)
    signed = envelope.sign(payload, private)
    signature = {identity: Signature(identity, signed.signatures[0][1].hex())}
    Dsse(payload, envelope.PAYLOAD_TYPE, signature).verify([theirs], 1)
    if other != payload:
        with pytest.raises(VerificationError):
            Dsse(other, envelope.PAYLOAD_TYPE, signature).verify([theirs], 1)
    made = Dsse(payload, envelope.PAYLOAD_TYPE, {}).sign(CryptoSigner(private, theirs))
    trust = Trust({identity: public})
    read = envelope.Envelope(payload, ((identity, bytes.fromhex(made.signature)),))
    assert read.problems(trust) == []
    for wrong in (other, other[:64].ljust(64, b"\0")):
        assert envelope.Envelope(payload, ((identity, wrong),)).problems(trust)


@pytest.mark.parametrize("lines", [b"\n", b"\r\n"])
def test_a_key_is_read_as_the_library_reads_it(folder: Path, lines: bytes) -> None:
    """Also where its file is not of the form that is read without it."""
    path = folder / "private.pem"
    for _ in range(20):
        key = Ed25519PrivateKey.generate()
        text = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        path.write_bytes(text.replace(b"\n", lines))
        path.chmod(0o600)
        assert key_files.read_private(path).private_bytes_raw() == key.private_bytes_raw()
        public = key.public_key()
        text = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        read = key_files.parse_public(text.replace(b"\n", lines), "it")
        assert read.public_bytes_raw() == public.public_bytes_raw()
        der = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        assert keys.key_id(public) == hashlib.sha256(der).hexdigest()


@pytest.mark.parametrize("change", [
    lambda text: text.replace(b"MCowBQYDK2Vw", b"MCowBQYDK2Vu"),  # X25519
    lambda text: text.replace(b"PUBLIC", b"PRIVATE"),
    lambda text: text[:60] + text[64:],
    lambda text: text.replace(b"=\n", b"A\n"),
    lambda text: text.replace(b"PUBLIC KEY-----\n", b"PUBLIC KEY-----\n!", 1),
])  # fmt: skip
def test_what_is_no_key_of_this_kind_is_refused(change: Callable[[bytes], bytes]) -> None:
    public = Ed25519PrivateKey.generate().public_key()
    text = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    with pytest.raises(ConfigurationError):
        key_files.parse_public(change(text), "it")
