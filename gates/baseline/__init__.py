"""What was wrong with a module before it came under the standard: recorded, and only to shrink."""

from gates.barred import barred
from gates.baseline.entries import FILE, Baseline, Entry, Line, baseline_of, read, written
from gates.baseline.match import Matched, match, stale

__all__ = [
    "FILE",
    "Baseline",
    "Entry",
    "Line",
    "Matched",
    "barred",
    "baseline_of",
    "match",
    "read",
    "stale",
    "written",
]
