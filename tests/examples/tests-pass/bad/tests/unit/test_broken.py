"""A file that cannot be loaded."""

from sample_module import nothing_of_that_name
