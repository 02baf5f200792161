"""The commands besides the stages, one file for each subject."""

from gates.commands.look import catalog, checks, doctor, explain, verify

COMMANDS = (explain, checks, verify, catalog, doctor)
"""In the order of `gates --help`."""
