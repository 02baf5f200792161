"""The formats that stored settings are held to."""

from __future__ import annotations

import pytest

from gates.module.formats import FORMATS, SAMPLES, format_checker

WRONG = [
    ("date", "2023-02-29"), ("date", "2024-2-9"), ("date", "20240229"),
    ("date-time", "2024-02-29 12:30:00Z"), ("date-time", "2024-02-29T12:30:00"),
    ("time", "25:00:00Z"), ("time", "12:30:00"), ("email", "nobody"), ("email", "a b@example.com"),
    ("hostname", "-a.example"), ("hostname", "a" * 64), ("hostname", ""),
    ("ipv4", "192.0.2.256"), ("ipv4", "192.0.2"), ("ipv6", "2001:db8::g"), ("ipv6", "fe80::1%eth0"),
    ("uri", "www.example.com"), ("uri", "https://a b"), ("uuid", "123e4567"),
]  # fmt: skip
RIGHT = [
    *SAMPLES.items(), ("date-time", "1990-12-31T23:59:60.123456789Z"), ("ipv4", "0.0.0.0"),
    ("ipv6", "::"), ("uri", "urn:axon:a"), ("hostname", "localhost"), ("password", "anything"),
    ("color", "no such format"), ("email", 3),
]  # fmt: skip


@pytest.mark.parametrize(("name", "value"), WRONG)
def test_refused(name, value):
    assert not format_checker().conforms(value, name)


@pytest.mark.parametrize(("name", "value"), RIGHT)
def test_accepted(name, value):
    assert format_checker().conforms(value, name)


def test_each_has_a_sample():
    assert set(SAMPLES) == set(FORMATS)
