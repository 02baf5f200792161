"""The checks of the stage scan."""
