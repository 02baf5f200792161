"""Migrations run again, broken off, upgraded and rolled back."""
