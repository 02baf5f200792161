"""Advisories in the OSV format: who falls under them, and which snapshots are believed."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gates.errors import CouldNotCheckError
from gates.toolchains import Tools
from gates.toolchains.advisories import match, read_snapshot
from gates.toolchains.advisory_search import find_advisories
from gates.toolchains.locks import Locked

TODAY = date(2026, 11, 24)
CANARY = {"ecosystem": "PyPI", "name": "canary", "version": "1.0", "id": "TEST-0"}


def affected(name: str, events: list[dict[str, str]], ecosystem: str = "PyPI", **more: object):
    kind = "ECOSYSTEM" if ecosystem == "PyPI" else "SEMVER"
    package = {"ecosystem": ecosystem, "name": name}
    return {"package": package, "ranges": [{"type": kind, "events": events}], **more}


def record(id: str, *parts: object, **more: object):  # noqa: A002
    return {"id": id, "affected": list(parts), **more}


CANARY_RECORD = record("TEST-0", affected("Canary", [{"introduced": "0"}]))


def document(*records: object, **more: object) -> dict[str, object]:
    every = [CANARY_RECORD, *records]
    return {
        "schema_version": 1,
        "created": "2026-11-20T00:00:00Z",
        "source": "a test",
        "record_count": len(every),
        "canaries": [CANARY],
        "records": every,
        **more,
    }


def snapshot(*records: object, **more: object):
    data = json.dumps(document(*records, **more)).encode()
    return read_snapshot(data, today=TODAY, max_age_days=30)


def hits(part: object, version: str, name: str = "x", ecosystem: str = "PyPI", **more: object):
    package = Locked(ecosystem, name, version, 1)
    return [found.fixed for found in match(snapshot(record("TEST-1", part, **more)), [package])]


@pytest.mark.parametrize(
    ("version", "found"),
    [("0.9", False), ("1.0", True), ("1.4.99", True), ("1.5", False), ("2.0rc1", False),
     ("2.0", True), ("3.0", True), ("3.0.post1", False)],
)  # fmt: skip
def test_ranges(version, found):
    events = [
        {"introduced": "1.0"},
        {"fixed": "1.5"},
        {"introduced": "2.0"},
        {"last_affected": "3.0"},
    ]
    assert bool(hits(affected("x", events), version)) is found


@pytest.mark.parametrize(
    ("version", "found"),
    [("1.0.0-alpha", True), ("1.9.9", True), ("2.0.0-rc.1", True), ("2.0.0", False)],
)
def test_npm_versions_are_semver(version, found):
    part = affected("@a/x", [{"introduced": "0"}, {"fixed": "2.0.0"}], "npm")
    assert bool(hits(part, version, "@a/x", "npm")) is found


def test_the_smallest_fix_above_is_named():
    events = [{"introduced": "0"}, {"fixed": "1.2"}, {"introduced": "1.3"}, {"fixed": "1.10"}]
    assert hits(affected("x", events), "1.4") == ["1.10"]
    assert hits(affected("x", [{"introduced": "0"}]), "1.4") == [""]


def test_a_list_of_versions_counts_as_ranges_do():
    part = {"package": {"ecosystem": "PyPI", "name": "x"}, "versions": ["1.0.0", "not a version"]}
    assert hits(part, "1.0")
    assert not hits(part, "1.1")


def test_names_are_compared_as_the_ecosystem_compares_them():
    assert hits(affected("Zope.Interface", [{"introduced": "0"}]), "1.0", "zope-interface")
    assert not hits(affected("X", [{"introduced": "0"}], "npm"), "1.0.0", "x", "npm")


def test_withdrawn_advisories_and_other_ecosystems_do_not_count():
    part = affected("x", [{"introduced": "0"}])
    assert not hits(part, "1.0", withdrawn="2024-01-01T00:00:00Z")
    assert not hits(affected("x", [{"introduced": "0"}], "npm"), "1.0")


def test_git_ranges_do_not_count():
    part = affected("x", [{"introduced": "0"}])
    part["ranges"][0]["type"] = "GIT"
    assert not hits(part, "1.0")


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"record_count": 7}, "holds 1 records"),
        ({"schema_version": 2}, "schema_version"),
        ({"canaries": []}, "no canaries"),
        ({"canaries": [{**CANARY, "id": "TEST-9"}]}, "canary TEST-9 is not found"),
        ({"canaries": [{**CANARY, "name": "other"}]}, "canary TEST-0 is not found"),
        ({"records": [], "record_count": 0}, "holds 0 records"),
        ({"records": [7], "record_count": 1}, "cannot be relied upon"),
        ({"created": "2026-10-01T00:00:00Z"}, "54 days old"),
        ({"created": "2026-12-24T00:00:00Z"}, "in the future"),
        ({"created": "yesterday"}, "cannot be relied upon"),
    ],
)
def test_snapshots_that_are_not_believed(more, message):
    with pytest.raises(CouldNotCheckError, match=message):
        snapshot(**more)


@given(st.binary())
def test_any_bytes_are_no_snapshot(data):
    with pytest.raises(CouldNotCheckError):
        read_snapshot(data, today=TODAY, max_age_days=30)


@given(
    st.lists(st.integers(0, 20), min_size=1, max_size=8, unique=True).map(sorted),
    st.integers(0, 21),
    st.randoms(),
)
def test_alternating_events_in_any_order(points, version, random):
    kinds = ["introduced" if index % 2 == 0 else "fixed" for index in range(len(points))]
    events = [{kind: f"1.{point}"} for kind, point in zip(kinds, points, strict=True)]
    random.shuffle(events)
    expected = sum(point <= version for point in points) % 2 == 1
    assert bool(hits(affected("x", events), f"1.{version}")) is expected


def test_a_version_that_is_none_is_no_answer():
    with pytest.raises(ValueError, match="nonsense"):
        hits(affected("x", [{"introduced": "0"}]), "nonsense")


def test_a_snapshot_that_vouches_for_the_ecosystem(open_session, tmp_path):
    path = tmp_path / "advisories.json"
    path.write_text(json.dumps(document()))
    python = open_session("python", advisories=path)
    assert list(find_advisories(Tools(python), python.policy, TODAY)) == []


def test_a_snapshot_of_another_ecosystem_is_no_answer(open_session, tmp_path):
    path = tmp_path / "advisories.json"
    path.write_text(json.dumps(document()))
    session = open_session("typescript", advisories=path)
    with pytest.raises(CouldNotCheckError, match="no canary for npm"):
        list(find_advisories(Tools(session), session.policy, TODAY))


def test_no_snapshot_and_offline_is_no_answer(open_session):
    session = open_session("python")
    session.settings = replace(session.settings, offline=True)
    with pytest.raises(CouldNotCheckError, match="no advisory source") as caught:
        list(find_advisories(Tools(session), session.policy, TODAY))
    assert "snapshot" in (caught.value.hint or "")


def test_a_snapshot_that_is_gone_is_no_answer(open_session, tmp_path):
    session = open_session("python", advisories=tmp_path / "none.json")
    with pytest.raises(CouldNotCheckError, match="cannot be read"):
        list(find_advisories(Tools(session), session.policy, TODAY))
