"""The checks of the stage test."""
