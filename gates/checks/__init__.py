"""The checks: one folder per stage, one file per check, found by walking. See `gates.check`."""
