"""Corpora of ordinary cases, and how many of them the gates get right."""
