"""The checks of the stage lint-manifest."""
