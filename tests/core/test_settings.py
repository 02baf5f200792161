"""A policy comes from three layers; a module may tighten it and not loosen it."""

from __future__ import annotations

from pathlib import Path

import pytest

from gates.errors import ConfigurationError
from gates.model import Level
from gates.settings import WALLS, Policy, Settings, load_policy, missing_walls


@pytest.fixture
def module(tmp_path: Path) -> Path:
    root = tmp_path / "modules" / "sample"
    root.mkdir(parents=True)
    return root


def test_without_files_the_standard_counts(module):
    assert load_policy(module) == Policy()
    assert Policy().coverage == 70.0


def test_the_nearest_policy_above_the_module_counts_and_never_one_inside(module):
    (module.parent / "gates-policy.toml").write_text("coverage = 80\n")
    (module.parent.parent / "gates-policy.toml").write_text("coverage = 90\n")
    (module / "gates-policy.toml").write_text("coverage = 1\n")
    policy = load_policy(module)
    assert policy.coverage == 80.0
    assert policy.sources["coverage"] == str(module.parent / "gates-policy.toml")


def test_a_module_may_tighten(module):
    (module / "gates.toml").write_text('coverage = 95\n[levels]\nsquawk = "error"\n')
    policy = load_policy(module)
    assert (policy.coverage, policy.levels["squawk"]) == (95.0, Level.ERROR)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("coverage = 10", "coverage: a module may tighten"),
        ("test_timeout = 9000", "test_timeout: a module may tighten"),
        ('[levels]\nsquawk = "warning"', "a module may not lower a level"),
        ('[trust]\nkeys = ["abc"]', "trust.keys: a module may tighten"),
        ('[advisories]\nsnapshot = "gates.toml"', "advisories.snapshot: a module may tighten"),
        ("waivers = []", "waivers: a module may tighten"),
        ('[sandbox]\nrequired = ["seccomp"]', "sandbox.required: a module may tighten"),
        ("[sandbox]\nrequired = []", "sandbox.required: a module may tighten"),
    ],
)
def test_a_module_may_not_loosen(module, text, message):
    (module / "gates.toml").write_text(text)
    with pytest.raises(ConfigurationError, match=message):
        load_policy(module)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("coverag = 10", "unknown key 'coverag'"),
        ("coverage = 'x'", "coverage: must be a number"),
        ('[sandbox]\nrequired = ["chroot"]', "sandbox.required: must be a list of bubblewrap, "),
        ('[sandbox]\nrequired = "seccomp"', "sandbox.required: must be a list"),
        ("coverage = 101", "coverage: must be between 0 and 100"),
        ("[advisories]\nmax_age_days = inf", "advisories.max_age_days: must be"),
        ("coverage = true", "coverage: must be a number"),
        ("coverage = [", "gates-policy.toml"),
        ('[levels]\nsquawk = "mild"', "levels: 'mild' is not a valid Level"),
        ('[advisories]\nsnapshot = "nowhere.json"', "there is no"),
        ("[[waivers]]\ncheck = 'a'", "missing 4 required positional arguments"),
        (
            "[[waivers]]\ncheck='a'\nreason='r'\nowner='o'\napprover='b'\nexpires=2027-01-01",
            "a path or a fingerprint",
        ),
        (
            "[[waivers]]\ncheck='a'\nreason=' '\nowner='o'\napprover='b'\nexpires=2027-01-01\n"
            "path='x'",
            "must not be empty",
        ),
    ],
)
def test_a_policy_with_a_mistake_is_refused_with_its_key(module, text, message):
    (module.parent / "gates-policy.toml").write_text(text)
    with pytest.raises(ConfigurationError) as raised:
        load_policy(module)
    assert message in str(raised.value)


@pytest.mark.parametrize("text", ["a=" + "[" * 100_000, "# " + "x" * (1 << 20)])
def test_a_hostile_policy_is_a_clear_error(module, text):
    (module / "gates.toml").write_text(text)
    with pytest.raises(ConfigurationError, match=r"gates\.toml"):
        load_policy(module)


def test_the_digest_covers_the_content_of_the_files_that_a_policy_names(module):
    policy_file = module.parent / "gates-policy.toml"
    snapshot = module.parent / "advisories.json"
    snapshot.write_text("{}")
    policy_file.write_text('[advisories]\nsnapshot = "advisories.json"\n')
    before = load_policy(module).digest
    assert load_policy(module).digest == before
    snapshot.write_text("{ }")
    assert load_policy(module).digest != before


def test_a_module_may_ask_for_more_walls(module):
    (module / "gates.toml").write_text(
        '[sandbox]\nrequired = ["bubblewrap", "landlock", "seccomp"]'
    )
    assert load_policy(module).sandbox == ("bubblewrap", "landlock", "seccomp")


@pytest.mark.parametrize(
    ("stood", "missing"),
    [
        ("bubblewrap+landlock+seccomp", []),
        ("landlock+loopback+seccomp", ["bubblewrap"]),
        ("landlock+seccomp", ["bubblewrap", "loopback"]),
        ("none", ["bubblewrap", "landlock", "loopback", "seccomp"]),
    ],
)
def test_walls_that_are_missing(stood, missing):
    assert missing_walls(stood, WALLS) == missing


def test_settings_take_what_is_given_over_the_environment(tmp_path):
    environment = {"GATES_STATE_DIR": str(tmp_path), "GATES_OFFLINE": "1"}
    settings = Settings.from_environment(environment, catalog="elsewhere", registry=None)
    assert settings.catalog == "elsewhere"
    assert settings.registry == str(tmp_path / "registry")
    assert settings.offline


def test_an_unknown_variable_is_an_error():
    with pytest.raises(ConfigurationError, match="GATES_CATALOGUE"):
        Settings.from_environment({"GATES_CATALOGUE": "x"})
