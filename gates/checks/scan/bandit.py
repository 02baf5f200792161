"""bandit, with every rule on but those that a check of ours does better."""

from __future__ import annotations

from collections.abc import Iterator

from gates.check import check
from gates.model import Finding, Stage
from gates.toolchains import Tools


@check(Stage.SCAN, language="python")
def bandit(tools: Tools) -> Iterator[Finding]:
    """Python sources pass bandit.

    What bandit gives a low severity is a warning. Its configuration in the module is not read;
    `# nosec` has no effect. B608 is off: code-sql reads every statement, and follows constants.

    Why: shell commands, unsafe parsers and weak digests are where tenants' data gets out.
    Bad: `subprocess.run(f"tar xf {name}", shell=True)`
    Good: `subprocess.run(["tar", "xf", name], check=True)`
    Fix: the rule's name is in the finding; its page says what to use instead.
    """
    from gates.toolchains.languages.python import bandit as tool

    for problem in tool.run(tools):
        yield bandit.finding(
            problem.message,
            problem.location,
            level=problem.level,
            fix=problem.fix,
            rule=problem.rule,
        )
