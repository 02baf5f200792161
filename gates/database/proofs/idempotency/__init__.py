"""Migrations run again, and broken off and resumed."""
