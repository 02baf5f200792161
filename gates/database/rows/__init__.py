"""Rows that fit any table: values for types, checks, keys and references."""
