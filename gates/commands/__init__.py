"""The commands besides the stages, one file for each subject."""

from gates.commands.contract import changelog, diff
from gates.commands.cost import cost
from gates.commands.look import catalog, checks, doctor, explain, verify

COMMANDS = (explain, checks, verify, diff, changelog, cost, catalog, doctor)
"""In the order of `gates --help`."""
