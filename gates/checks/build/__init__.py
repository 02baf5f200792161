"""The checks of the stage build."""
