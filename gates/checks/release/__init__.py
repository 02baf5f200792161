"""The checks of the stage release."""
