"""The checks of the stage publish."""
