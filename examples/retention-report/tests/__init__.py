"""Tests of the retention report."""
