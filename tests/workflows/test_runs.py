"""The workflow really runs, by act: which jobs ran, and what the one verdict was."""

from __future__ import annotations

import json

import pytest

from gates.ci.plan import ACTING, CHECKING
from gates.ci.shards import PER_JOB
from gates.model import Stage

RELEASE = {"publish": True, "catalog": "state/catalog", "registry": "state/registry"}
SECRETS = {"signing-key": "THE-KEY", "catalog-read-url": "x/reads", "catalog-write-url": "x/writes"}
EVERY = {"plan", *Stage, "conclude"}


def test_a_green_module_runs_every_job(cheap):
    ran = cheap({".": {}}, **RELEASE).run(secrets=SECRETS)
    print(ran.code, ran.results)
    print(ran.text)
    assert ran.code == 0, ran.text
    assert ran.results == dict.fromkeys(EVERY, "success")
    assert ran.output("verdict") == "pass"
