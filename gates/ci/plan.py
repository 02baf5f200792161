"""What a pipeline is going to do, decided once: modules, jobs, and what is left out and why."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence

from gates.ci.shards import Modules
from gates.errors import UsageError
from gates.model import Stage
from gates.records import dataclass, field

CHECKING = tuple(stage for stage in Stage if stage not in (Stage.PUBLISH, Stage.RELEASE))
"""The stages that look; the other two change something."""
ACTING = (Stage.PUBLISH, Stage.RELEASE)
RELEASING_EVENTS = frozenset({"push", "workflow_dispatch", "release", "schedule"})
"""Events of a repo's own commits. Any other publishes nothing, pull requests of forks above all."""
REFUSED_EVENTS = frozenset({"pull_request_target", "workflow_run", "issue_comment"})
"""Events that give the secrets of a repo to runs over the code of a stranger."""
_UNSAFE = re.compile(r"[^A-Za-z0-9_-]+")


@dataclass(frozen=True)
class Plan:
    """What has to run, and why what does not."""

    modules: Modules
    """Folders relative to the workspace."""
    skips: Mapping[Stage, str] = field(default_factory=dict)
    """The stages that are left out, each with its reason."""

    @property
    def checks(self) -> bool:
        """Whether the first five stages run."""
        return not any(stage in self.skips for stage in CHECKING)

    @property
    def publishes(self) -> bool:
        """Whether publish and release run, too."""
        return not any(stage in self.skips for stage in ACTING)

    def to_json(self) -> str:
        """One line, for `Plan.from_json`."""
        return json.dumps(
            {
                "modules": self.modules,
                "skips": {each.value: why for each, why in self.skips.items()},
            }
        )

    @classmethod
    def from_json(cls, text: str) -> Plan:
        """The plan that `to_json` wrote. Raises `UsageError` for anything else."""
        try:
            value = json.loads(text)
            modules, skips = value["modules"], value["skips"]
            reasons = {Stage(name): reason for name, reason in skips.items()}
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            raise UsageError("the plan of the pipeline cannot be read") from error
        texts = [*modules, *reasons.values()] if isinstance(modules, list) else [None]
        if not all(isinstance(each, str) and each for each in texts) or set(value) != {
            "modules",
            "skips",
        }:
            raise UsageError("the plan of the pipeline cannot be read")
        return cls(tuple(modules), reasons)


def make_plan(modules: Sequence[str], *, event: str, publish: bool, since: str = "") -> Plan:
    """The plan for these modules, of a run that an event started.

    Raises `UsageError` for an event that brings secrets to the code of others.
    """
    if event in REFUSED_EVENTS:
        raise UsageError(
            f"the event {event} gives the secrets of this repo to code from outside",
            hint="run the pipeline on pull_request and on push",
        )
    if not modules:
        nothing = f"no module has changed since {since}"
        return Plan((), dict.fromkeys(Stage, nothing))
    if event not in RELEASING_EVENTS:
        reason = f"a run on {event or 'an unknown event'} publishes nothing"
    elif not publish:
        reason = "the caller did not ask for it (publish: true)"
    else:
        return Plan(tuple(modules))
    return Plan(tuple(modules), dict.fromkeys(ACTING, reason))


def folder_name(module: str) -> str:
    """The name of a module's folder among the results: safe in paths, and of this module alone."""
    readable = _UNSAFE.sub("-", module).strip("-")[-40:] or "module"
    return f"{readable}-{hashlib.sha256(module.encode('utf-8', 'replace')).hexdigest()[:8]}"
