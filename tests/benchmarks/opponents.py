"""Other people's tools on one database or its migrations: what each says, as comparable facts."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks.splinter_ideas import IDEAS

Said = frozenset[tuple[str, str]]
"""Pairs of a rule and the object, or the line, that it speaks of."""

_RLSGRID = """
[connection]
url = "{url}"
schema_search_path = ["public"]
[tenancy]
mode = "jwt"
tenant_column = "tenant_id"
jwt_shape = "json"
[tenancy.jwt_claims]
sub = "{{user_id}}"
tenant_id = "{{tenant_id}}"
[roles]
tenant_app_role = "member"
[fuzz]
iterations = 300
[exclude]
tables = ["audit_logs", "memberships", "organizations", "profiles"]
"""


@dataclass(frozen=True)
class Opponents:
    """The folders of their programs, and a folder to work in."""

    pgrls: Path
    rlsgrid: Path
    squawk: Path
    work: Path

    def ask_squawk(self, files: list[Path]) -> Said:
        """squawk with its default rules on the migrations."""
        told = self._run(self.squawk / "squawk", "--reporter", "json", *files)
        return frozenset((each["rule_name"], each["message"]) for each in json.loads(told))

    def ask_splinter_ideas(self, url: str) -> Said:
        """`splinter_ideas` on the database."""
        import psycopg

        with psycopg.connect(url) as connection:
            return frozenset(
                (name, row[0])
                for name, query in IDEAS.items()
                for row in connection.execute(query).fetchall()
            )

    def ask_pgrls_lint(self, url: str) -> Said:
        """pgrls' rules, without what it calls information."""
        told = json.loads(self._run(self.pgrls / "pgrls", "lint", "--database-url", url,
                                    "--format", "json"))  # fmt: skip
        return frozenset(
            (each["rule_id"], each["location"])
            for each in told["violations"]
            if each["severity"] != "info"
        )

    def ask_pgrls_verify(self, url: str) -> Said:
        """pgrls' prover in three modes, with its probe of the live database: leaks."""
        found = set()
        for mode in ("anon", "cross-tenant", "write"):
            told = json.loads(self._run(self.pgrls / "pgrls", "verify", "--mode", mode, "--probe",
                                        "--database-url", url, "--format", "json"))  # fmt: skip
            for each in told["tables"]:
                if "leak" in (each["static_verdict"], each["agreement"].removesuffix("_confirmed")):
                    found.add((f"verify {mode}", each["table"]))
        return frozenset(found)

    def ask_rlsgrid(self, url: str) -> Said:
        """rlsgrid's chaos with two tenants, in the claims that the platform uses."""
        config = self.work / "rlsgrid.toml"
        config.write_text(_RLSGRID.format(url=url), "utf-8")
        told = json.loads(self._run(self.rlsgrid / "rlsgrid", "check", "--config", config,
                                    "--tenants", "2", "--json"))  # fmt: skip
        return frozenset((each["operation"], each["table"]) for each in told["breaches"])

    def _run(self, *command: str | Path) -> str:
        done = subprocess.run(
            [str(each) for each in command], capture_output=True, text=True, cwd=self.work,
            timeout=120, check=False,
        )  # fmt: skip
        if not done.stdout.strip():
            raise RuntimeError(f"{command[0]} said nothing: {done.stderr[-600:]}")
        return done.stdout
