"""Upgrades from released versions, and back."""
