"""Bundles that real jobs made: verified offline, and refused for each thing that is not trusted."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from gates.evidence import Trust
from gates.evidence.bundle import MEDIA_TYPE, Bundle
from gates.evidence.envelope import PAYLOAD_TYPE, MalformedError
from gates.identities import Identity, TrustRoot
from tests.evidence.sigstore_instance import Instance, reparsed

FOLDER = Path(__file__).parent / "recorded"
MODELS = "pypi_attestation_models-0.0.4a2.tar.gz.sigstore"
PROVENANCE = "pypi_attestations-0.0.19.tar.gz.slsa.attestation"
GITLAB = "gitlab_oidc_project-0.0.3.tar.gz.publish.attestation"
PINNED = {
    MODELS: "faf6ebd0a6573479d34ffd0610eba529b155a1cebf643f50d30308daaa675994",
    PROVENANCE: "70258bb8e63a1f81cc5e5e58ddc3f26f5c314634c0a3c760c16d8872dc36f538",
    GITLAB: "b790801779c2654a7138e0212b701582ade5785bc8299bbb29d2580e4586ffd2",
    "trusted_root.json": "6494e21ea73fa7ee769f85f57d5a3e6a08725eae1e38c755fc3517c9e6bc0b66",
}
FETCHED = date(2026, 6, 1)
ROOT = TrustRoot(FOLDER / "trusted_root.json", PINNED["trusted_root.json"], FETCHED)
IDENTITY = Identity(
    issuer="https://token.actions.githubusercontent.com",
    workflow="https://github.com/trailofbits/pypi-attestation-models/.github/workflows/release.yml",
    signer_digests=("153c9a3f5c152ef5405cba227676534658acde27",),
    repositories=("https://github.com/trailofbits/pypi-attestation-models",),
)
TRUST = Trust({}, (IDENTITY,), ROOT, 90, FETCHED)


def recorded(name: str) -> Bundle:
    value = json.loads((FOLDER / name).read_bytes())
    if "mediaType" not in value:  # an attestation of PEP 740 is a bundle under other names
        material, envelope = value["verification_material"], value["envelope"]
        value = {
            "mediaType": MEDIA_TYPE,
            "verificationMaterial": {
                "certificate": {"rawBytes": material["certificate"]},
                "tlogEntries": material["transparency_entries"],
            },
            "dsseEnvelope": {
                "payload": envelope["statement"],
                "payloadType": PAYLOAD_TYPE,
                "signatures": [{"sig": envelope["signature"]}],
            },
        }
    return reparsed(value)


def trusting(**changes: Any) -> Trust:
    return replace(TRUST, identities=(replace(IDENTITY, **changes),))


@pytest.mark.parametrize("name", PINNED)
def test_the_recordings_are_those_that_were_reviewed(name: str) -> None:
    assert hashlib.sha256((FOLDER / name).read_bytes()).hexdigest() == PINNED[name]


def test_a_real_bundle_is_verified_offline() -> None:
    found = recorded(MODELS)
    assert found.problems(TRUST) == []
    assert found.claims.commit == "153c9a3f5c152ef5405cba227676534658acde27"
    assert found.claims.runner == "github-hosted"
    assert found.claims.workflow.endswith("release.yml@refs/tags/v0.0.4a2")
    assert json.loads(found.payload)["_type"] == "https://in-toto.io/Statement/v1"


def test_a_real_provenance_is_verified_offline() -> None:
    commit = "08802efe1f8e5fec4ad842d6b8ce97656092ee72"
    home = "https://github.com/trailofbits/pypi-attestations"
    trust = trusting(
        workflow=f"{home}/.github/workflows/release.yml@refs/tags/v0.0.19",
        signer_digests=("f" * 40, commit),
        repositories=("https://github.com/trailofbits/*",),
    )
    found = recorded(PROVENANCE)
    assert found.problems(trust) == []
    assert found.claims.repository == home


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"issuer": "https://gitlab.com"}, "wrong-issuer"),
        ({"workflow": IDENTITY.workflow.replace("release", "ci")}, "wrong-workflow"),
        ({"workflow": IDENTITY.workflow + "@refs/tags/v0.0.4"}, "wrong-workflow"),
        ({"workflow": IDENTITY.workflow[:-1]}, "wrong-workflow"),
        ({"signer_digests": ("a" * 40,)}, "signer-digest-not-listed"),
        ({"signer_digests": ("153c9a3f5c15",)}, "signer-digest-not-listed"),
        ({"repositories": ("https://github.com/trailofbits/pypi",)}, "wrong-repository"),
        ({"repositories": ("https://github.com/trail/*",)}, "wrong-repository"),
        ({"repositories": ("https://github.com/*",)}, "wrong-repository"),
        ({"runners": ("self-hosted",)}, "wrong-runner"),
    ],
)
def test_each_member_of_an_identity_counts(changes: dict[str, Any], code: str) -> None:
    (clause,) = recorded(MODELS).problems(trusting(**changes))
    assert clause.endswith(f"[{code}]")
    assert clause.startswith("is signed ")


def test_everything_that_is_wrong_is_named_at_once() -> None:
    found = recorded(GITLAB).problems(TRUST)
    assert [each.rpartition("[")[2].rstrip("]") for each in found] == [
        "wrong-issuer",
        "wrong-workflow",
        "signer-digest-not-listed",
        "wrong-repository",
        "wrong-runner",
    ]
    assert "https://gitlab.com" in found[0]


def test_a_trust_root_of_somebody_else(tmp_path: Path) -> None:
    other = Instance().trusted_root(tmp_path / "root.json", FETCHED)
    (clause,) = recorded(MODELS).problems(replace(TRUST, root=other))
    assert "its transparency log is not in the trust root" in clause


def test_no_member_of_a_real_bundle_can_be_flipped() -> None:
    original = recorded(MODELS)
    places = list(texts(original.value, ()))
    assert len(places) > 30
    for place, text in places:
        for position in range(0, len(text), max(1, len(text) // 3)):
            letter = {"1": "2", "A": "B"}.get(text[position], "1")
            edited = text[:position] + letter + text[position + 1 :]
            if place[-2:] == ("checkpoint", "envelope") and named(edited) == named(text):
                continue
            assert refused(changed(place, edited)), (place, position)


def texts(value: object, path: tuple[Any, ...]) -> Iterator[tuple[tuple[Any, ...], str]]:
    if isinstance(value, str):
        yield path, value
    inner = value.items() if isinstance(value, dict) else ()
    for key, each in enumerate(value) if isinstance(value, list) else inner:
        yield from texts(each, (*path, key))


def named(note: str) -> str:
    """A checkpoint without the name of its signer, which only repeats what the key says."""
    return re.sub(r"^(\N{EM DASH}) \S+ ", r"\1 ", note, flags=re.MULTILINE)


def changed(place: tuple[Any, ...], to: object) -> dict[str, Any]:
    value: dict[str, Any] = json.loads(json.dumps(recorded(MODELS).value))
    holder: Any = value
    for key in place[:-1]:
        holder = holder[key]
    if to is None:
        del holder[place[-1]]
    else:
        holder[place[-1]] = to
    return value


@pytest.mark.parametrize(
    "place",
    [
        ("verificationMaterial",),
        ("verificationMaterial", "certificate"),
        ("verificationMaterial", "tlogEntries"),
        ("verificationMaterial", "tlogEntries", 0, "inclusionPromise"),
        ("verificationMaterial", "tlogEntries", 0, "inclusionProof"),
        ("verificationMaterial", "tlogEntries", 0, "inclusionProof", "checkpoint"),
        ("verificationMaterial", "tlogEntries", 0, "integratedTime"),
        ("verificationMaterial", "tlogEntries", 0, "logId"),
        ("dsseEnvelope",),
        ("dsseEnvelope", "payload"),
        ("dsseEnvelope", "signatures"),
    ],
)
def test_no_part_of_a_real_bundle_can_be_left_out(place: tuple[Any, ...]) -> None:
    for to in (None, {}, [], "", 1):
        assert refused(changed(place, to)), (place, to)


def test_members_that_nobody_signed_are_refused() -> None:
    entry = ("verificationMaterial", "tlogEntries")
    (found,) = recorded(MODELS).value["verificationMaterial"]["tlogEntries"]
    assert refused(changed(("dsseEnvelope", "signatures", 0, "keyid"), "somebody"))
    assert refused(changed(("verificationMaterial", "remark"), "x"))
    assert refused(changed(entry, [found, found]))


def refused(value: object) -> bool:
    try:
        problems = reparsed(value).problems(TRUST)
    except MalformedError as error:
        problems = [str(error)]
    assert all(each.isprintable() and len(each) < 500 for each in problems)
    return bool(problems)


def test_a_payload_of_another_bundle() -> None:
    other = base64.b64encode(b'{"_type":"https://in-toto.io/Statement/v1"}').decode()
    (clause,) = reparsed(changed(("dsseEnvelope", "payload"), other)).problems(TRUST)
    assert clause.endswith("[not-verified]")
