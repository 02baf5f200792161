"""A policy comes from three layers; a module may tighten it and not loosen it."""

from __future__ import annotations

import hashlib
from datetime import date
from pathlib import Path

import pytest

from gates.errors import ConfigurationError
from gates.model import Level
from gates.settings import WALLS, Policy, Settings, load_policy, missing_walls

WAIVER = """
[[waivers]]
check = "oxlint"
path = "src/index.ts"
reason = "r"
owner = "o"
approver = "a"
expires = 2027-01-31
"""


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
        ("[tests]\ncoverage_drop = 6", "tests.coverage_drop: a module may tighten"),
        ("[tests]\nchanged_coverage = 1", "tests.changed_coverage: a module may tighten"),
        ('[tests]\nbase_branch = "other"', "tests.base_branch: a module may tighten"),
        ('[levels]\nsquawk = "warning"', "a module may not lower a level"),
        ('[trust]\nkeys = ["abc"]', "trust.keys: a module may tighten"),
        ('[advisories]\nsnapshot = "gates.toml"', "advisories.snapshot: a module may tighten"),
        ("waivers = []", "waivers: a module may tighten"),
        ('[sandbox]\nrequired = ["seccomp"]', "sandbox.required: a module may tighten"),
        ("[sandbox]\nrequired = []", "sandbox.required: a module may tighten"),
        ("[release]\nclean_tree = 1", "release.clean_tree: must be true or false"),
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
        ("[tests]\nbranch_coverage = 101", "tests.branch_coverage: must be between 0 and 100"),
        ("[build]\nimage = 'maybe'", "build.image: must be one of never, when-possible, required"),
        ("[build]\nimage_network = 1", "build.image_network: must be true or false"),
        ("[tests]\nfile_coverage = 'a'", "tests.file_coverage: must be a number"),
        ('[sandbox]\nrequired = ["chroot"]', "sandbox.required: must be a list of bubblewrap, "),
        ('[sandbox]\nrequired = "seccomp"', "sandbox.required: must be a list"),
        ("coverage = 101", "coverage: must be between 0 and 100"),
        ("[advisories]\nmax_age_days = inf", "advisories.max_age_days: must be"),
        ("coverage = true", "coverage: must be a number"),
        ("coverage = [", "gates-policy.toml"),
        ('[levels]\nsquawk = "mild"', "levels: 'mild' is not a valid Level"),
        ('[advisories]\nsnapshot = "nowhere.json"', "there is no"),
        ("[[waivers]]\ncheck = 'a'", "missing 4 required positional arguments"),
        (WAIVER + "module = 7", "module must be the slug of a module"),
        (WAIVER + "module = ''", "module must be the slug of a module"),
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


ROOT = b'{"mediaType": "x"}'
IDENTITY = {
    "issuer": '"https://token.actions.githubusercontent.com"',
    "workflow": '"https://github.com/axon/gates/.github/workflows/pipeline.yml"',
    "signer_digests": f'["{"a1" * 20}"]',
    "repositories": '["https://github.com/axon/*"]',
}


def trusting(module, **changes):
    """A policy that trusts a workflow, with some members otherwise; None leaves one out."""
    (module.parent / "root.json").write_bytes(ROOT)
    members = {**IDENTITY, **changes}
    pinned = hashlib.sha256(ROOT).hexdigest()
    text = f'[trust.root]\npath = "root.json"\nsha256 = "{pinned}"\nfetched = 2026-11-01\n'
    text += "[[trust.identities]]\n"
    text += "".join(f"{key} = {value}\n" for key, value in members.items() if value is not None)
    (module.parent / "gates-policy.toml").write_text(text)
    return load_policy(module)


def test_identities_are_read_with_the_narrow_defaults(module):
    policy = trusting(module)
    (identity,) = policy.trusted_identities
    assert identity.runners == ("github-hosted",)
    assert identity.signer_digests == ("a1" * 20,)
    assert policy.trust_root.fetched == date(2026, 11, 1)
    assert policy.trust_root_max_age_days == 90
    assert policy.digest != trusting(module, runners='["self-hosted"]').digest


@pytest.mark.parametrize("member", IDENTITY)
def test_each_member_of_an_identity_must_be_given(module, member):
    with pytest.raises(ConfigurationError, match=f"{member} must be given"):
        trusting(module, **{member: None})


