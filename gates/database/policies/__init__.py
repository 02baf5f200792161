"""Policies, views and blocks as they read: what ties a row to the session, and what is loose."""
