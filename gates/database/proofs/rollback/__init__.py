"""Rollbacks: down with rows in the tables, and up again."""