@pytest.mark.parametrize(
    ("member", "value", "message"),
    [
        ("issuer", '"token.actions"', "issuer must be a URL"),
        ("issuer", '"http://token.actions"', "issuer must be a URL"),
        ("issuer", "[]", "issuer must be a URL"),
        ("workflow", '"https://github.com/axon/*"', "without patterns"),
        ("workflow", '""', "without patterns"),
        ("signer_digests", "[]", "signer_digests must be a list, not empty"),
        ("signer_digests", '["v1.0.0"]', "signer_digests must be a list, not empty"),
        ("signer_digests", '["a1a1a1a"]', "signer_digests must be a list, not empty"),
        ("signer_digests", f'"{"a1" * 20}"', "signer_digests must be a list, not empty"),
        ("repositories", "[]", "repositories must be a list, not empty"),
        ("repositories", '["axon/notes"]', "repositories must be a list, not empty"),
        ("repositories", '["https://*/x"]', "repositories must be a list, not empty"),
        ("repositories", '["https://github.com/axon/"]', "repositories must be a list, not empty"),
        ("runners", "[]", "runners must be a list, not empty"),
        ("runner", '"x"', "unknown member 'runner'"),
    ],
)
def test_an_identity_that_says_too_little_is_refused(module, member, value, message):
    with pytest.raises(ConfigurationError, match=rf"trust\.identities: .*{message}"):
        trusting(module, **{member: value})


def test_another_file_than_the_pinned_trust_root_is_refused(module):
    trusting(module)
    (module.parent / "root.json").write_bytes(ROOT + b"\n")
    with pytest.raises(ConfigurationError, match=r"trust\.root: .* is not the pinned file"):
        load_policy(module)


@pytest.mark.parametrize(
    "text",
    [
        "[[trust.identities]]\nissuer = 'https://a.example'\n",
        "[trust]\nroot_max_age_days = 91\n",
        "[trust]\nidentities = []\n",
        "[trust]\nservices = 'gates.toml'\n",
    ],
)
def test_a_module_trusts_nobody_by_itself(module, text):
    trusting(module)
    (module / "gates.toml").write_text(text)
    with pytest.raises(ConfigurationError, match=r"gates\.toml"):
        load_policy(module)


def test_a_module_may_want_a_younger_trust_root(module):
    trusting(module)
    (module / "gates.toml").write_text("[trust]\nroot_max_age_days = 7\n")
    assert load_policy(module).trust_root_max_age_days == 7


@pytest.mark.parametrize(("value", "keyless"), [("", False), ("key", False), ("keyless", True)])
def test_how_evidence_is_signed(value, keyless):
    assert Settings.from_environment({"GATES_SIGNING": value}).keyless is keyless
    assert Settings.from_environment({"GATES_SIGNING": value}, keyless=True).keyless


def test_a_way_of_signing_that_does_not_exist():
    with pytest.raises(ConfigurationError, match="GATES_SIGNING must be key or keyless"):
        Settings.from_environment({"GATES_SIGNING": "sigstore"})


def test_a_module_may_require_its_image_and_not_go_without(module):
    (module / "gates.toml").write_text('[build]\nimage = "required"\n')
    assert load_policy(module).image == "required"
    (module / "gates.toml").write_text('[build]\nimage = "never"\n')
    with pytest.raises(ConfigurationError, match=r"build.image: a module may tighten"):
        load_policy(module)
    (module / "gates.toml").write_text("[build]\nimage_network = true\n")
    with pytest.raises(ConfigurationError, match=r"build.image_network: a module may tighten"):
        load_policy(module)


def test_a_module_may_ask_for_a_clean_tree_and_not_for_another(module):
    (module / "gates.toml").write_text("[release]\nclean_tree = true\n")
    assert load_policy(module).clean_tree
    (module.parent / "gates-policy.toml").write_text("[release]\nclean_tree = true\n")
    (module / "gates.toml").write_text("[release]\nclean_tree = false\n")
    with pytest.raises(ConfigurationError, match=r"release.clean_tree: a module may tighten"):
        load_policy(module)


def test_a_waiver_that_names_a_module_is_not_there_for_another(module):
    policy_file = module.parent / "gates-policy.toml"
    policy_file.write_text(WAIVER + WAIVER + 'module = "notes"\n' + WAIVER + 'module = "other"\n')
    policy = load_policy(module)
    assert [each.module for each in policy.waivers] == [None, "notes", "other"]
    assert [each.module for each in policy.for_module("notes").waivers] == [None, "notes"]
    assert [each.module for each in policy.for_module("").waivers] == [None]
    policy_file.write_text(WAIVER + WAIVER + 'module = "notes"\n')
    assert load_policy(module).digest == policy.for_module("notes").digest != policy.digest
    assert load_policy(module).for_module("notes") == load_policy(module)
