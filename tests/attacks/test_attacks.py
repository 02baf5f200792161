"""No attack on the machine around a module reaches anything, and each would without a sandbox."""

from __future__ import annotations

import os
import sys

import pytest

from gates.toolchains.bubblewrap import find_bubblewrap
from tests.attacks.__main__ import as_ordinary_user
from tests.attacks.attacks import ATTACKS, Attack
from tests.attacks.trial import HELD, REACHED, all_at_once, tried

pytestmark = pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="the sandbox is Linux's"
)
OPEN = {"fallback": {"arguments of other processes"}, "bubblewrap": set()}
"""What does not hold; docs/security.md says so."""
QUICK = [each for each in ATTACKS if not each.limits and not each.stopped and each.timeout > 5]
SLOW = [each for each in ATTACKS if each not in QUICK]
UNSEEN = {"AF_VSOCK", "AF_PACKET, AF_ALG, AF_BLUETOOTH", "io_uring and key rings"}
"""What a kernel, or the container around the tests, may lack or forbid by itself."""


@pytest.fixture(params=["bubblewrap", "fallback"])
def walls(request) -> str:
    if request.param == "bubblewrap" and find_bubblewrap() is None:
        pytest.skip("bubblewrap does not work on this machine")
    return request.param


def test_nothing_is_reached(walls, tmp_path):
    quick = [each for each in QUICK if each.name not in OPEN[walls]]
    outcome, seen = tried(all_at_once(quick), tmp_path, walls=walls)
    assert outcome == HELD, seen


@pytest.mark.parametrize("attack", SLOW, ids=lambda each: each.name)
def test_bounds(attack, walls, tmp_path):
    outcome, seen = tried(attack, tmp_path, walls=walls)
    assert outcome == HELD, seen


@pytest.mark.skipif(find_bubblewrap() is None, reason="attacks would hit the machine itself")
@pytest.mark.parametrize(
    "attack", [e for e in QUICK if e.name not in UNSEEN], ids=lambda each: each.name
)
def test_it_is_an_attack(attack, tmp_path):
    outcome, seen = tried(attack, tmp_path, walls="none")
    assert outcome == REACHED, seen


def test_what_is_said_not_to_hold_does_not(tmp_path):
    attack = next(each for each in ATTACKS if each.name in OPEN["fallback"])
    assert tried(attack, tmp_path, walls="fallback")[0] == REACHED


def test_an_attack_that_ends_by_itself_was_not_stopped(tmp_path):
    idle = Attack("idle", "", "pass", {"memory_limit": 1 << 30}, "of memory")
    assert tried(idle, tmp_path)[0] == REACHED


@pytest.mark.skipif(os.geteuid() != 0, reason="the other tests are an ordinary user's")
def test_as_an_ordinary_user(walls):
    found = as_ordinary_user(walls, at_once=True)
    if found is None:
        pytest.skip("an ordinary user cannot run these tests here")
    assert found["all"] == HELD
