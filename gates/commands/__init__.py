"""The commands besides the stages, one file for each subject."""

from gates.commands.advisories import advisories
from gates.commands.approve import approve
from gates.commands.audit import audit
from gates.commands.baseline import baseline
from gates.commands.catalog import catalog, why
from gates.commands.ci import ci
from gates.commands.contract import changelog, diff
from gates.commands.cost import cost
from gates.commands.fix import fix
from gates.commands.fleet import fleet
from gates.commands.governance import GOVERNANCE
from gates.commands.look import checks, doctor, explain, verify
from gates.commands.lsp import lsp
from gates.commands.migration import migration
from gates.commands.modules import modules
from gates.commands.new import new
from gates.commands.release_rules import rules
from gates.commands.site import site
from gates.commands.tenants import TENANTS
from gates.commands.trust import trust
from gates.commands.update import update
from gates.commands.watch import watch
from gates.commands.why_run import why_run
from gates.commands.withdraw import WITHDRAWALS

for command in (*GOVERNANCE, *WITHDRAWALS, rules, audit, site, *TENANTS):
    catalog.add_command(command)

COMMANDS = (
    new, update, baseline, fix, explain, checks, why_run, watch, lsp, verify, approve, diff,
    changelog, cost, catalog, why, trust, advisories, modules, fleet, migration, ci, doctor,
)  # fmt: skip
"""In the order of `gates --help`."""
