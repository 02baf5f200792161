"""`gates catalog` with the commands below it that other files hold."""

from gates.commands.audit import audit
from gates.commands.catalog import catalog
from gates.commands.governance import GOVERNANCE
from gates.commands.release_rules import rules
from gates.commands.site import site
from gates.commands.tenants import TENANTS
from gates.commands.withdraw import WITHDRAWALS

__all__ = ["catalog"]

for command in (*GOVERNANCE, *WITHDRAWALS, rules, audit, site, *TENANTS):
    catalog.add_command(command)
