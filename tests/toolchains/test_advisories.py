"""Advisories in the OSV format: who falls under them, and which snapshots are believed."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gates.errors import CouldNotCheckError
from gates.evidence.freshness import SNAPSHOT_RECORD
from gates.toolchains import Tools
from gates.toolchains.advisories import match, read_snapshot
from gates.toolchains.advisory_search import find_advisories
from gates.toolchains.languages.typescript.lock import NPM
from gates.toolchains.locks import Locked
from gates.toolchains.osv import NotUnderstoodError, is_affected
from tests.toolchains.osv_pseudocode import is_vulnerable

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
    matches = match(snapshot(record("TEST-1", part, **more)), [package])
    if matches.unclear:
        raise CouldNotCheckError(matches.unclear[0])
    return [found.fixed for found in matches.found]


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


def test_versions_of_another_type_of_range_are_versions():
    for ecosystem, kind in (("npm", "ECOSYSTEM"), ("PyPI", "SEMVER")):
        part = affected("x", [{"introduced": "0"}, {"fixed": "1.2.0"}], ecosystem)
        part["ranges"][0]["type"] = kind
        assert hits(part, "1.1.9", "x", ecosystem) == ["1.2.0"]
        assert hits(part, "1.2.0", "x", ecosystem) == []


GIT = {"type": "GIT", "repo": "https://example.com/x", "events": [{"introduced": "0"}]}


def ranged(*ranges: object, **more: object):
    return {"package": {"ecosystem": "PyPI", "name": "x"}, "ranges": list(ranges), **more}


def of(*events: object, **more: object):
    return {"type": "ECOSYSTEM", "events": list(events), **more}


START = {"introduced": "0"}


@pytest.mark.parametrize(
    ("part", "message"),
    [
        (ranged(GIT), "only of commits"),
        (ranged(), "neither versions nor ranges"),
        ({"package": {"ecosystem": "PyPI", "name": "x"}}, "neither versions nor ranges"),
        (ranged(of()), "where it begins"),
        (ranged({"type": "ECOSYSTEM"}), "where it begins"),
        (ranged(of({"fixed": "2.0"})), "where it begins"),
        (ranged(of({"introduced": "0", "fixed": "2.0"})), "one of its events"),
        (ranged(of(START, {"repaired": "2.0"})), "one of its events"),
        (ranged(of(START, {})), "one of its events"),
        (ranged(of(START, 5)), "one of its events"),
        (ranged(of(START, {"fixed": "two"})), "fixed 'two' is no version"),
        (ranged(of(START, {"fixed": 2})), "is no version"),
        (ranged(of(START, {"fixed": None})), "is no version"),
        (ranged(of(START, type="COMMIT")), "has a type"),
        (ranged(of(START, type=["SEMVER"])), "has a type"),
        (ranged(of(START, {"fixed": "1.0.0-1"}, type="SEMVER")), "is no version"),
        (ranged("1.0"), "has a type"),
        (ranged(versions="1.1"), "versions are no list"),
        (ranged(versions=[1.1]), "is no text"),
        ({"package": {"ecosystem": "PyPI", "name": "x"}, "ranges": {}}, "ranges are no list"),
        (ranged(of(START), package={"ecosystem": "pypi", "name": "x"}), "ecosystem is 'pypi'"),
        (ranged(of(START), package={"ecosystem": "PyPI:x", "name": "X"}), "ecosystem is 'PyPI:x'"),
        (ranged(of({"fixed": "1.0"}, {"introduced": "1.0"}, START)), "in no order"),
    ],
)
def test_what_is_not_understood_is_no_answer(part, message):
    with pytest.raises(CouldNotCheckError, match=message):
        hits(part, "1.0")


def test_what_is_understood_counts_beside_what_is_not():
    assert hits(ranged(of(START, {"repaired": "2"}), of(START)), "1.0") == [""]
    assert hits(ranged(of(START, {"repaired": "2"}), versions=["1.0"]), "1.0") == [""]
    assert hits(ranged(GIT, versions=["1.0"]), "1.0") == [""]
    assert hits(ranged(GIT, versions=["1.1"]), "1.0") == []
    assert hits(ranged(GIT, of({"introduced": "2.0"})), "1.0") == []


def test_only_the_package_that_is_not_understood_is_in_doubt():
    other = record("TEST-2", affected("y", [{"introduced": "0"}]))
    packages = [Locked("PyPI", "x", "1.0", 1), Locked("PyPI", "y", "1.0", 2)]
    matches = match(snapshot(record("TEST-1", ranged(of())), other), packages)
    assert [each.id for each in matches.found] == ["TEST-2"]
    assert len(matches.unclear) == 1
    assert matches.unclear[0].startswith("x 1.0 and TEST-1: ")


@pytest.mark.parametrize(
    ("withdrawn", "found"),
    [("2026-11-19T00:00:00Z", []), ("2026-11-19T00:00:00", []), ("2026-11-21T00:00:00Z", [""])],
)
def test_withdrawn_is_a_moment(withdrawn, found):
    assert hits(ranged(of(START)), "1.0", withdrawn=withdrawn) == found


@pytest.mark.parametrize("withdrawn", [True, "no", 7, ""])
def test_a_withdrawal_without_a_moment_is_no_answer(withdrawn):
    with pytest.raises(CouldNotCheckError, match="no moment"):
        hits(ranged(of(START)), "1.0", withdrawn=withdrawn)


def test_another_schema_is_no_answer():
    assert hits(ranged(of(START)), "1.0", schema_version="1.99.0") == [""]
    with pytest.raises(CouldNotCheckError, match=r"schema '2\.0\.0'"):
        hits(ranged(of(START)), "1.0", schema_version="2.0.0")


@pytest.mark.parametrize(
    ("events", "version", "found"),
    [
        ([{"introduced": "1.0"}, {"last_affected": "1.0"}], "1.0", True),
        ([{"last_affected": "1.0"}, {"introduced": "1.0"}], "1.0", True),
        ([{"introduced": "1.0"}, {"last_affected": "1.0"}], "1.1", False),
        ([{"last_affected": "1.0"}, {"introduced": "1.0"}], "1.1", False),
        ([{"introduced": "1.0"}, {"last_affected": "1.0"}], "0.9", False),
        ([{"introduced": "1.0"}, {"fixed": "1.0"}], "1.0", False),
        ([START, {"fixed": "1.0"}, {"introduced": "1.0"}], "1.0", True),
        ([{"fixed": "1.0"}, START], "0.9", True),
        ([{"fixed": "1.0"}, START], "1.0", False),
        ([START], "0.dev0", True),
        ([START, {"limit": "2.0"}], "1.9", True),
        ([START, {"limit": "2.0"}], "2.0", False),
        ([{"limit": "2.0"}, START, {"limit": "3.0"}], "2.5", True),
        ([START, {"limit": "*"}, {"limit": "1.0"}], "5.0", True),
        ([START, {"fixed": "1.5"}, {"limit": "2.0"}], "1.6", False),
    ],
)
def test_events(events, version, found):
    assert bool(hits(affected("x", events), version)) is found


VERSIONS = st.sampled_from(["1.0.0", "1.0.1", "1.1.0", "1.1.1", "2.0.0", "10.0.0", "10.0.1"])
EVENTS = st.lists(
    st.one_of(
        st.builds(
            lambda kind, at: {kind: at}, st.sampled_from(["fixed", "last_affected"]), VERSIONS
        ),
        st.builds(lambda at: {"introduced": at}, VERSIONS | st.just("0")),
        st.builds(lambda at: {"limit": at}, VERSIONS | st.just("*")),
    ),
    max_size=5,
)
RANGES = st.builds(
    lambda kind, start, events: {"type": kind, "events": [{"introduced": start}, *events]},
    st.sampled_from(["SEMVER", "ECOSYSTEM"]),
    VERSIONS | st.just("0"),
    EVENTS,
)
PARTS = st.builds(
    lambda name, ranges, versions: {
        "package": {"ecosystem": "npm", "name": name}, "ranges": ranges, "versions": versions,
    },
    st.sampled_from(["x", "y"]),
    st.lists(RANGES | st.just(GIT), max_size=3),
    st.lists(VERSIONS, min_size=1, max_size=2),
)  # fmt: skip


def semantic(text: str) -> tuple[int, ...]:
    return (-1,) if text == "0" else tuple(int(part) for part in text.split("."))


@given(st.lists(PARTS, max_size=2), VERSIONS)
def test_the_pseudo_code_of_the_schema(parts, version):
    osv = {"id": "TEST-1", "affected": parts}
    expected = is_vulnerable(("npm", "x"), version, osv, semantic)
    try:
        found = is_affected(osv, NPM, "x", version, now=datetime(2026, 11, 20, tzinfo=UTC))
    except NotUnderstoodError as error:
        assert "in no order" in str(error)  # the schema does not say either  # noqa: PT017
    else:
        assert found is expected


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
    with pytest.raises(CouldNotCheckError, match="nonsense"):
        hits(affected("x", [{"introduced": "0"}]), "nonsense")


def test_a_snapshot_that_vouches_for_the_ecosystem(open_session, tmp_path):
    path = tmp_path / "advisories.json"
    path.write_text(json.dumps(document()))
    python = open_session("python", advisories=path)
    tools = Tools(python)
    assert list(find_advisories(tools, python.policy, TODAY)) == []
    (record,) = (each for each in tools.records if each.name == SNAPSHOT_RECORD)
    assert record.detail.endswith(f"sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}")


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
